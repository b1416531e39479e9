"""Questions that count: members, what one has, and the one with most."""

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Having, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.delexicalisation import numbered
from training.synthetic.graphs import XSD
from training.synthetic.phrases import (
    Context,
    X,
    Y,
    cased,
    count_example,
    draw_edge,
    draw_group,
    noun_of,
    say,
    typed_relation,
    with_class,
)

_EXACTLY = (Comparison.EQUAL, ("exactly {n} {p}", "only {n} {p}", "just {n} {p}"))
_ONE_OR_MORE = ((Comparison.GREATER, ("more than {n} {p}", "over {n} {p}", "several {p}")), _EXACTLY)
_SO_MANY = (
    (Comparison.GREATER, ("more than {n} {p}", "over {n} {p}")),
    (Comparison.AT_LEAST, ("at least {n} {p}", "{n} or more {p}")),
    _EXACTLY,
)
_NUMBERS = {1: ("one", "1"), 2: ("two", "2"), 3: ("three", "3")}
_FROM_NONE = (
    "how many {p} does each {one} have, including those with none",
    "number of {p} for every {one}, also where there are none",
    "for all {c}, even those without any, the number of {p}",
    "list every {one} and how many {p} it has, zero included",
    "count the {p} of each {one}, those without {p} too",
    "all {c} with their number of {p}, including 0",
)


def count(context: Context) -> Example | None:
    relation, predicate, (_, target) = draw_edge(context)
    if context.rng.random() < 0.25 and context.graph.typed:
        kind = context.rng.choice(context.graph.classes)
        text = context.rng.choice(("how many {c} are there", "number of {c}", "count the {c}")).format(
            c=plural_of(kind)
        )
        return count_example(context, text, (Edge(X, RDF_TYPE, context.graph.class_of(kind)),))
    if context.rng.random() < 0.3:
        return _count_of_one(context)
    wordings = [each for each in relation.backward if each.startswith(("which ", "who "))]
    if not wordings:
        return None
    text = say(context, tuple(wordings), target)
    what = (
        f"how many {text[6:]}"
        if text.startswith("which ")
        else f"how many {plural_of(relation.source)} {text[4:]}"
    )
    return count_example(context, what, with_class(context, relation, (Edge(X, predicate, target),)))


def _count_of_one(context: Context) -> Example | None:
    """How many subjects a relation's object has, or objects its subject."""
    relation, predicate, (subject, target) = draw_edge(context)
    if context.rng.random() < 0.5:
        text = context.rng.choice(
            ("how many {c} does {e} have", "how many {c} are there for {e}", "number of {c} of {e}")
        )
        shown = text.format(c=plural_of(relation.source), e=context.graph.names[target])
        return count_example(context, shown, with_class(context, relation, (Edge(X, predicate, target),)))
    text = context.rng.choice(
        ("how many {p} does {e} have", "number of {p} of {e}", "how many {p} are there for {e}")
    )
    noun = context.rng.choice((noun_of(context, relation), relation.target))
    return count_example(
        context,
        text.format(p=plural_of(noun), e=context.graph.names[subject]),
        (Edge(subject, predicate, X),),
    )


def most_related(context: Context) -> Example | None:
    if not context.graph.typed:
        return None
    relation, predicate, _ = draw_edge(context)
    descending = context.rng.random() < 0.8
    if context.rng.random() < 0.4:
        text = context.rng.choice(
            ("which {c} has the {m} {p}", "{c} with the {m} {p}", "the {c} that has the {m} {p}")
        )
        noun = plural_of(context.rng.choice((noun_of(context, relation), relation.target)))
        shown = text.format(c=relation.source, m="most" if descending else "fewest", p=noun)
        order = Item(Y, Aggregate.COUNT)
        edges = typed_relation(context, relation, predicate)
        return Example(
            cased(context, shown),
            Query(edges, columns=(Item(X),), order=order, descending=descending, limit=1),
        )
    text = context.rng.choice(
        (
            "which {t} has the {m} {c}",
            "{t} with the {m} {c}",
            "what {t} has the {m} {c}",
            "which {t} has {m} {c}",
        )
    )
    shown = text.format(t=relation.target, m="most" if descending else "fewest", c=plural_of(relation.source))
    counted = Item(X, Aggregate.COUNT)
    if context.rng.random() < 0.25:
        number = Literal("2", datatype=NamedNode(f"{XSD}integer"))
        shown = context.rng.choice(("which {t} have more than 2 {c}", "{t} with more than two {c}")).format(
            t=plural_of(relation.target), c=plural_of(relation.source)
        )
        return Example(
            cased(context, shown),
            Query(
                typed_relation(context, relation, predicate),
                columns=(Item(Y),),
                having=Having(counted, Comparison.GREATER, number),
            ),
        )
    return Example(
        cased(context, shown),
        Query(
            typed_relation(context, relation, predicate),
            columns=(Item(Y),),
            order=counted,
            descending=descending,
            limit=1,
        ),
    )


def count_threshold(context: Context) -> Example | None:
    """Members of a class or a group with more than so many of something, or just so many."""
    relation, predicate, _ = draw_edge(context)
    group = draw_group(context, relation.source)
    if not group.edges or any(edge.predicate == predicate for edge in group.edges):
        return None
    number = context.rng.choice((1, 1, 2, 3))
    several = numbered(
        context.rng.choice((noun_of(context, relation), relation.target)),
        plural=number > 1 or context.rng.random() < 0.5,
    )
    comparison, words = context.rng.choice(_SO_MANY if number > 1 else _ONE_OR_MORE)
    said = context.rng.choice(words).format(n=context.rng.choice(_NUMBERS[number]), p=several)
    text = context.rng.choice(
        ("which {c} have {s}", "{c} with {s}", "list the {c} that have {s}", "the {c} that have {s}")
    ).format(c=group.plural, s=said)
    having = Having(
        Item(Y, Aggregate.COUNT), comparison, Literal(str(number), datatype=NamedNode(f"{XSD}integer"))
    )
    return Example(
        cased(context, text), Query((*group.edges, Edge(X, predicate, Y)), columns=(Item(X),), having=having)
    )


def count_from_zero(context: Context) -> Example | None:
    """How many each has, those included that have none."""
    relation, predicate, _ = draw_edge(context)
    onward = context.rng.random() < 0.4
    kind, counted = (relation.source, relation.target) if onward else (relation.target, relation.source)
    if not context.graph.typed or kind == counted:
        return None
    counted = context.rng.choice((counted, noun_of(context, relation))) if onward else counted
    text = context.rng.choice(_FROM_NONE).format(c=plural_of(kind), one=kind, p=plural_of(counted))
    edge = Edge(X, predicate, Y) if onward else Edge(Y, predicate, X)
    members = Edge(X, RDF_TYPE, context.graph.class_of(kind))
    return Example(
        cased(context, text),
        Query((members,), columns=(Item(X), Item(Y, Aggregate.COUNT)), optionals=(edge,)),
    )
