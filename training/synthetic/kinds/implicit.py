"""Questions whose words pass over a relation: creatures in the desert, where habitats have a climate."""

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Edge
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.domains import PEOPLE, Attribute, Relation, Text
from training.synthetic.graphs import Property
from training.synthetic.phrases import (
    Context,
    X,
    Y,
    draw_edge,
    make_example,
    noun_of,
    paths_between,
    relations_between,
    say,
)


def implicit_relation(context: Context) -> Example | None:
    """Members of a class that what they lead to is said of: creatures in the desert, where habitats have
    a climate.
    """
    first, predicate, found = context.rng.choice(context.graph.edges)
    if not found or first.source == first.target:
        return None
    if context.rng.random() < 0.4:
        return _implicit_text(context, first, predicate)
    onward = [
        each
        for each in context.graph.edges
        if each[0].source == first.target and each[0].target not in (first.source, first.target) and each[2]
    ]
    if not onward:
        return None
    second, name, edges = context.rng.choice(onward)
    if len(paths_between(context, first.source, second.target)) > 1:
        return None
    middle, plural = plural_of(second.source), plural_of(first.source)
    wordings = [
        each.replace(middle, plural, 1)
        for each in second.backward
        if each.startswith((f"which {middle} are ", f"{middle} "))
    ]
    wordings += (
        [f"which {plural} are in {{e}}", f"{plural} in {{e}}", f"{plural} of {{e}}"]
        if second.target not in PEOPLE
        else []
    )
    wordings += [f"{plural} with {noun_of(context, second)} {{e}}"]
    _, end = context.rng.choice(edges)
    return make_example(
        context, say(context, tuple(wordings), end), _path(context, first, predicate, name, end)
    )


def _implicit_text(context: Context, first: Relation, predicate: NamedNode) -> Example | None:
    prop = context.rng.choice(context.graph.texts) if context.graph.texts else None
    if (
        prop is None
        or prop.definition.source != first.target
        or not prop.definition.values
        or not prop.values
    ):
        return None
    value, plural = context.rng.choice(list(prop.values.values())), plural_of(first.source)
    wordings = (
        "{c} with {v} {a}",
        "which {c} have a {v} {a}",
        "{c} whose {a} is {v}",
        "{v} {c}",
        "which {c} are {v}",
        "{c} in {v} {a}",
    )
    text = context.rng.choice(wordings).format(
        c=plural, a=context.rng.choice((prop.name, *prop.definition.names)), v=value.value
    )
    if any(
        each.definition.source == first.source and set(each.definition.values) & set(prop.definition.values)
        for each in context.graph.texts
    ):
        return None
    return make_example(context, text, _path(context, first, predicate, prop.predicate, value))


def _path(
    context: Context, first: Relation, predicate: NamedNode, onward: NamedNode, end: NamedNode | Literal
) -> tuple[Edge, ...]:
    """Return the members of a class that lead over something to an end, as edges of X."""
    edges = (Edge(Y, onward, end), Edge(X, predicate, Y))
    return (*edges, Edge(X, RDF_TYPE, context.graph.class_of(first.source))) if context.graph.typed else edges


def implicit_lookup(context: Context) -> Example | None:
    """What is not said of a thing itself but of what it leads to: the climate of a creature is that of
    its habitat.
    """
    first, predicate, (subject, _) = draw_edge(context)
    everything: list[Property[Attribute] | Property[Text]] = [*context.graph.attributes, *context.graph.texts]
    prop = [each for each in everything if each.definition.source == first.target and each.values]
    onward = [
        each
        for each in context.graph.edges
        if each[0].source == first.target
        and len(paths_between(context, first.source, each[0].target)) == 1
        and each[2]
    ]
    if (
        first.source == first.target
        or len(relations_between(context, first.source, first.target)) > 1
        or not (prop or onward)
    ):
        return None
    if prop and (not onward or context.rng.random() < 0.5):
        chosen = context.rng.choice(prop)
        name, name_of = chosen.predicate, context.rng.choice((chosen.name, *chosen.definition.names))
        if any(
            each.definition.source == first.source
            and set(each.definition.names) & set(chosen.definition.names)
            for each in everything
        ):
            return None
    else:
        relation, name, _ = context.rng.choice(onward)
        name_of = context.rng.choice((noun_of(context, relation), relation.target))
    wordings = (
        "what is the {p} of {e}",
        "{p} of {e}",
        "{e}'s {p}",
        "what {p} does {e} have",
        "in which {p} is {e}",
        "which {p} is {e} in",
    )
    text = context.rng.choice(wordings).format(p=name_of, e=context.graph.names[subject])
    return make_example(context, text, (Edge(subject, predicate, X), Edge(X, name, Y)), Y)
