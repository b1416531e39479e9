"""Questions on numbers, dates and flags of members: superlatives, comparisons, aggregates."""

from pyoxigraph import Literal

from kbqa.sparql.query import Aggregate, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.domains import PEOPLE
from training.synthetic.phrases import (
    AGGREGATES,
    WITH_HAVE,
    Context,
    X,
    Y,
    cased,
    condition_question,
    draw_condition,
    draw_group,
    draw_group_or_head,
    say,
    stands_behind,
    verb_of,
)


def superlative(context: Context) -> Example | None:
    prop = context.rng.choice(context.graph.attributes)
    descending = context.rng.random() < 0.6
    word = context.rng.choice(prop.definition.most if descending else prop.definition.least)
    group = draw_group_or_head(context, prop.definition.source)
    behind = stands_behind(word)
    number = context.rng.choice((1, 1, 1, 3)) if not behind else 1
    if not group.edges:
        return None
    if number > 1:
        wordings = ["what are the three {w} {c}", "the 3 {w} {c}", "top 3 {w} {c}"]
    elif not group.singular:
        wordings = (
            ["which of the {c} {v}"] * 2
            if behind
            else [
                "which of the {c} is the {w}",
                "who or what is the {w} of the {c}",
                "the {w} of the {c}",
            ]
        )
    elif behind:
        wordings = [
            "which {one} is the one {w}",
            "the {one} {w}",
            "which is the {one} {w}",
            "{one} {w}",
            "which {one} {v}",
            "what {one} {v}",
        ]
    else:
        wordings = [
            "what is the {w} {one}",
            "which {one} is the {w}",
            "the {w} {one}",
            "find the {w} {one}",
            "which is the {w} {one}",
        ]
    if prop.definition.source in PEOPLE and group.singular == prop.definition.source and number == 1:
        wordings += ["who {v}"] if behind else ["who is the {w}", "who is the {w} {one}"]
    text = context.rng.choice(wordings).format(c=group.plural, one=group.singular, w=word, v=verb_of(word))
    edges = (*group.edges, Edge(X, prop.predicate, Y))
    return Example(
        cased(context, text),
        Query(edges, columns=(Item(X),), order=Item(Y), descending=descending, limit=number),
    )


def named_superlative(context: Context) -> Example | None:
    """The member with the highest or lowest of an attribute, by its name."""
    prop = context.rng.choice(context.graph.attributes)
    group = draw_group(context, prop.definition.source)
    if not group.edges:
        return None
    descending, name = context.rng.random() < 0.6, context.rng.choice((prop.name, *prop.definition.names))
    dated = prop.datatype == "date" or "year" in name
    much, little = (
        (("latest",), ("earliest",))
        if dated
        else (("highest", "largest", "greatest", "most"), ("lowest", "smallest", "least"))
    )
    word = context.rng.choice(much if descending else little)
    wordings = [
        "which of the {c} has the {w} {a}",
        "the one of the {c} with the {w} {a}",
        "who or what of the {c} has the {w} {a}",
    ]
    if group.singular:
        wordings[1:] = [
            "which {one} has the {w} {a}",
            "the {one} with the {w} {a}",
            "{one} with {w} {a}",
            "what {one} has the {w} {a}",
        ]
        wordings += (
            ["who has the {w} {a}"]
            if prop.definition.source in PEOPLE and group.singular == prop.definition.source
            else []
        )
    text = context.rng.choice(wordings).format(c=group.plural, one=group.singular, w=word, a=name)
    query = Query(
        (*group.edges, Edge(X, prop.predicate, Y)),
        columns=(Item(X),),
        order=Item(Y),
        descending=descending,
        limit=1,
    )
    return Example(cased(context, text), query)


def comparison(context: Context) -> Example | None:
    prop = context.rng.choice(context.graph.attributes)
    group = draw_group(context, prop.definition.source)
    kinds, edges = group.plural, group.edges
    words, condition = draw_condition(context, prop)
    text = condition_question(context, kinds, words)
    if (
        prop.definition.source in PEOPLE
        and kinds == plural_of(prop.definition.source)
        and not words.startswith(WITH_HAVE)
    ):
        text = (
            f"who {'was' if words.startswith('born') else 'is'} {words}"
            if context.rng.random() < 0.4
            else text
        )
    columns = (Item(X, Aggregate.COUNT),) if text.startswith("how many") else (Item(X),)
    return (
        Example(
            cased(context, text), Query((*edges, Edge(X, prop.predicate, Y)), (condition,), columns=columns)
        )
        if edges
        else None
    )


def aggregate(context: Context) -> Example | None:
    prop = context.rng.choice(
        [each for each in context.graph.attributes if each.datatype != "date"] or [None]
    )
    if prop is None:
        return None
    group = draw_group_or_head(context, prop.definition.source)
    if not group.edges:
        return None
    word, aggregate = context.rng.choice(AGGREGATES)
    wordings = [
        "what is the {w} {p} of the {c}",
        "{w} {p} of all {c}",
        "{w} {p} of {c}",
        "the {w} {p} of {c}",
    ]
    wordings += {
        Aggregate.SUM: [
            "the sum of the {p} of the {c}",
            "what {p} do the {c} have in total",
            "{p} of the {c} in total",
            "{p} of all {c} together",
        ],
        Aggregate.AVG: ["what {p} do the {c} have on average", "{p} of the {c} on average"],
    }.get(aggregate, [])
    text = context.rng.choice(wordings).format(
        w=word, p=context.rng.choice(prop.definition.names), c=group.plural
    )
    return Example(
        cased(context, text),
        Query((*group.edges, Edge(X, prop.predicate, Y)), columns=(Item(Y, aggregate),)),
    )


def flag(context: Context) -> Example | None:
    """Members of a class of which something is so, or is not, or whether it is so of one."""
    prop = context.rng.choice([each for each in context.graph.flags if each.values] or [None])
    if prop is None:
        return None
    if context.rng.random() < 0.4:
        node = context.rng.choice(list(prop.values))
        return Example(
            cased(context, say(context, prop.definition.asked, node)),
            Query((Edge(node, prop.predicate, Literal(True)),)),
        )
    group = draw_group(context, prop.definition.source)
    true = context.rng.random() < 0.65
    clause = context.rng.choice(prop.definition.when if true else prop.definition.unless)
    wordings = ["which {c} {v}", "list the {c} that {v}", "{c} that {v}", "how many {c} {v}"]
    wordings += (
        ["who {v}"]
        if prop.definition.source in PEOPLE
        and group.plural == plural_of(prop.definition.source)
        and clause.startswith(("can ", "cannot "))
        else []
    )
    text = context.rng.choice(wordings).format(c=group.plural, v=clause)
    columns = (Item(X, Aggregate.COUNT),) if text.startswith("how many") else (Item(X),)
    return Example(
        cased(context, text), Query((*group.edges, Edge(X, prop.predicate, Literal(true))), columns=columns)
    )
