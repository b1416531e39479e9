"""Questions whether something is so."""

from dataclasses import replace

from kbqa.plurals import plural_of
from kbqa.sparql.query import Edge, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context, Fact
from training.synthetic.phrases import Group, draw_head, make_example, name_of, noun_of, with_article
from training.synthetic.wordings import wordings


def yes_or_no(context: Context) -> Example | None:
    """Whether a fact holds, or one like it with another object; or whether a word tells a member."""
    fact = context.fact()
    head = draw_head(context, fact.relation.source) if context.chance(0.25) else None
    if head is not None and context.graph.has(fact.subject, head.edges[0].predicate):
        return _is_called(context, fact, head)
    target = fact.target if context.chance(0.5) else context.pick(context.graph.objects[fact.relation.target])
    plural = plural_of(fact.relation.source)
    verbs = [question for text in fact.relation.backward if (question := question_whether(text, plural))]
    if verbs and context.chance(0.6):
        verb = context.pick(verbs)
        text = verb.format(s=name_of(context, fact.subject), e=name_of(context, target))
    else:
        names = context.graph.names
        wording = context.pick(wordings("yes_or_no"))
        text = wording.format(f=names[target], e=names[fact.subject], p=noun_of(context, fact.relation))
    return make_example(context, text, Query((Edge(fact.subject, fact.predicate, target),)))


def _is_called(context: Context, fact: Fact, head: Group) -> Example:
    """Whether a member is what a word tells: is Dune a thriller."""
    words = head.clause.removeprefix("are ")
    kind = with_article(head.singular) if head.singular else words
    called = context.pick((kind, words) if words != head.plural else (kind,))
    edge = replace(head.edges[0], subject=fact.subject)
    return make_example(context, f"is {name_of(context, fact.subject)} {called}", Query((edge,)))


def question_whether(text: str, plural: str) -> str | None:
    """A question from an object as one whether it is so of a subject {s}; None where that cannot be said.

    >>> question_whether("which trains stop at {e}", "trains")
    'does {s} stop at {e}'
    >>> question_whether("which books did {e} write", "books")
    'did {e} write {s}'
    """
    for helper in ("did", "does"):
        _, is_there, rest = text.partition(f" {helper} {{e}} ")
        if is_there:
            return f"{helper} {{e}} {rest} {{s}}"
    which = f"which {plural} "
    first, _, rest = text.removeprefix(which).partition(" ")
    if text.startswith(which) and first not in ("have", "went"):
        verb = {"are": "is {s}", "were": "was {s}"}.get(first, f"does {{s}} {first}")
        return f"{verb} {rest}"
    if text.startswith(("who is ", "who was ")):
        return f"{text.split()[1]} {{s}} {text.split(' ', 2)[2]}"
    return None
