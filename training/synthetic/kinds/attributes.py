"""Questions on numbers, dates and flags of members: superlatives, comparisons, aggregates."""

from collections.abc import Sequence

from pyoxigraph import Literal

from kbqa.plurals import plural_of
from kbqa.sparql.query import Aggregate, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context
from training.synthetic.domains import PEOPLE, Attribute
from training.synthetic.graphs import Property
from training.synthetic.phrases import (
    AGGREGATES,
    NOT_AFTER_ARE,
    Group,
    X,
    Y,
    columns_for,
    condition_question,
    draw_condition,
    draw_group,
    draw_group_or_head,
    follows_name,
    make_example,
    property_name,
    say,
    verb_of,
)
from training.synthetic.wordings import wordings


def superlative(context: Context) -> Example | None:
    """The member with the most or least of an attribute, by a word for that: the longest book."""
    attribute = context.pick(context.graph.attributes)
    descending = context.chance(0.6)
    word = context.pick(attribute.definition.most if descending else attribute.definition.least)
    group = draw_group_or_head(context, attribute.definition.source)
    number = context.pick((1, 1, 1, 3)) if not follows_name(word) else 1
    if not group.edges:
        return None
    texts = _superlative_wordings(group, word, number, is_person=_are_people(attribute, group))
    text = context.pick(texts).format(c=group.plural, one=group.singular, w=word, v=verb_of(word))
    return make_example(context, text, _most(attribute, group, descending=descending, number=number))


def _superlative_wordings(group: Group, word: str, number: int, *, is_person: bool) -> Sequence[str]:
    ending = "_by_verb" if follows_name(word) else ""
    if number > 1:
        return wordings("superlative", "three")
    person = wordings("superlative", f"person{ending}") if is_person else ()
    return (*wordings("superlative", f"{'one' if group.singular else 'of_group'}{ending}"), *person)


def _are_people(attribute: Property[Attribute], group: Group) -> bool:
    """Whether a group is a whole class of people, of whom one asks who they are."""
    kind = attribute.definition.source
    return kind in PEOPLE and group.singular == kind


def _most(attribute: Property[Attribute], group: Group, *, descending: bool, number: int = 1) -> Query:
    edges = (*group.edges, Edge(X, attribute.predicate, Y))
    return Query(edges, columns=(Item(X),), order=Item(Y), descending=descending, limit=number)


def named_superlative(context: Context) -> Example | None:
    """The member with the most or least of an attribute, by its name: the book with the highest price."""
    attribute = context.pick(context.graph.attributes)
    group = draw_group(context, attribute.definition.source)
    if not group.edges:
        return None
    descending, name = context.chance(0.6), property_name(context, attribute)
    is_time = attribute.datatype == "date" or "year" in name
    much, little = ("latest", "earliest") if is_time else ("highest", "lowest")
    word = context.pick(wordings("named_superlative", much if descending else little))
    person = wordings("named_superlative", "person") if _are_people(attribute, group) else ()
    texts = (*wordings("named_superlative", "one" if group.singular else "of_group"), *person)
    text = context.pick(texts).format(c=group.plural, one=group.singular, w=word, a=name)
    return make_example(context, text, _most(attribute, group, descending=descending))


def comparison(context: Context) -> Example | None:
    """Members with more or less of an attribute than a number, or within a date; or how many they are."""
    attribute = context.pick(context.graph.attributes)
    kind = attribute.definition.source
    group = draw_group(context, kind)
    words, condition = draw_condition(context, attribute)
    text = condition_question(context, group.plural, words)
    is_person = kind in PEOPLE and group.plural == plural_of(kind) and not words.startswith(NOT_AFTER_ARE)
    if is_person and context.chance(0.4):
        text = f"who {'was' if words.startswith('born') else 'is'} {words}"
    if not group.edges:
        return None
    edges = (*group.edges, Edge(X, attribute.predicate, Y))
    return make_example(context, text, Query(edges, (condition,), columns=columns_for(text)))


def aggregate(context: Context) -> Example | None:
    """The mean, total, highest or lowest of an attribute of members."""
    numbers = [attribute for attribute in context.graph.attributes if attribute.datatype != "date"]
    attribute = context.pick(numbers or [None])
    if attribute is None:
        return None
    group = draw_group_or_head(context, attribute.definition.source)
    if not group.edges:
        return None
    word, function = context.pick(AGGREGATES)
    special = {Aggregate.SUM: "sum", Aggregate.AVG: "avg"}.get(function)
    texts = (*wordings("aggregate"), *(wordings("aggregate", special) if special else ()))
    text = context.pick(texts).format(w=word, p=context.pick(attribute.definition.names), c=group.plural)
    edges = (*group.edges, Edge(X, attribute.predicate, Y))
    return make_example(context, text, Query(edges, columns=(Item(Y, function),)))


def flag(context: Context) -> Example | None:
    """Members of which something is so, or is not; how many they are; or whether it is so of one."""
    chosen = context.pick([flag for flag in context.graph.flags if flag.values] or [None])
    if chosen is None:
        return None
    definition = chosen.definition
    if context.chance(0.4):
        node = context.pick(list(chosen.values))
        edge = Edge(node, chosen.predicate, Literal(True))
        return make_example(context, say(context, definition.asked, node), Query((edge,)))
    group = draw_group(context, definition.source)
    true = context.chance(0.65)
    clause = context.pick(definition.when if true else definition.unless)
    texts = wordings("flag")
    is_person = definition.source in PEOPLE and group.plural == plural_of(definition.source)
    if is_person and clause.startswith(("can ", "cannot ")):
        texts = (*texts, *wordings("flag", "person"))
    text = context.pick(texts).format(c=group.plural, v=clause)
    edges = (*group.edges, Edge(X, chosen.predicate, Literal(true)))
    return make_example(context, text, Query(edges, columns=columns_for(text)))
