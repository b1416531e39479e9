"""Questions that count: members, what one has, the one with most, those with more than so many."""

from pyoxigraph import Literal, NamedNode

from kbqa.plurals import plural_of
from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Having, Item, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context, Fact
from training.synthetic.delexicalisation import numbered
from training.synthetic.graphs import XSD
from training.synthetic.phrases import (
    X,
    Y,
    count_example,
    draw_group,
    make_example,
    noun_of,
    say,
    typed_relation,
    with_class,
)
from training.synthetic.wordings import wordings

_EXACTLY = (Comparison.EQUAL, "exactly")
_ONE_OR_MORE = ((Comparison.GREATER, "more_than_one"), _EXACTLY)
_SEVERAL = ((Comparison.GREATER, "more_than"), (Comparison.AT_LEAST, "at_least"), _EXACTLY)
"""Comparisons with one, or with more; and under which names `count_threshold` has their wordings."""
_NUMBERS = {1: ("one", "1"), 2: ("two", "2"), 3: ("three", "3")}


def count(context: Context) -> Example | None:
    """How many members a class has, or a relation to one thing, or how many things one has."""
    fact = context.fact()
    if context.chance(0.25) and context.graph.typed:
        kind = context.pick(context.graph.classes)
        text = context.pick(wordings("count", "class")).format(c=plural_of(kind))
        return count_example(context, text, (Edge(X, RDF_TYPE, context.graph.class_of(kind)),))
    if context.chance(0.3):
        return _count_of_one(context)
    texts = [text for text in fact.relation.backward if text.startswith(("which ", "who "))]
    if not texts:
        return None
    text = say(context, texts, fact.target)
    kinds = "" if text.startswith("which ") else f"{plural_of(fact.relation.source)} "
    counted = f"how many {kinds}{text.removeprefix('which ').removeprefix('who ')}"
    return count_example(context, counted, _subjects(context, fact))


def _count_of_one(context: Context) -> Example | None:
    """How many subjects a relation's object has, or objects its subject."""
    fact = context.fact()
    relation, names = fact.relation, context.graph.names
    if context.chance(0.5):
        text = context.pick(wordings("count", "of_object"))
        counted = text.format(c=plural_of(relation.source), e=names[fact.target])
        return count_example(context, counted, _subjects(context, fact))
    text = context.pick(wordings("count", "of_subject"))
    noun = context.pick((noun_of(context, relation), relation.target))
    counted = text.format(p=plural_of(noun), e=names[fact.subject])
    return count_example(context, counted, (Edge(fact.subject, fact.predicate, X),))


def _subjects(context: Context, fact: Fact) -> tuple[Edge, ...]:
    return with_class(context, fact.relation, (Edge(X, fact.predicate, fact.target),))


def most_related(context: Context) -> Example | None:
    """The one with the most or the fewest of a relation, from either end; or those with more than two."""
    if not context.graph.typed:
        return None
    fact = context.fact()
    relation, edges = fact.relation, typed_relation(context, fact.relation, fact.predicate)
    descending = context.chance(0.8)
    most = "most" if descending else "fewest"
    if context.chance(0.4):
        text = context.pick(wordings("most_related", "subject"))
        noun = plural_of(context.pick((noun_of(context, relation), relation.target)))
        order = Item(Y, Aggregate.COUNT)
        query = Query(edges, columns=(Item(X),), order=order, descending=descending, limit=1)
        return make_example(context, text.format(c=relation.source, m=most, p=noun), query)
    text = context.pick(wordings("most_related", "object"))
    counted = Item(X, Aggregate.COUNT)
    query = Query(edges, columns=(Item(Y),), order=counted, descending=descending, limit=1)
    if context.chance(0.25):
        having = Having(counted, Comparison.GREATER, _integer(2))
        text = context.pick(wordings("most_related", "more_than_two"))
        query = Query(edges, columns=(Item(Y),), having=having)
        parts = {"t": plural_of(relation.target), "c": plural_of(relation.source)}
        return make_example(context, text.format(**parts), query)
    parts = {"t": relation.target, "m": most, "c": plural_of(relation.source)}
    return make_example(context, text.format(**parts), query)


def count_threshold(context: Context) -> Example | None:
    """Members with more than so many of something, or just so many."""
    fact = context.fact()
    group = draw_group(context, fact.relation.source)
    if not group.edges or group.uses(fact.predicate):
        return None
    number = context.pick((1, 1, 2, 3))
    noun = context.pick((noun_of(context, fact.relation), fact.relation.target))
    several = numbered(noun, plural=number > 1 or context.chance(0.5))
    comparison, words = context.pick(_SEVERAL if number > 1 else _ONE_OR_MORE)
    amount = context.pick(wordings("count_threshold", words))
    amount = amount.format(n=context.pick(_NUMBERS[number]), p=several)
    text = context.pick(wordings("count_threshold")).format(c=group.plural, s=amount)
    having = Having(Item(Y, Aggregate.COUNT), comparison, _integer(number))
    edges = (*group.edges, Edge(X, fact.predicate, Y))
    return make_example(context, text, Query(edges, columns=(Item(X),), having=having))


def count_from_zero(context: Context) -> Example | None:
    """How many each has, those included that have none."""
    fact = context.fact()
    relation, onward = fact.relation, context.chance(0.4)
    kind, counted = (relation.source, relation.target) if onward else (relation.target, relation.source)
    if not context.graph.typed or kind == counted:
        return None
    if onward:
        counted = context.pick((counted, noun_of(context, relation)))
    text = context.pick(wordings("count_from_zero"))
    edge = Edge(X, fact.predicate, Y) if onward else Edge(Y, fact.predicate, X)
    members = Edge(X, RDF_TYPE, context.graph.class_of(kind))
    columns = (Item(X), Item(Y, Aggregate.COUNT))
    shown = text.format(c=plural_of(kind), one=kind, p=plural_of(counted))
    return make_example(context, shown, Query((members,), columns=columns, optionals=(edge,)))


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(f"{XSD}integer"))
