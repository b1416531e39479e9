"""Questions for members without something."""

from kbqa.sparql.query import RDF_TYPE, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.domains import PEOPLE
from training.synthetic.phrases import Context, X, Y, cased, draw_edge, draw_group, noun_of


def without_relation(context: Context) -> Example | None:
    """Members of a class without a relation, to anything or to one thing."""
    if not context.graph.typed:
        return None
    relation, predicate, (_, target) = draw_edge(context)
    if context.rng.random() < 0.4:
        members = Edge(X, RDF_TYPE, context.graph.class_of(relation.target))
        text = context.rng.choice(
            _phrases_without(context, relation.target, relation.source, relation.source, relation.forward)
        )
        return Example(
            cased(context, text),
            Query((members,), negations=((Edge(Y, predicate, X),),), columns=(Item(X),)),
        )
    members, noun = Edge(X, RDF_TYPE, context.graph.class_of(relation.source)), noun_of(context, relation)
    if context.rng.random() < 0.5:
        text = context.rng.choice(
            _phrases_without(context, relation.source, noun, relation.target, relation.backward)
        )
        told = draw_group(context, relation.source)
        kinds, edges = told.plural, told.edges
        if len(edges) == 1 and edges[0].predicate not in (predicate, RDF_TYPE) and context.rng.random() < 0.5:
            text = context.rng.choice(
                (
                    f"{kinds} without {noun}",
                    f"which of the {kinds} have no {noun}",
                    f"the {kinds} that lack a {noun}",
                )
            )
            members = edges[0]
        group = (Edge(X, predicate, Y),)
    else:
        plural, name = plural_of(relation.source), context.graph.names[target]
        wordings = [
            f"which {plural} do not have the {noun} {name}",
            f"{plural} whose {noun} is not {name}",
            f"{plural} without {noun} {name}",
        ]
        wordings += [
            each.format(e=name) for wording in relation.backward if (each := _denied(wording, plural))
        ] * 2
        text, group = context.rng.choice(wordings), (Edge(X, predicate, target),)
    return Example(cased(context, text), Query((members,), negations=(group,), columns=(Item(X),)))


def _phrases_without(
    context: Context, kind: str, missing: str, kind_of_missing: str, wordings: tuple[str, ...]
) -> list[str]:
    """Return wordings for members of a class that lack something; those of a relation are said of no
    member of what is missing.
    """
    plural, several = plural_of(kind), plural_of(missing)
    shown, none = (
        context.rng.choice((several, f"a {missing}", f"any {several}")),
        context.rng.choice((missing, several)),
    )
    said = [
        f"which {plural} have no {none}",
        f"{plural} without {shown}",
        f"{plural} that have no {none}",
        f"which {plural} do not have {shown}",
        f"{plural} with no {none}",
        f"{plural} with zero {several}",
        f"for which {plural} are there no {several}",
        f"{plural} that lack {shown}",
    ]
    ending = [
        each.removesuffix(" {e}")
        for each in wordings
        if each.endswith(" {e}") and each.startswith((f"which {plural} ", "who "))
    ]
    nothing = context.rng.choice((f"no {kind_of_missing}", f"no {plural_of(kind_of_missing)}", "nothing"))
    return (
        said + [f"{each} {nothing}" for each in ending if not each.startswith("who ") or kind in PEOPLE] * 2
    )


def _denied(wording: str, plural: str) -> str | None:
    """Return what is asked from an object, denied: which trains stop at {e} → which trains do not stop at
    {e}.
    """
    asked = f"which {plural} "
    first, _, rest = wording.removeprefix(asked).partition(" ")
    if not wording.startswith(asked) or first in ("does", "did", "went", "took", "belonged"):
        return None
    return f"{asked}{first} not {rest}" if first in ("are", "were") else f"{asked}do not {first} {rest}"
