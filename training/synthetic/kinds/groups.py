"""Questions for each of several things: how many, or what a number comes to."""

from pyoxigraph import NamedNode

from kbqa.sparql.query import Aggregate, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.domains import Relation
from training.synthetic.phrases import (
    AGGREGATES,
    Context,
    X,
    Y,
    Z,
    cased,
    class_edges,
    draw_edge,
    noun_of,
    typed_relation,
)

_FOR_EACH = (
    "how many {c} are there for each {t}",
    "number of {c} per {t}",
    "for each {t}, how many {c} are there",
    "how many {c} are there in each {t}",
    "how many {c} does each {t} have",
    "number of {c} in each {t}",
    "count the {c} of every {t}",
    "{c} per {t}, how many",
)
_OF_EACH = (
    "how many {p} does each {c} have",
    "number of {p} per {c}",
    "for each {c}, how many {p}",
    "number of {p} of each {c}",
    "count the {p} of every {c}",
)
_PER_TEXT = (
    "how many {c} are there of each {t}",
    "number of {c} per {t}",
    "how many {c} are there for each {t}",
    "count the {c} of every {t}",
    "for each {t}, how many {c} are there",
    "how many {c} does each {t} have",
    "{c} by {t}, how many",
    "how are the {c} spread over each {t}",
)
_MEAN_PER_TEXT = (
    "what is the {w} {a} of the {c} of each {t}",
    "{w} {a} per {t}",
    "{w} {a} of the {c} for each {t}",
    "for each {t}, the {w} {a}",
    "what is the {w} {a} of each {t}",
    "the {w} {a} of every {t}",
    "{w} {a} of {c} by {t}",
    "how high is the {w} {a} for each {t}",
)


def group_by_object(context: Context) -> Example | None:
    """For each object of a relation, how many subjects it has, or the mean of what they have."""
    relation, predicate, _ = draw_edge(context)
    if relation.source == relation.target:
        return None
    prop = [
        each
        for each in context.graph.attributes
        if each.definition.source == relation.source and each.datatype != "date"
    ]
    edges, parts = (
        typed_relation(context, relation, predicate),
        {"c": plural_of(relation.source), "t": relation.target, "p": noun_of(context, relation)},
    )
    if not prop or context.rng.random() < 0.5:
        if context.rng.random() < 0.3:
            return _group_by_subject(context, relation, predicate)
        text = context.rng.choice(_FOR_EACH).format(**parts)
        return Example(cased(context, text), Query(edges, columns=(Item(Y), Item(X, Aggregate.COUNT))))
    chosen = context.rng.choice(prop)
    word, aggregate = context.rng.choice(AGGREGATES)
    parts |= {"w": word, "a": context.rng.choice(chosen.definition.names)}
    edges = (*edges, Edge(X, chosen.predicate, Z))
    if context.rng.random() < 0.5:
        wordings = [
            "{w} {a} of {c} per {t}",
            "what is the {w} {a} of the {c} for each {t}",
            "for each {p}, the {w} {a} of its {c}",
            "the {w} {a} of the {c} in each {t}",
            "{w} {a} of the {c} of every {t}",
        ]
        if not any(
            each.definition.source == relation.target
            and set(each.definition.names) & set(chosen.definition.names)
            for each in context.graph.attributes
        ):
            wordings += [
                "what is the {w} {a} of each {t}",
                "{w} {a} per {t}",
                "the {w} {a} in each {t}",
                "what is the {w} {a} for each {t}",
            ]
        text = context.rng.choice(wordings)
        return Example(
            cased(context, text.format(**parts)), Query(edges, columns=(Item(Y), Item(Z, aggregate)))
        )
    descending = context.rng.random() < 0.7
    text = context.rng.choice(
        (
            "which {t} has the {m} {w} {a} of its {c}",
            "the {t} whose {c} have the {m} {w} {a}",
            "{t} with the {m} {w} {a} of {c}",
        )
    )
    shown = text.format(m="highest" if descending else "lowest", **parts)
    return Example(
        cased(context, shown),
        Query(edges, columns=(Item(Y),), order=Item(Z, aggregate), descending=descending, limit=1),
    )


def _group_by_subject(context: Context, relation: Relation, predicate: NamedNode) -> Example:
    """For each subject of a relation, how many objects it has."""
    noun = plural_of(context.rng.choice((noun_of(context, relation), relation.target)))
    text = context.rng.choice(_OF_EACH).format(p=noun, c=relation.source)
    return Example(
        cased(context, text),
        Query(typed_relation(context, relation, predicate), columns=(Item(X), Item(Y, Aggregate.COUNT))),
    )


def group_by_text(context: Context) -> Example | None:
    """For each text that members of a class have, how many have it, or the mean of what they have; or the
    text with the most.
    """
    prop = context.rng.choice(
        [each for each in context.graph.texts if each.definition.values and each.values] or [None]
    )
    if prop is None or not context.graph.typed:
        return None
    nouns = [
        each for each in (prop.name, *prop.definition.names) if not each.endswith((" of", " to", "eats"))
    ]
    kind, name = prop.definition.source, context.rng.choice(nouns or prop.definition.names)
    edges, parts = (
        (*class_edges(context, kind), Edge(X, prop.predicate, Y)),
        {"c": plural_of(kind), "t": name},
    )
    numbers = [
        each
        for each in context.graph.attributes
        if each.definition.source == kind and each.datatype != "date"
    ]
    if numbers and context.rng.random() < 0.5:
        number = context.rng.choice(numbers)
        word, aggregate = context.rng.choice(AGGREGATES)
        text = context.rng.choice(_MEAN_PER_TEXT).format(
            w=word, a=context.rng.choice(number.definition.names), **parts
        )
        return Example(
            cased(context, text),
            Query((*edges, Edge(X, number.predicate, Z)), columns=(Item(Y), Item(Z, aggregate))),
        )
    if context.rng.random() < 0.3:
        most = context.rng.random() < 0.7
        text = context.rng.choice(
            (
                "which {t} do {m} {c} have",
                "what is the {t} of {m} {c}",
                "the {t} that {m} {c} have",
                "which {t} has the {m} {c}",
            )
        )
        shown = text.format(m="most" if most else "fewest", **parts)
        query = Query(edges, columns=(Item(Y),), order=Item(X, Aggregate.COUNT), descending=most, limit=1)
        return Example(cased(context, shown), query)
    text = context.rng.choice(_PER_TEXT).format(**parts)
    return Example(cased(context, text), Query(edges, columns=(Item(Y), Item(X, Aggregate.COUNT))))
