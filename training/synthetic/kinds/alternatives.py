"""Questions for one thing or another."""

from dataclasses import replace

from kbqa.plurals import plural_of
from kbqa.sparql.query import Aggregate, Branch, Edge, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context
from training.synthetic.graphs import Facts
from training.synthetic.phrases import (
    X,
    Y,
    Z,
    columns_for,
    condition_question,
    draw_condition,
    draw_group,
    make_example,
    members_example,
    noun_of,
    say,
    with_class,
)
from training.synthetic.wordings import wordings


def either_object(context: Context) -> Example | None:
    """What has a relation to one thing or another."""
    fact = context.fact()
    targets = {
        target
        for facts in context.graph.facts
        if facts.predicate == fact.predicate
        for _, target in facts.pairs
    }
    other_targets = sorted(targets - {fact.target}, key=str)
    if not other_targets:
        return None
    other, plural, names = context.pick(other_targets), plural_of(fact.relation.source), context.graph.names
    pair = context.pick(wordings("either_object", "pair")).format(names[fact.target], names[other])
    texts = (
        *fact.relation.backward,
        f"which {plural} have the {noun_of(context, fact.relation)} {{e}}",
        f"{plural} with {noun_of(context, fact.relation)} {{e}}",
    )
    edges = with_class(context, fact.relation, (Edge(X, fact.predicate, fact.target, (other,)),))
    return members_example(context, context.pick(texts).format(e=pair), edges)


def alternatives(context: Context) -> Example | None:
    """What one relation or another leads to, or what is described in one way or another."""
    make = context.pick((_roles, _same_in_either_role, _descriptions, _conditions, _conditions))
    return make(context)


def _roles(context: Context) -> Example | None:
    """What two relations of one thing lead to."""
    fact = context.fact()
    other_roles = [
        facts
        for facts in context.graph.facts
        if facts.relation.target == fact.relation.target
        and facts.predicate != fact.predicate
        and any(subject == fact.subject for subject, _ in facts.pairs)
    ]
    if not other_roles:
        return None
    other = context.pick(other_roles)
    text = context.pick(wordings("alternatives", "roles")).format(
        p=noun_of(context, fact.relation),
        q=noun_of(context, other.relation),
        e=context.graph.names[fact.subject],
    )
    edges = (Edge(fact.subject, fact.predicate, X), Edge(fact.subject, other.predicate, X))
    return _union(context, text, (), *(Branch((edge,)) for edge in edges))


def _same_in_either_role(context: Context) -> Example | None:
    """What has one thing in one role or another: the matches that a team played at home or away."""
    fact = context.fact()
    ends = (fact.relation.source, fact.relation.target)
    other_roles = [
        facts
        for facts in context.graph.facts
        if (facts.relation.source, facts.relation.target) == ends
        and facts.predicate != fact.predicate
        and any(target == fact.target for _, target in facts.pairs)
    ]
    if not other_roles:
        return None
    other = context.pick(other_roles)
    text = context.pick(wordings("alternatives", "same_in_either_role")).format(
        c=plural_of(fact.relation.source),
        p=noun_of(context, fact.relation),
        q=noun_of(context, other.relation),
        e=context.graph.names[fact.target],
    )
    edges = (Edge(X, fact.predicate, fact.target), Edge(X, other.predicate, fact.target))
    return _union(context, text, (), *(Branch((edge,)) for edge in edges))


def _descriptions(context: Context) -> Example | None:
    """What has one relation to one thing, or another to another."""
    fact = context.fact()
    other_relations: list[Facts] = [
        facts
        for facts in context.graph.facts
        if facts.relation.source == fact.relation.source and facts.predicate != fact.predicate and facts.pairs
    ]
    if not other_relations:
        return None
    other = context.pick(other_relations)
    target = context.pick(other.pairs)[1]
    plural, names = plural_of(fact.relation.source), context.graph.names
    first = say(context, fact.relation.backward, fact.target)
    second = say(context, other.relation.backward, target)
    which = f"which {plural} "
    if first.startswith(which) and second.startswith(which):
        text = f"{first} or {second.removeprefix(which)}"
    else:
        one = f"{noun_of(context, fact.relation)} {names[fact.target]}"
        either = f"{one} or {noun_of(context, other.relation)} {names[target]}"
        text = f"{context.pick((f'{which}have', f'{plural} with'))} {either}"
    edges = (Edge(X, fact.predicate, fact.target), Edge(X, other.predicate, target))
    return _union(context, text, (), *(Branch((edge,)) for edge in edges))


def _conditions(context: Context) -> Example | None:
    """Members of a class with one attribute so, or another (or the same one) so."""
    attributes = context.graph.attributes
    one = context.pick(attributes)
    kind, is_same = one.definition.source, context.chance(0.5)
    of_kind = [attribute for attribute in attributes if attribute.definition.source == kind]
    other = one if is_same else context.pick(of_kind)
    if not context.graph.typed:
        return None
    (words, condition), (more_words, second) = draw_condition(context, one), draw_condition(context, other)
    if other is one and condition.comparison == second.comparison:
        return None
    group = draw_group(context, kind)
    if not group.edges:
        return None
    text = condition_question(context, group.plural, words, more_words)
    edge = Edge(X, one.predicate, Y)
    if other is one:
        branches = (Branch(filters=(condition,)), Branch(filters=(second,)))
        return _union(context, text, (*group.edges, edge), *branches)
    of_other = Branch((Edge(X, other.predicate, Z),), (replace(second, variable=Z),))
    return _union(context, text, group.edges, Branch((edge,), (condition,)), of_other)


def _union(context: Context, text: str, edges: tuple[Edge, ...], *branches: Branch) -> Example:
    """A question for what fits one of several patterns, or for how many do, each counted once."""
    if text.startswith("which ") and context.chance(0.2):
        text = f"how many {text.removeprefix('which ')}"
    columns = columns_for(text, Aggregate.COUNT_DISTINCT)
    return make_example(context, text, Query(edges, columns=columns, branches=branches))
