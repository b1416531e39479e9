"""Questions that follow relations: one, a chain of them, or from a group."""

from kbqa.sparql.query import Edge
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context
from training.synthetic.phrases import (
    X,
    Y,
    Z,
    draw_group,
    members_example,
    noun_of,
    possessive,
    say,
    with_class,
)
from training.synthetic.wordings import wordings

_LONG = 0.2
"""How many chains have three relations rather than two."""


def single_relation(context: Context) -> Example | None:
    """What one thing has a relation to, or what has one to it."""
    fact = context.fact()
    if context.chance(0.5):
        text = say(context, fact.relation.forward, fact.subject)
        return members_example(context, text, (Edge(fact.subject, fact.predicate, X),))
    text = say(context, fact.relation.backward, fact.target)
    edges = with_class(context, fact.relation, (Edge(X, fact.predicate, fact.target),))
    return members_example(context, text, edges)


def chain(context: Context) -> Example | None:
    """A question about a description in the place of a name: where the author of E's sequel was born."""
    fact = context.fact()
    edges = [Edge(fact.subject, fact.predicate, X)]
    described = possessive(context, fact.relation, context.graph.names[fact.subject])
    for variable, goes_on in ((Y, context.chance(_LONG)), (Z, False)):
        onward = context.facts_from(fact.target)
        if not onward:
            return None
        fact = context.pick(onward)
        edges.append(Edge(edges[-1].object, fact.predicate, variable))
        if not goes_on:
            break
        described = possessive(context, fact.relation, described)
    start = context.pick(wordings("chain", "start"))
    question = context.pick(fact.relation.forward).format(e=described)
    text = context.pick((question, start + possessive(context, fact.relation, described)))
    return members_example(context, text, tuple(edges), variable)


def over_subject(context: Context) -> Example | None:
    """What else has a relation to what has one to E."""
    fact = context.fact()
    other_relations = context.relations_from(fact)
    if not other_relations:
        return None
    other = context.pick(other_relations)
    text = context.pick(wordings("over_subject")).format(
        q=noun_of(context, other.relation),
        c=fact.relation.source,
        p=noun_of(context, fact.relation),
        e=context.graph.names[fact.target],
    )
    edges = (Edge(X, fact.predicate, fact.target), Edge(X, other.predicate, Y))
    return members_example(context, text, edges, Y)


def relation_of_group(context: Context) -> Example | None:
    """What has a relation to members that a relation of their own describes, or what these have one to."""
    fact = context.fact()
    relation, onward = fact.relation, context.chance(0.5)
    group = draw_group(context, relation.source if onward else relation.target, whole=False)
    if not group.edges:
        return None
    described = context.pick(wordings("relation_of_group", "group")).format(group.plural)
    text = context.pick(relation.forward if onward else relation.backward).format(e=described)
    edge = Edge(X, fact.predicate, Y) if onward else Edge(Y, fact.predicate, X)
    return members_example(context, text, (*group.edges, edge), Y)
