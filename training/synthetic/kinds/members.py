"""Questions for members that a word tells, that have a text, or of which two things are so."""

from pyoxigraph import Literal, NamedNode

from kbqa.plurals import plural_of
from kbqa.sparql.query import RDF_TYPE, Aggregate, Edge, Filter, Item, Query
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import of_one
from training.synthetic.context import Context
from training.synthetic.delexicalisation import numbered
from training.synthetic.domains import Flag, Relation, Text
from training.synthetic.graphs import Property
from training.synthetic.phrases import (
    Group,
    X,
    Y,
    clause_of,
    columns_for,
    count_example,
    draw_condition,
    draw_group,
    draw_head,
    head_group,
    make_example,
    members_example,
    noun_of,
    property_name,
    related_group,
    say,
    with_class,
)
from training.synthetic.wordings import wordings

Clause = tuple[str, Edge, tuple[Filter, ...]]
"""What is said of several members (live in the sea), the edge and the filters that hold then."""
_BY_VALUES = 0.5
"""How often the second condition is on something else than a relation."""


def group_members(context: Context) -> Example | None:
    """Members of a group, or how many they are."""
    kind = context.pick([facts.relation.source for facts in context.graph.facts if facts.pairs])
    group = draw_group(context, kind, whole=False)
    counts = context.chance(0.25)
    texts = wordings("group_members", "count" if counts else "any")
    if group.clause:
        clause = f"{group.head or plural_of(kind)} {group.clause}"
        texts = (*texts, *([f"how many {clause}"] * 3 if counts else [f"which {clause}"] * 4))
    text = context.pick(texts).format(c=group.plural)
    return (count_example if counts else members_example)(context, text, group.edges)


def with_text(context: Context) -> Example | None:
    """Members that have a text: books of a genre, engineers; or how many they are."""
    chosen = context.pick(context.graph.texts) if context.graph.texts else None
    if chosen is None or not chosen.values or not context.graph.typed:
        return None
    value, kind = context.pick(list(chosen.values.values())), chosen.definition.source
    parts = {"c": plural_of(kind), "a": property_name(context, chosen), "v": value.value}
    is_noun = chosen.definition.nouns and context.chance(0.5)
    if is_noun:
        parts["v"] = plural_of(value.value)
    known = "adjective" if chosen.definition.values else "invented"
    text = context.pick(wordings("with_text", "noun" if is_noun else known)).format(**parts)
    edges = (Edge(X, RDF_TYPE, context.graph.class_of(kind)), Edge(X, chosen.predicate, value))
    return make_example(context, text, Query(edges, columns=columns_for(text)))


def two_relations(context: Context) -> Example | None:
    """Members with one relation to one thing, and another, or the same, to another."""
    fact = context.fact()
    other_facts = [
        other
        for other in context.facts_from(fact.subject)
        if other.relation.source == fact.relation.source
        and (other.subject, other.target) != (fact.subject, fact.target)
    ]
    if not other_facts:
        return None
    other = context.pick(other_facts)
    first = say(context, fact.relation.backward, fact.target)
    second = say(context, other.relation.backward, other.target)
    which, names = f"which {plural_of(fact.relation.source)} ", context.graph.names
    if first.startswith(which) and second.startswith(which):
        text = f"{first} and {second.removeprefix(which)}"
    else:
        one = f"{noun_of(context, fact.relation)} {names[fact.target]}"
        text = f"{which}have {one} and {noun_of(context, other.relation)} {names[other.target]}"
    edges = (Edge(X, fact.predicate, fact.target), Edge(X, other.predicate, other.target))
    return members_example(context, text, edges)


def two_objects(context: Context) -> Example | None:
    """Members with one relation to two things at once."""
    fact = context.fact()
    facts = next(facts for facts in context.graph.facts if facts.predicate == fact.predicate)
    other_targets = [
        target for subject, target in facts.pairs if subject == fact.subject and target != fact.target
    ]
    if not other_targets:
        return None
    other, plural, names = context.pick(other_targets), plural_of(fact.relation.source), context.graph.names
    pair = context.pick(wordings("two_objects", "pair"))
    texts = (
        *fact.relation.backward,
        f"which {plural} have the {noun_of(context, fact.relation)} {{e}}",
        f"{plural} with {noun_of(context, fact.relation)} {{e}}",
    )
    text = context.pick(texts).format(e=pair.format(names[fact.target], names[other]))
    edges = (Edge(X, fact.predicate, fact.target), Edge(X, fact.predicate, other))
    return members_example(context, text, with_class(context, fact.relation, edges))


