"""Questions for members of a class: all that a word tells, those with a text, those of which two things are so."""

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Aggregate, Edge, Filter, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import of_one, plural_of
from training.synthetic.delexicalisation import numbered
from training.synthetic.domains import Relation
from training.synthetic.phrases import (
    Context,
    X,
    Y,
    cased,
    clause_of,
    count_example,
    draw_condition,
    draw_edge,
    draw_group,
    draw_head,
    make_example,
    noun_of,
    related_group,
    say,
    with_class,
    with_class_of_head,
)

Clause = tuple[str, Edge, tuple[Filter, ...]]
"""What is said of several members (live in the sea), the edge and the filters that hold then."""
_BY_OTHERS = 0.5
"""How often the clause is on something else than a relation."""
_OF_SEVERAL = (
    "which {c} {v}",
    "which {c} {v}",
    "{c} that {v}",
    "list the {c} that {v}",
    "which of the {c} {v}",
    "show all {c} that {v}",
)
_COUNTED = ("how many {c} {v}", "how many {c} {v}", "number of {c} that {v}")
_OF_ONE = ("which {c} {v}", "which {c} {v}", "what {c} {v}", "the {c} that {v}")


def group_members(context: Context) -> Example | None:
    """Members of a group, or how many they are."""
    kind = context.rng.choice([each.source for each, _, edges in context.graph.edges if edges])
    group = draw_group(context, kind, whole=False)
    counts = context.rng.random() < 0.25
    wordings = (
        ["how many {c} are there", "number of {c}", "count the {c}"]
        if counts
        else ["which {c} are there", "list all {c}", "show the {c}", "{c}"]
    )
    if group.clause:
        said = f"{group.head or plural_of(kind)} {group.clause}"
        wordings += [f"how many {said}"] * 3 if counts else [f"which {said}"] * 4
    text = context.rng.choice(wordings).format(c=group.plural)
    return count_example(context, text, group.edges) if counts else make_example(context, text, group.edges)


def with_text(context: Context) -> Example | None:
    """Members that have a text."""
    prop = context.rng.choice(context.graph.texts) if context.graph.texts else None
    if prop is None or not prop.values or not context.graph.typed:
        return None
    value = context.rng.choice(list(prop.values.values()))
    edges = (
        Edge(X, RDF_TYPE, context.graph.class_of(prop.definition.source)),
        Edge(X, prop.predicate, value),
    )
    parts = {
        "c": plural_of(prop.definition.source),
        "a": context.rng.choice((prop.name, *prop.definition.names)),
        "v": value.value,
    }
    wordings: tuple[str, ...] = (
        "which {c} have the {a} {v}",
        "{c} whose {a} is {v}",
        "{c} with {a} {v}",
        "how many {c} have the {a} {v}",
        "how many {c} are {v}",
    )
    if prop.definition.nouns and context.rng.random() < 0.5:
        parts["v"] = plural_of(value.value)
        wordings = (
            "which {c} are {v}",
            "how many {v} are there",
            "list all {v}",
            "which {v} are there",
            "{v}",
            "show the {v}",
            "how many {c} are {v}",
        )
    elif prop.definition.values:
        wordings = (*wordings, "{v} {c}", "which {c} are {v}", "list all {v} {c}")
    else:
        wordings = wordings[:4]
    text = context.rng.choice(wordings).format(**parts)
    columns = (Item(X, Aggregate.COUNT),) if text.startswith("how many") else (Item(X),)
    return Example(cased(context, text), Query(edges, columns=columns))


def two_relations(context: Context) -> Example | None:
    relation, predicate, (subject, target) = draw_edge(context)
    others = [
        (each, name, edge[1])
        for each, name, found in context.graph.edges
        if each.source == relation.source
        for edge in found
        if edge[0] == subject and edge != (subject, target)
    ]
    if not others:
        return None
    second, name, other = context.rng.choice(others)
    first_text, second_text = say(context, relation.backward, target), say(context, second.backward, other)
    if first_text.startswith(f"which {plural_of(relation.source)} ") and second_text.startswith(
        f"which {plural_of(relation.source)} "
    ):
        text = f"{first_text} and {second_text.removeprefix(f'which {plural_of(relation.source)} ')}"
    else:
        pairs = f"{noun_of(context, relation)} {context.graph.names[target]} and {noun_of(context, second)} {context.graph.names[other]}"
        text = f"which {plural_of(relation.source)} have {pairs}"
    return make_example(context, text, (Edge(X, predicate, target), Edge(X, name, other)))


def two_objects(context: Context) -> Example | None:
    """What has one relation to two things at once."""
    relation, predicate, (subject, target) = draw_edge(context)
    found = next(edges for _, name, edges in context.graph.edges if name == predicate)
    others = [each for each in (edge[1] for edge in found if edge[0] == subject) if each != target]
    if not others:
        return None
    other, plural = context.rng.choice(others), plural_of(relation.source)
    pair = context.rng.choice(
        ("both {} and {}", "both {} and {}", "{} and {}", "{} as well as {}", "{} and also {}")
    )
    wordings = (
        *relation.backward,
        f"which {plural} have the {noun_of(context, relation)} {{e}}",
        f"{plural} with {noun_of(context, relation)} {{e}}",
    )
    text = context.rng.choice(wordings).format(
        e=pair.format(context.graph.names[target], context.graph.names[other])
    )
    return make_example(
        context, text, with_class(context, relation, (Edge(X, predicate, target), Edge(X, predicate, other)))
    )


