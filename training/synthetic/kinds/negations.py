"""Questions for members without something."""

from kbqa.plurals import plural_of
from kbqa.sparql.query import RDF_TYPE, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context, Fact
from training.synthetic.domains import PEOPLE
from training.synthetic.phrases import X, Y, draw_group, make_example, noun_of

_NEVER_DENIED = ("does", "did", "went", "took", "belonged")


def without_relation(context: Context) -> Example | None:
    """Members of a class without a relation, to anything or to one thing."""
    if not context.graph.typed:
        return None
    fact = context.fact()
    if context.chance(0.4):
        return _without_subject(context, fact)
    noun = noun_of(context, fact.relation)
    return (_without_any if context.chance(0.5) else _without_one)(context, fact, noun)


def _without_subject(context: Context, fact: Fact) -> Example:
    """What no member has the relation to."""
    relation = fact.relation
    members = Edge(X, RDF_TYPE, context.graph.class_of(relation.target))
    texts = _wordings_without(context, relation.target, relation.source, relation.source, relation.forward)
    return _negated(context, context.pick(texts), members, Edge(Y, fact.predicate, X))


def _without_any(context: Context, fact: Fact, noun: str) -> Example:
    """Members of a class, or those that another relation tells, without the relation to anything."""
    relation = fact.relation
    members = Edge(X, RDF_TYPE, context.graph.class_of(relation.source))
    text = context.pick(_wordings_without(context, relation.source, noun, relation.target, relation.backward))
    group = draw_group(context, relation.source)
    is_told = len(group.edges) == 1 and group.edges[0].predicate not in (fact.predicate, RDF_TYPE)
    if is_told and context.chance(0.5):
        kinds, members = group.plural, group.edges[0]
        text = context.pick(
            (
                f"{kinds} without {noun}",
                f"which of the {kinds} have no {noun}",
                f"the {kinds} that lack a {noun}",
            )
        )
    return _negated(context, text, members, Edge(X, fact.predicate, Y))


def _without_one(context: Context, fact: Fact, noun: str) -> Example:
    """Members of a class without the relation to one thing."""
    plural, name = plural_of(fact.relation.source), context.graph.names[fact.target]
    members = Edge(X, RDF_TYPE, context.graph.class_of(fact.relation.source))
    denied = [denial for text in fact.relation.backward if (denial := denial_of(text, plural))]
    texts = [
        f"which {plural} do not have the {noun} {name}",
        f"{plural} whose {noun} is not {name}",
        f"{plural} without {noun} {name}",
        *[denial.format(e=name) for denial in denied] * 2,
    ]
    return _negated(context, context.pick(texts), members, Edge(X, fact.predicate, fact.target))


def _negated(context: Context, text: str, members: Edge, edge: Edge) -> Example:
    return make_example(context, text, Query((members,), negations=((edge,),), columns=(Item(X),)))


def _wordings_without(
    context: Context, kind: str, missing: str, kind_of_missing: str, questions: tuple[str, ...]
) -> list[str]:
    """Wordings for members of a class that lack something; `questions` are those of the relation to it."""
    plural, several = plural_of(kind), plural_of(missing)
    shown, none = context.pick((several, f"a {missing}", f"any {several}")), context.pick((missing, several))
    texts = [
        f"which {plural} have no {none}",
        f"{plural} without {shown}",
        f"{plural} that have no {none}",
        f"which {plural} do not have {shown}",
        f"{plural} with no {none}",
        f"{plural} with zero {several}",
        f"for which {plural} are there no {several}",
        f"{plural} that lack {shown}",
    ]
    nothing = context.pick((f"no {kind_of_missing}", f"no {plural_of(kind_of_missing)}", "nothing"))
    starts = (f"which {plural} ", "who ") if kind in PEOPLE else (f"which {plural} ",)
    of_nothing = [
        f"{text.removesuffix(' {e}')} {nothing}"
        for text in questions
        if text.endswith(" {e}") and text.startswith(starts)
    ]
    return texts + of_nothing * 2


def denial_of(text: str, plural: str) -> str | None:
    """A question from an object, denied; None where that cannot be said.

    >>> denial_of("which trains stop at {e}", "trains"), denial_of("which trains did {e} build", "trains")
    ('which trains do not stop at {e}', None)
    """
    which = f"which {plural} "
    first, _, rest = text.removeprefix(which).partition(" ")
    if not text.startswith(which) or first in _NEVER_DENIED:
        return None
    return f"{which}{first} not {rest}" if first in ("are", "were") else f"{which}do not {first} {rest}"