def existence(context: Context) -> Example | None:
    """Members that have a relation to anything, whatever it is; or how many they are."""
    fact = context.fact()
    group = draw_group(context, fact.relation.source)
    if not group.edges or group.uses(fact.predicate):
        return None
    noun, several = noun_of(context, fact.relation), numbered(noun_of(context, fact.relation), plural=True)
    one = f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
    having = (one, f"any {several}", several, f"a known {noun}", f"some {noun}", f"{one} at all")
    clause = context.pick([*(f"have {what}" for what in having), *_passive_clauses(fact.relation) * 2])
    text = context.pick(wordings("existence")).format(c=group.plural, v=clause)
    edges = (*group.edges, Edge(X, fact.predicate, Y))
    return make_example(context, text, Query(edges, columns=columns_for(text, Aggregate.COUNT_DISTINCT)))


def _passive_clauses(relation: Relation) -> list[str]:
    """Clauses that say a relation without its object: were published by {e} → have been published."""
    which, clauses = f"which {plural_of(relation.source)} ", list[str]()
    for text in relation.backward:
        clause = text.removeprefix(which).removesuffix(" by {e}")
        if text.startswith((f"{which}are ", f"{which}were ")) and text.endswith(" by {e}"):
            rest = clause.partition(" ")[2]
            clauses += [clause, f"have been {rest}", f"were ever {rest}", f"{clause} by someone"]
            clauses += [f"have already been {rest}"]
    return clauses


def two_conditions(context: Context) -> Example | None:
    """Members that a word tells and of which a clause is so: spicy dishes from the south."""
    kind, head = _kind_with_head(context)
    if head is None:
        return None
    told = head.edges[0]
    members = context.graph.subjects(told)
    clauses = _clauses_on(context, kind, context.pick(members), without=told.predicate)
    if not clauses:
        return None
    words, edge, filters = context.pick(clauses)
    counts = context.chance(0.2)
    if not counts and head.singular and context.chance(0.25):
        text = context.pick(wordings("two_conditions", "one")).format(c=head.singular, v=of_one(words))
    else:
        texts = wordings("two_conditions", "count" if counts else "several")
        text = context.pick(texts).format(c=head.plural, v=words)
    edges = (*head_group(context, kind, head).edges, edge)
    columns = (Item(X, Aggregate.COUNT if counts else None),)
    return make_example(context, text, Query(edges, filters, columns=columns))


def _kind_with_head(context: Context) -> tuple[str, Group | None]:
    """A class that has a word for some of its members, and these; None where no class has."""
    for kind in context.rng.sample(context.graph.classes, len(context.graph.classes)):
        if (head := draw_head(context, kind)) is not None:
            return kind, head
    return "", None


def _clauses_on(context: Context, kind: str, member: NamedNode, *, without: NamedNode) -> list[Clause]:
    """What may be said of members so that it is true of one, but by the property that tells them already."""
    clauses = _value_clauses(context, member) if context.chance(_BY_VALUES) else []
    clauses = clauses or _relation_clauses(context, kind, member)
    return [clause for clause in clauses if clause[1].predicate != without]


def _relation_clauses(context: Context, kind: str, member: NamedNode) -> list[Clause]:
    """What relations of a member say, as clauses on several."""
    group = Group(kind, (), kind)
    clauses: list[Clause] = []
    for fact in context.facts_from(member):
        if fact.relation.source == kind:
            words = related_group(context, fact.relation, fact.target, group).clause
            clauses.append((words, Edge(X, fact.predicate, fact.target), ()))
    return clauses


def _value_clauses(context: Context, member: NamedNode) -> list[Clause]:
    """What flags, texts and attributes of a member say, as clauses; a comparison need not be true of it."""
    graph = context.graph
    clauses = [_flag_clause(context, flag, member) for flag in graph.flags if member in flag.values]
    clauses += [_text_clause(context, text, member) for text in graph.texts if member in text.values]
    for attribute in graph.attributes:
        if member in attribute.values:
            words, condition = draw_condition(context, attribute)
            if (clause := clause_of(words)) is not None:
                clauses.append((clause, Edge(X, attribute.predicate, Y), (condition,)))
    return clauses


def _flag_clause(context: Context, flag: Property[Flag], member: NamedNode) -> Clause:
    value = flag.values[member]
    texts = flag.definition.when if value == Literal(True) else flag.definition.unless
    return context.pick(texts), Edge(X, flag.predicate, value), ()


def _text_clause(context: Context, text: Property[Text], member: NamedNode) -> Clause:
    value = text.values[member]
    if text.definition.nouns:
        clause = f"are {plural_of(value.value)}"
    else:
        clause = f"have the {property_name(context, text)} {value.value}"
    return clause, Edge(X, text.predicate, value), ()
