"""Questions for each of several things: how many, or what a number comes to."""

from kbqa.plurals import plural_of
from kbqa.sparql.query import Aggregate, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context, Fact
from training.synthetic.domains import Attribute
from training.synthetic.graphs import Property
from training.synthetic.phrases import (
    AGGREGATES,
    X,
    Y,
    Z,
    class_edges,
    make_example,
    noun_of,
    typed_relation,
)
from training.synthetic.wordings import wordings

_NO_NOUN = (" of", " to", "eats")
"""How names of texts end that cannot stand for them."""


def _numbers_of(context: Context, kind: str) -> list[Property[Attribute]]:
    return [
        attribute
        for attribute in context.graph.attributes
        if attribute.definition.source == kind and attribute.datatype != "date"
    ]


def group_by_object(context: Context) -> Example | None:
    """For each object of a relation, how many subjects it has, or the mean of what they have."""
    fact = context.fact()
    relation = fact.relation
    if relation.source == relation.target:
        return None
    numbers, edges = _numbers_of(context, relation.source), typed_relation(context, relation, fact.predicate)
    parts = {"c": plural_of(relation.source), "t": relation.target, "p": noun_of(context, relation)}
    if numbers and not context.chance(0.5):
        return _aggregate_by_object(context, fact, context.pick(numbers), parts)
    if context.chance(0.3):
        return _count_by_subject(context, fact)
    text = context.pick(wordings("group_by_object", "count")).format(**parts)
    return make_example(context, text, Query(edges, columns=(Item(Y), Item(X, Aggregate.COUNT))))


def _aggregate_by_object(
    context: Context, fact: Fact, number: Property[Attribute], parts: dict[str, str]
) -> Example:
    """For each object of a relation the mean of a number of its subjects; or the object with the highest."""
    word, function = context.pick(AGGREGATES)
    parts = parts | {"w": word, "a": context.pick(number.definition.names)}
    edges = (*typed_relation(context, fact.relation, fact.predicate), Edge(X, number.predicate, Z))
    if context.chance(0.5):
        texts = wordings("group_by_object", "aggregate")
        if not _has_like_number(context, fact.relation.target, number):
            texts = (*texts, *wordings("group_by_object", "aggregate_alone"))
        text = context.pick(texts).format(**parts)
        return make_example(context, text, Query(edges, columns=(Item(Y), Item(Z, function))))
    descending = context.chance(0.7)
    text = context.pick(wordings("group_by_object", "most"))
    shown = text.format(m="highest" if descending else "lowest", **parts)
    order = Item(Z, function)
    return make_example(
        context, shown, Query(edges, columns=(Item(Y),), order=order, descending=descending, limit=1)
    )


def _has_like_number(context: Context, kind: str, number: Property[Attribute]) -> bool:
    """Whether a class has a number itself that is called as this one may be."""
    return any(
        attribute.definition.source == kind and set(attribute.definition.names) & set(number.definition.names)
        for attribute in context.graph.attributes
    )


def _count_by_subject(context: Context, fact: Fact) -> Example:
    """For each subject of a relation, how many objects it has."""
    noun = plural_of(context.pick((noun_of(context, fact.relation), fact.relation.target)))
    text = context.pick(wordings("group_by_object", "count_by_subject"))
    edges = typed_relation(context, fact.relation, fact.predicate)
    query = Query(edges, columns=(Item(X), Item(Y, Aggregate.COUNT)))
    return make_example(context, text.format(p=noun, c=fact.relation.source), query)


def group_by_text(context: Context) -> Example | None:
    """For each text of members, how many have it, or the mean of what they have; or the text with most."""
    known = [text for text in context.graph.texts if text.definition.values and text.values]
    chosen = context.pick(known or [None])
    if chosen is None or not context.graph.typed:
        return None
    names, kind = chosen.definition.names, chosen.definition.source
    nouns = [name for name in (chosen.name, *names) if not name.endswith(_NO_NOUN)]
    parts = {"t": context.pick(nouns or names), "c": plural_of(kind)}
    edges = (*class_edges(context, kind), Edge(X, chosen.predicate, Y))
    numbers = _numbers_of(context, kind)
    if numbers and context.chance(0.5):
        return _aggregate_by_text(context, edges, context.pick(numbers), parts)
    if context.chance(0.3):
        most, order = context.chance(0.7), Item(X, Aggregate.COUNT)
        text = context.pick(wordings("group_by_text", "most"))
        query = Query(edges, columns=(Item(Y),), order=order, descending=most, limit=1)
        return make_example(context, text.format(m="most" if most else "fewest", **parts), query)
    text = context.pick(wordings("group_by_text", "count")).format(**parts)
    return make_example(context, text, Query(edges, columns=(Item(Y), Item(X, Aggregate.COUNT))))


def _aggregate_by_text(
    context: Context, edges: tuple[Edge, ...], number: Property[Attribute], parts: dict[str, str]
) -> Example:
    word, function = context.pick(AGGREGATES)
    text = context.pick(wordings("group_by_text", "aggregate"))
    shown = text.format(w=word, a=context.pick(number.definition.names), **parts)
    query = Query((*edges, Edge(X, number.predicate, Z)), columns=(Item(Y), Item(Z, function)))
    return make_example(context, shown, query)
