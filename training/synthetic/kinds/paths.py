"""Questions that follow relations: one, a chain of them, or from a group."""

from kbqa.sparql.query import Edge
from kbqa.sparql.suggestions.example import Example
from training.synthetic.phrases import (
    Context,
    X,
    Y,
    Z,
    draw_edge,
    draw_group,
    make_example,
    noun_of,
    possessive,
    say,
    with_class,
)

_LONG = 0.2
"""How many chains have three relations rather than two."""


def single_relation(context: Context) -> Example | None:
    relation, predicate, (subject, target) = draw_edge(context)
    if context.rng.random() < 0.5:
        return make_example(context, say(context, relation.forward, subject), (Edge(subject, predicate, X),))
    text = say(context, relation.backward, target)
    return make_example(context, text, with_class(context, relation, (Edge(X, predicate, target),)))


def chain(context: Context) -> Example | None:
    """Where the author of E's sequel was born: a question about a description, in the place of a name,
    that relations make.
    """
    relation, predicate, (subject, target) = draw_edge(context)
    edges, described = (
        [Edge(subject, predicate, X)],
        possessive(context, relation, context.graph.names[subject]),
    )
    for variable, more in ((Y, context.rng.random() < _LONG), (Z, False)):
        onward = [
            (each, name, edge[1])
            for each, name, found in context.graph.edges
            for edge in found
            if edge[0] == target
        ]
        if not onward:
            return None
        relation, predicate, target = context.rng.choice(onward)
        edges.append(Edge(edges[-1].object, predicate, variable))
        if not more:
            break
        described = possessive(context, relation, described)
    start = context.rng.choice(("", "what is ", "who or what is "))
    text = context.rng.choice(
        (
            context.rng.choice(relation.forward).format(e=described),
            start + possessive(context, relation, described),
        )
    )
    return make_example(context, text, tuple(edges), variable)


def over_subject(context: Context) -> Example | None:
    """What else has a relation to what has one to E."""
    relation, predicate, (subject, target) = draw_edge(context)
    others = [
        (each, name)
        for each, name, found in context.graph.edges
        if each.source == relation.source and name != predicate and any(edge[0] == subject for edge in found)
    ]
    if not others:
        return None
    second, name = context.rng.choice(others)
    text = context.rng.choice(
        (
            "what is the {q} of the {c} with {p} {e}",
            "{q} of the {c} with {p} {e}",
            "what is the {q} of {c} whose {p} is {e}",
            "show the {q} of the {c} with the {p} {e}",
        )
    )
    shown = text.format(
        q=noun_of(context, second),
        c=relation.source,
        p=noun_of(context, relation),
        e=context.graph.names[target],
    )
    return make_example(context, shown, (Edge(X, predicate, target), Edge(X, name, Y)), Y)


def relation_of_group(context: Context) -> Example | None:
    """What has a relation to members of a class that a relation of their own describes, or what these
    have one to.
    """
    relation, predicate, _ = draw_edge(context)
    onward = context.rng.random() < 0.5
    group = draw_group(context, relation.source if onward else relation.target, whole=False)
    kinds, edges = group.plural, group.edges
    if not edges:
        return None
    described = context.rng.choice(("the {}", "the {}", "{}")).format(kinds)
    wordings = relation.forward if onward else relation.backward
    text = context.rng.choice(wordings).format(e=described)
    return make_example(
        context, text, (*edges, Edge(X, predicate, Y) if onward else Edge(Y, predicate, X)), Y
    )