def existence(context: Context) -> Example | None:
    """Members of a class or a group that have a relation to anything, whatever it is."""
    relation, predicate, _ = draw_edge(context)
    group = draw_group(context, relation.source)
    if not group.edges or any(edge.predicate == predicate for edge in group.edges):
        return None
    noun, several = noun_of(context, relation), numbered(noun_of(context, relation), plural=True)
    one = f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
    clauses = [
        f"have {one}",
        f"have any {several}",
        f"have {several}",
        f"have a known {noun}",
        f"have some {noun}",
        f"have {one} at all",
    ]
    clauses += _passive_clauses(context, relation) * 2
    clause = context.rng.choice(clauses)
    wordings = [
        "which {c} {v}",
        "list the {c} that {v}",
        "{c} that {v}",
        "show all {c} that {v}",
        "how many {c} {v}",
    ]
    text = context.rng.choice(wordings[:1] * 3 + wordings[1:]).format(c=group.plural, v=clause)
    columns = (Item(X, Aggregate.COUNT_DISTINCT),) if text.startswith("how many") else (Item(X),)
    return Example(cased(context, text), Query((*group.edges, Edge(X, predicate, Y)), columns=columns))


def _passive_clauses(context: Context, relation: Relation) -> list[str]:
    """Return clauses that say a relation of something without its object: were published by {e} → were
    published, have been published.
    """
    asked, found = f"which {plural_of(relation.source)} ", []
    for wording in relation.backward:
        said = wording.removeprefix(asked).removesuffix(" by {e}")
        if wording.startswith((asked + "are ", asked + "were ")) and wording.endswith(" by {e}"):
            rest = said.partition(" ")[2]
            found += [
                said,
                f"have been {rest}",
                f"were ever {rest}",
                f"{said} by someone",
                f"have already been {rest}",
            ]
    return found


def two_conditions(context: Context) -> Example | None:
    """Members that a word tells and a clause on them, or how many they are."""
    kinds = context.rng.sample(context.graph.classes, len(context.graph.classes))
    kind, head = next(
        ((kind, head) for kind in kinds if (head := draw_head(context, kind)) is not None), ("", None)
    )
    if head is None:
        return None
    told = head.edges[0]
    found = [
        quad.subject
        for quad in context.graph.store.quads_for_pattern(None, told.predicate, told.object)  # type: ignore[arg-type]
    ]
    member = context.rng.choice([node for node in found if isinstance(node, NamedNode)])
    clauses = _clauses(context, kind, member) if context.rng.random() < _BY_OTHERS else []
    clauses = [
        each
        for each in clauses or _relation_clauses(context, kind, member)
        if each[1].predicate != told.predicate
    ]
    if not clauses:
        return None
    words, edge, filters = context.rng.choice(clauses)
    counts = context.rng.random() < 0.2
    if not counts and head.singular and context.rng.random() < 0.25:
        text = context.rng.choice(_OF_ONE).format(c=head.singular, v=of_one(words))
    else:
        text = context.rng.choice(_COUNTED if counts else _OF_SEVERAL).format(c=head.plural, v=words)
    query = Query(
        (*with_class_of_head(context, kind, head).edges, edge),
        filters,
        columns=(Item(X, Aggregate.COUNT if counts else None),),
    )
    return Example(cased(context, text), query)


def _relation_clauses(context: Context, kind: str, member: NamedNode) -> list[Clause]:
    """Return what relations of a member of a class say, as clauses on several."""
    return [
        (related_group(context, relation, target, kind, kind, ()).clause, Edge(X, predicate, target), ())
        for relation, predicate, edges in context.graph.edges
        for subject, target in edges
        if subject == member and relation.source == kind
    ]


def _clauses(context: Context, kind: str, member: NamedNode) -> list[Clause]:
    """Return what else may be said of several members of a class so that it is true of one; of a
    comparison that is not sure.
    """
    world, found = context.graph, list[Clause]()
    for flag in (each for each in world.flags if member in each.values):
        true = flag.values[member] == Literal(True)
        found.append(
            (
                context.rng.choice(flag.definition.when if true else flag.definition.unless),
                Edge(X, flag.predicate, flag.values[member]),
                (),
            )
        )
    for text in (each for each in world.texts if member in each.values):
        value = text.values[member]
        said = (
            f"are {plural_of(value.value)}"
            if text.definition.nouns
            else f"have the {context.rng.choice((text.name, *text.definition.names))} {value.value}"
        )
        found.append((said, Edge(X, text.predicate, value), ()))
    for attribute in (each for each in world.attributes if member in each.values):
        words, condition = draw_condition(context, attribute)
        clause = clause_of(words)
        found += [(clause, Edge(X, attribute.predicate, Y), (condition,))] if clause is not None else []
    return found
