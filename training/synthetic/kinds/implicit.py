"""Questions whose words pass over a relation: creatures in the desert, where habitats have a climate."""

from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode

from kbqa.plurals import plural_of
from kbqa.sparql.query import RDF_TYPE, Edge
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context
from training.synthetic.domains import PEOPLE, Attribute, Relation, Text
from training.synthetic.graphs import Facts, Property
from training.synthetic.phrases import (
    X,
    Y,
    members_example,
    noun_of,
    paths_between,
    property_name,
    relations_between,
    say,
)
from training.synthetic.wordings import wordings


def implicit_relation(context: Context) -> Example | None:
    """Members of a class that what they lead to is said of: creatures in the desert."""
    first = context.pick(context.graph.facts)
    source, middle = first.relation.source, first.relation.target
    if not first.pairs or source == middle:
        return None
    if context.chance(0.4):
        return _implicit_text(context, first)
    onward = [
        facts
        for facts in context.graph.facts
        if facts.relation.source == middle and facts.relation.target not in (source, middle) and facts.pairs
    ]
    if not onward:
        return None
    second = context.pick(onward)
    if len(paths_between(context, source, second.relation.target)) > 1:
        return None
    texts = _wordings_over(context, source, second.relation)
    _, end = context.pick(second.pairs)
    return members_example(context, say(context, texts, end), _path(context, first, second.predicate, end))


def _wordings_over(context: Context, source: str, relation: Relation) -> Sequence[str]:
    """A relation's questions from its object, said of members of a class that lead to its subjects."""
    middle, plural = plural_of(relation.source), plural_of(source)
    texts = [
        text.replace(middle, plural, 1)
        for text in relation.backward
        if text.startswith((f"which {middle} are ", f"{middle} "))
    ]
    if relation.target not in PEOPLE:
        texts += [f"which {plural} are in {{e}}", f"{plural} in {{e}}", f"{plural} of {{e}}"]
    return [*texts, f"{plural} with {noun_of(context, relation)} {{e}}"]


def _implicit_text(context: Context, first: Facts) -> Example | None:
    """Members of a class by a text of what they lead to."""
    chosen = context.pick(context.graph.texts) if context.graph.texts else None
    if chosen is None or chosen.definition.source != first.relation.target:
        return None
    values = chosen.definition.values
    if not values or not chosen.values:
        return None
    value, plural = context.pick(list(chosen.values.values())), plural_of(first.relation.source)
    text = context.pick(wordings("implicit_relation", "text"))
    shown = text.format(c=plural, a=property_name(context, chosen), v=value.value)
    if any(
        text.definition.source == first.relation.source and set(text.definition.values) & set(values)
        for text in context.graph.texts
    ):
        return None
    return members_example(context, shown, _path(context, first, chosen.predicate, value))


def _path(context: Context, first: Facts, onward: NamedNode, end: NamedNode | Literal) -> tuple[Edge, ...]:
    """The edges of members of a class, X, that lead over something, Y, to an end."""
    edges = (Edge(Y, onward, end), Edge(X, first.predicate, Y))
    if not context.graph.typed:
        return edges
    return (*edges, Edge(X, RDF_TYPE, context.graph.class_of(first.relation.source)))


def implicit_lookup(context: Context) -> Example | None:
    """What is said of what a thing leads to: the climate of a creature is that of its habitat."""
    fact = context.fact()
    source, middle = fact.relation.source, fact.relation.target
    properties: list[Property[Attribute] | Property[Text]] = [
        *context.graph.attributes,
        *context.graph.texts,
    ]
    known = [prop for prop in properties if prop.definition.source == middle and prop.values]
    onward = [
        facts
        for facts in context.graph.facts
        if facts.relation.source == middle
        and len(paths_between(context, source, facts.relation.target)) == 1
        and facts.pairs
    ]
    if source == middle or len(relations_between(context, source, middle)) > 1 or not (known or onward):
        return None
    if known and (not onward or context.chance(0.5)):
        prop = context.pick(known)
        predicate, name = prop.predicate, property_name(context, prop)
        if _is_shared(properties, source, prop):
            return None
    else:
        facts = context.pick(onward)
        predicate = facts.predicate
        name = context.pick((noun_of(context, facts.relation), facts.relation.target))
    text = context.pick(wordings("implicit_lookup")).format(p=name, e=context.graph.names[fact.subject])
    edges = (Edge(fact.subject, fact.predicate, X), Edge(X, predicate, Y))
    return members_example(context, text, edges, Y)


def _is_shared(
    properties: Sequence[Property[Attribute] | Property[Text]],
    kind: str,
    prop: Property[Attribute] | Property[Text],
) -> bool:
    """Whether a class has a property itself that is called as this one may be."""
    return any(
        other.definition.source == kind and set(other.definition.names) & set(prop.definition.names)
        for other in properties
    )
