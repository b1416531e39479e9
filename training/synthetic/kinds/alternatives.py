"""Questions for one thing or another."""

from dataclasses import replace

from kbqa.sparql.query import Aggregate, Branch, Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import plural_of
from training.synthetic.phrases import (
    Context,
    X,
    Y,
    Z,
    cased,
    condition_question,
    draw_condition,
    draw_edge,
    draw_group,
    make_example,
    noun_of,
    say,
    with_class,
)


def either_object(context: Context) -> Example | None:
    """What has a relation to one thing or another."""
    relation, predicate, (_, target) = draw_edge(context)
    others = sorted(
        {edge[1] for _, name, found in context.graph.edges if name == predicate for edge in found} - {target},
        key=str,
    )
    if not others:
        return None
    other, plural = context.rng.choice(others), plural_of(relation.source)
    pair = context.rng.choice(("{} or {}", "{} or {}", "either {} or {}")).format(
        context.graph.names[target], context.graph.names[other]
    )
    wordings = (
        *relation.backward,
        f"which {plural} have the {noun_of(context, relation)} {{e}}",
        f"{plural} with {noun_of(context, relation)} {{e}}",
    )
    edges = with_class(context, relation, (Edge(X, predicate, target, (other,)),))
    return make_example(context, context.rng.choice(wordings).format(e=pair), edges)


def alternatives(context: Context) -> Example | None:
    """What one relation or another leads to, or what is described in one way or another."""
    return context.rng.choice(
        (
            _alternative_roles,
            _same_in_either_role,
            _alternative_descriptions,
            _alternative_conditions,
            _alternative_conditions,
        )
    )(context)


def _alternative_roles(context: Context) -> Example | None:
    """What two relations of one thing lead to."""
    relation, predicate, (subject, _) = draw_edge(context)
    others = [
        (each, name)
        for each, name, found in context.graph.edges
        if each.target == relation.target and name != predicate and any(edge[0] == subject for edge in found)
    ]
    if not others:
        return None
    other, name = context.rng.choice(others)
    wordings = (
        "{p} or {q} of {e}",
        "who or what is the {p} or the {q} of {e}",
        "all that is {p} or {q} of {e}",
        "list {e}'s {p} or {q}",
    )
    text = context.rng.choice(wordings).format(
        p=noun_of(context, relation), q=noun_of(context, other), e=context.graph.names[subject]
    )
    return _union(
        context, text, (), Branch((Edge(subject, predicate, X),)), Branch((Edge(subject, name, X),))
    )


def _same_in_either_role(context: Context) -> Example | None:
    """What has one thing in one role or another: the matches that a team played at home or away."""
    relation, predicate, (_, target) = draw_edge(context)
    others = [
        (each, name)
        for each, name, found in context.graph.edges
        if (each.source, each.target) == (relation.source, relation.target)
        and name != predicate
        and any(edge[1] == target for edge in found)
    ]
    if not others:
        return None
    other, name = context.rng.choice(others)
    wordings = (
        "which {c} have {e} as {p} or {q}",
        "{c} with {e} as {p} or as {q}",
        "{c} where {e} is the {p} or the {q}",
        "in which {c} is {e} {p} or {q}",
        "{c} whose {p} or {q} is {e}",
    )
    text = context.rng.choice(wordings).format(
        c=plural_of(relation.source),
        p=noun_of(context, relation),
        q=noun_of(context, other),
        e=context.graph.names[target],
    )
    return _union(context, text, (), Branch((Edge(X, predicate, target),)), Branch((Edge(X, name, target),)))


def _alternative_descriptions(context: Context) -> Example | None:
    """What has one relation to one thing, or another to another."""
    relation, predicate, (_, target) = draw_edge(context)
    others = [
        (each, name, edges)
        for each, name, edges in context.graph.edges
        if each.source == relation.source and name != predicate and edges
    ]
    if not others:
        return None
    second, name, edges = context.rng.choice(others)
    other = context.rng.choice(edges)[1]
    plural = plural_of(relation.source)
    first_text, second_text = say(context, relation.backward, target), say(context, second.backward, other)
    asked = f"which {plural} "
    if first_text.startswith(asked) and second_text.startswith(asked):
        text = f"{first_text} or {second_text.removeprefix(asked)}"
    else:
        either = f"{noun_of(context, relation)} {context.graph.names[target]} or {noun_of(context, second)} {context.graph.names[other]}"
        text = f"{context.rng.choice((asked + 'have', plural + ' with'))} {either}"
    return _union(context, text, (), Branch((Edge(X, predicate, target),)), Branch((Edge(X, name, other),)))


def _alternative_conditions(context: Context) -> Example | None:
    """Members of a class with one attribute so, or another (or the same one) so."""
    prop = context.rng.choice(context.graph.attributes)
    same = context.rng.random() < 0.5
    other = (
        prop
        if same
        else context.rng.choice(
            [each for each in context.graph.attributes if each.definition.source == prop.definition.source]
        )
    )
    if not context.graph.typed:
        return None
    (words, condition), (other_words, other_condition) = (
        draw_condition(context, prop),
        draw_condition(context, other),
    )
    if other is prop and condition.comparison == other_condition.comparison:
        return None
    group = draw_group(context, prop.definition.source)
    kinds, edges = group.plural, group.edges
    if not edges:
        return None
    text = condition_question(context, kinds, words, other_words)
    if other is prop:
        return _union(
            context,
            text,
            (*edges, Edge(X, prop.predicate, Y)),
            Branch(filters=(condition,)),
            Branch(filters=(other_condition,)),
        )
    second = Branch((Edge(X, other.predicate, Z),), (replace(other_condition, variable=Z),))
    return _union(context, text, edges, Branch((Edge(X, prop.predicate, Y),), (condition,)), second)


def _union(context: Context, text: str, edges: tuple[Edge, ...], *branches: Branch) -> Example:
    """Return a question for what fits one of several patterns, or for how many do, each counted once."""
    columns = (Item(X),)
    if text.startswith("which ") and context.rng.random() < 0.2:
        text = f"how many {text.removeprefix('which ')}"
    if text.startswith("how many "):
        columns = (Item(X, Aggregate.COUNT_DISTINCT),)
    return Example(cased(context, text), Query(edges, columns=columns, branches=branches))
