"""Questions whether something is so."""

from dataclasses import replace

from kbqa.sparql.query import Edge, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.phrases import (
    Context,
    cased,
    draw_edge,
    draw_head,
    name_of,
    noun_of,
)


def yes_or_no(context: Context) -> Example | None:
    relation, predicate, (subject, target) = draw_edge(context)
    head = draw_head(context, relation.source) if context.rng.random() < 0.25 else None
    if head is not None and any(
        context.graph.store.quads_for_pattern(subject, head.edges[0].predicate, None)
    ):
        said = head.clause.removeprefix("are ")
        kind = (
            f"{'an' if head.singular[:1].lower() in 'aeiou' else 'a'} {head.singular}"
            if head.singular
            else said
        )
        text = context.rng.choice((kind, said) if said != head.plural else (kind,))
        return Example(
            cased(context, f"is {name_of(context, subject)} {text}"),
            Query((replace(head.edges[0], subject=subject),)),
        )
    answer = (
        target if context.rng.random() < 0.5 else context.rng.choice(context.graph.objects[relation.target])
    )
    verbs = [each for wording in relation.backward if (each := _yes_no(wording, plural_of(relation.source)))]
    if verbs and context.rng.random() < 0.6:
        shown = context.rng.choice(verbs).format(s=name_of(context, subject), e=name_of(context, answer))
    else:
        text = context.rng.choice(
            (
                "is {f} the {p} of {e}",
                "is {e}'s {p} {f}",
                "does {e} have the {p} {f}",
                "is the {p} of {e} {f}",
            )
        )
        shown = text.format(
            f=context.graph.names[answer], e=context.graph.names[subject], p=noun_of(context, relation)
        )
    return Example(cased(context, shown), Query((Edge(subject, predicate, answer),)))


def _yes_no(wording: str, plural: str) -> str | None:
    """Return what is asked from an object as a question whether it is so of a subject {s}: which trains stop
    at {e} → does {s} stop at {e}.
    """
    for helper in ("did", "does"):
        _, found, rest = wording.partition(f" {helper} {{e}} ")
        if found:
            return f"{helper} {{e}} {rest} {{s}}"
    first, _, rest = wording.removeprefix(f"which {plural} ").partition(" ")
    if wording.startswith(f"which {plural} ") and first not in ("have", "went"):
        return (
            f"{'is' if first == 'are' else 'was'} {{s}} {rest}"
            if first in ("are", "were")
            else f"does {{s}} {first} {rest}"
        )
    if wording.startswith(("who is ", "who was ")):
        return f"{wording.split()[1]} {{s}} {wording.split(' ', 2)[2]}"
    return None
