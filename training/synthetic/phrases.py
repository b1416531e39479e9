"""Phrases for what is in a synthetic graph, and the parts that questions about it are made of."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode

from kbqa.plurals import plural_of
from kbqa.sparql.dates import dated_value
from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Filter, Item, Query, Variable
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import of_one
from training.synthetic.context import Context
from training.synthetic.domains import PEOPLE, Attribute, Relation, Text
from training.synthetic.graphs import XSD, Node, Property
from training.synthetic.wordings import wordings

X, Y, Z = Variable(0), Variable(1), Variable(2)
AGGREGATES = (
    ("average", Aggregate.AVG),
    ("mean", Aggregate.AVG),
    ("total", Aggregate.SUM),
    ("highest", Aggregate.MAX),
    ("lowest", Aggregate.MIN),
)
"""What is asked of a group's numbers."""
NOT_AFTER_ARE = ("with", "costing", "earning", "weighing", "that", "who", "from")
"""How conditions begin that do not follow "are"."""
_PARTICIPLES = (
    "born", "built", "founded", "hired", "launched", "made", "opened", "painted", "placed", "played",
    "published", "released", "elected",
)  # fmt: skip
_PREPOSITIONS = (" by", " in", " at", " with", " to", " from", " on", " through", " around", " under")
_OF_ONE = {"living": "lives", "scoring": "scores", "having": "has"}
_WHOLE_CLASS, _BY_WORD = 0.4, 0.4
"""How often a group is a whole class, or is told by a word for it; and how often by that word alone."""
_WITHIN, _DAY = 0.5, 3
"""How often dates are asked for within a year, a month or a day; how many parts a day's date has."""


@dataclass(frozen=True)
class Group:
    """Members of a class, X: as many and, where that is as easily said, as one; their edges."""

    plural: str
    edges: tuple[Edge, ...]
    singular: str = ""
    clause: str = ""
    """What is said of them, behind `head`: live in the sea."""
    head: str = ""

    def uses(self, predicate: NamedNode) -> bool:
        """Whether a property tells who is in the group."""
        return any(edge.predicate == predicate for edge in self.edges)


# --- groups of members


def class_edges(context: Context, kind: str) -> tuple[Edge, ...]:
    """The edge that makes X a member of a class; none where the graph does not say what its members are."""
    return (Edge(X, RDF_TYPE, context.graph.class_of(kind)),) if context.graph.typed else ()


def with_class(context: Context, relation: Relation, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Edges with the class that the question names, where members of other classes may be described alike."""
    is_shared = any(
        facts.relation.source != relation.source and facts.predicate == edges[0].predicate
        for facts in context.graph.facts
    )
    if is_shared or isinstance(edges[0].object, Literal):
        return (*edges, *class_edges(context, relation.source))
    return edges


def draw_group(context: Context, kind: str, *, whole: bool = True) -> Group:
    """Members of a class: all, if that may be, or those that a word, a relation or both tell.

    Without words where nothing tells them.
    """
    facts = [
        (facts.relation, facts.predicate, target)
        for facts in context.graph.facts
        if facts.relation.source == kind
        for _, target in facts.pairs
    ]
    if not whole and not facts:
        return Group("", ())
    chance = context.rng.random()
    if whole and (not facts or chance < _WHOLE_CLASS):
        return Group(plural_of(kind), class_edges(context, kind), kind)
    head = draw_head(context, kind) if chance > 1 - _BY_WORD else None
    if head is not None and context.chance(_BY_WORD):
        return head_group(context, kind, head)
    relation, predicate, target = context.pick(facts)
    edge = Edge(X, predicate, target)
    if head is None:
        edges = with_class(context, relation, (edge,))
        return related_group(context, relation, target, Group(plural_of(kind), edges, kind))
    if head.edges[0].predicate == predicate:
        return head
    return related_group(context, relation, target, replace(head, edges=(*head.edges, edge)))


def draw_group_or_head(context: Context, kind: str) -> Group:
    """Members of a class as `draw_group` gives them, more often those that a word alone tells."""
    head = draw_head(context, kind) if context.chance(_BY_WORD) else None
    return head_group(context, kind, head) if head is not None else draw_group(context, kind)


def head_group(context: Context, kind: str, head: Group) -> Group:
    """Members that a word tells; with their class where that is a text, which others may have as well."""
    if isinstance(head.edges[0].object, Literal):
        return replace(head, edges=(*class_edges(context, kind), *head.edges))
    return head


def draw_head(context: Context, kind: str) -> Group | None:
    """Members of a class as a word for them tells (spicy dishes, thrillers); None where there is none."""
    texts = [
        text
        for text in context.graph.texts
        if text.definition.source == kind and text.definition.values and text.values
    ]
    called = [
        (facts.predicate, target)
        for facts in context.graph.facts
        if facts.relation.source == kind
        for _, target in facts.pairs
        if context.graph.called.get(target) in ("adjective", "noun", "plural")
    ]
    if not texts and not called:
        return None
    if called and (not texts or context.chance(0.6)):
        return _head_of_object(context, kind, *context.pick(called))
    return _head_of_text(context, kind, context.pick(texts))


def _head_of_object(context: Context, kind: str, predicate: NamedNode, target: Node) -> Group:
    name, called = context.graph.names[target], context.graph.called[target]
    edges = (Edge(X, predicate, target),)
    if called == "adjective":
        return _described_by(name, kind, edges)
    several = name if called == "plural" else plural_of(name)
    return Group(several, edges, "" if called == "plural" else name, f"are {several}")


def _head_of_text(context: Context, kind: str, text: Property[Text]) -> Group:
    value = context.pick(list(text.values.values()))
    edges, word = (Edge(X, text.predicate, value),), value.value
    if text.definition.nouns and context.chance(0.6):
        return Group(plural_of(word), edges, word, f"are {plural_of(word)}")
    return _described_by(word, kind, edges)


def _described_by(adjective: str, kind: str, edges: tuple[Edge, ...]) -> Group:
    return Group(f"{adjective} {plural_of(kind)}", edges, f"{adjective} {kind}", f"are {adjective}")


def related_group(context: Context, relation: Relation, target: Node, group: Group) -> Group:
    """A group's members that have a relation to something, which stands behind the words for them."""
    noun, clauses = noun_of(context, relation), clauses_of(relation)
    told = [clause for clause in clauses if not clause.startswith(("does ", "did "))]
    short = [f"{{c}} with {noun} {{e}}", f"{{c}} whose {noun} is {{e}}"]
    if (
        relation.target not in PEOPLE
        and len(relations_between(context, relation.source, relation.target)) == 1
    ):
        short += ["{c} of {e}", "{c} in {e}"]
    words = context.pick([*_relative_clauses(relation, clauses, told), *short])
    name = name_of(context, target)
    singular = words.format(c=group.singular, e=name) if group.singular and words in short else ""
    clause = context.pick(told or [f"have {noun} {{e}}"]).format(e=name)
    return Group(words.format(c=group.plural, e=name), group.edges, singular, clause, group.plural)


def _relative_clauses(relation: Relation, clauses: Sequence[str], told: Sequence[str]) -> list[str]:
    """How members are told behind what they are called, {c}, by what they have a relation to, {e}."""
    kinds = plural_of(relation.source)
    active = [clause.removeprefix("does {e} ") for clause in clauses if clause.startswith("does {e} ")]
    return [
        *(f"{{c}} that {clause}" for clause in told),
        *(f"{{c}} that {{e}} {of_one(clause)}" for clause in active),
        *(
            f"{{c}} {text.removeprefix(f'{kinds} ')}"
            for text in relation.backward
            if text.startswith(f"{kinds} ")
        ),
    ]


def clauses_of(relation: Relation) -> list[str]:
    """What its questions from an object say of members: which trains stop at {e} → stop at {e}."""
    which = f"which {plural_of(relation.source)} "
    return [text.removeprefix(which) for text in relation.backward if text.startswith(which)]


# --- words for one thing


def name_of(context: Context, node: Node) -> str:
    """A name in a sentence: of things and their kinds with an article, by the plural, or as it is."""
    name, called, chance = context.graph.names[node], context.graph.called.get(node), context.rng.random()
    if called in ("thing", "noun") and chance < 0.4:
        return f"the {name}"
    return plural_of(name) if called == "noun" and chance < 0.65 else name


def noun_of(context: Context, relation: Relation) -> str:
    """A noun for what a relation leads to."""
    nouns = list(relation.nouns) or [
        name for name in relation.names if not name.endswith(_PREPOSITIONS) and not name.startswith("has ")
    ]
    return context.pick(nouns or [relation.target])


def property_name(context: Context, prop: Property[Attribute] | Property[Text]) -> str:
    """A name for an attribute or a text: the one that the graph uses, or another."""
    return context.pick((prop.name, *prop.definition.names))


def possessive(context: Context, relation: Relation, described: str) -> str:
    """What a relation leads to from a description.

    After a description with an "of", an "'s" would leave open whose it is.
    """
    after = "after_of" if described.startswith("the ") else "after_name"
    text = context.pick(wordings("possessive", after))
    return text.format(p=noun_of(context, relation), e=described)


def with_article(noun: str) -> str:
    """A noun with its indefinite article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def say(context: Context, texts: Sequence[str], node: Node) -> str:
    """One of several wordings of a question about one thing."""
    return context.pick(texts).format(e=name_of(context, node))


# --- conditions


def draw_condition(context: Context, attribute: Property[Attribute]) -> tuple[str, Filter]:
    """A condition on an attribute in words, and as a filter of Y."""
    comparison = context.pick((Comparison.GREATER, Comparison.LESS))
    if attribute.datatype == "date" and context.chance(_WITHIN):
        comparison = Comparison.EQUAL
    texts = {
        Comparison.GREATER: attribute.definition.more,
        Comparison.LESS: attribute.definition.less,
        Comparison.EQUAL: attribute.definition.within,
    }[comparison]
    if attribute.datatype == "date":
        return _date_condition(context, attribute, texts, comparison)
    digits = context.graph.number(attribute.definition)
    number = Literal(digits, datatype=NamedNode(XSD + ("decimal" if "." in digits else "integer")))
    return context.pick(texts).format(n=digits), Filter(Y, comparison, number)


def _date_condition(
    context: Context, attribute: Property[Attribute], texts: Sequence[str], comparison: Comparison
) -> tuple[str, Filter]:
    date = context.pick(list(attribute.values.values())).value.split("-")
    parts = date[: context.pick((1, 1, 1, 2, 3))]
    words = context.pick(texts).format(n=spoken_date(context, parts))
    if len(parts) == _DAY:
        words = words.replace(" in ", " on ")
    value = dated_value("-".join(parts), "date", comparison)
    assert value is not None
    return words, Filter(Y, comparison, value)


def spoken_date(context: Context, parts: Sequence[str]) -> str:
    """A year, a month or a day as people write it; `parts` are its year, month and day."""
    if len(parts) == 1:
        return parts[0]
    month = calendar.month_name[int(parts[1])]
    if len(parts) < _DAY:
        return f"{month} {parts[0]}"
    day = int(parts[2])
    return context.pick((f"{day} {month} {parts[0]}", f"{month} {day}, {parts[0]}", "-".join(parts)))


def condition_question(context: Context, kinds: str, *conditions: str) -> str:
    """The question which members meet one of several conditions, as clauses where these have verbs."""
    clauses = [clause for words in conditions if (clause := clause_of(words)) is not None]
    either = wordings("condition", "either") if len(conditions) > 1 else ("",)
    if len(clauses) == len(conditions) and " that " not in kinds and context.chance(0.5):
        return f"which {kinds} {context.pick(either)}{' or '.join(clauses)}"
    start = context.pick(wordings("condition"))
    if conditions[0].startswith(NOT_AFTER_ARE) or " that " in kinds:
        start = start.replace("are {w}", "{w}")
    return start.format(c=kinds, w=context.pick(either) + " or ".join(conditions))


def clause_of(words: str) -> str | None:
    """A condition as a clause on several things; None where it has no verb.

    >>> clause_of("costing more than 5"), clause_of("born in 1990"), clause_of("newest")
    ('cost more than 5', 'were born in 1990', None)
    """
    first, _, rest = words.partition(" ")
    if first in ("that", "who"):
        return rest
    if first == "with":
        return f"have {rest}"
    if first in ("costing", "earning", "weighing", "lasting"):
        return f"{first.removesuffix('ing')} {rest}"
    if first in _PARTICIPLES:
        return f"were {words}"
    return f"are {words}" if first.endswith("er") or first in ("over", "under") else None


def follows_name(word: str) -> bool:
    """Whether words for the most of something stand behind its name.

    >>> follows_name("with the most pages"), follows_name("longest")
    (True, False)
    """
    first = word.split(maxsplit=1)[0]
    return first in ("with", *_PARTICIPLES) or first.endswith("ing")


def verb_of(words: str) -> str:
    """What stands behind a name, as what is said of it.

    >>> verb_of("with the most pages"), verb_of("born first"), verb_of("living longest")
    ('has the most pages', 'was born first', 'lives longest')
    """
    first, _, rest = words.partition(" ")
    if first == "with":
        return f"has {rest}"
    if first.endswith("ing"):
        return f"{_OF_ONE.get(first) or first.removesuffix('ing') + 's'} {rest}"
    return f"was {words}"


# --- questions with their queries


def cased(context: Context, text: str) -> str:
    """A question as somebody types it: with a question mark or none, in lower case or with a capital."""
    text += context.pick(("", "?", "?", " ?"))
    if context.chance(0.2):
        return text.lower()
    return text[:1].upper() + text[1:] if context.chance(0.5) else text


def make_example(context: Context, text: str, query: Query) -> Example:
    """A question, as somebody types it, with its query."""
    return Example(cased(context, text), query)


def members_example(context: Context, text: str, edges: tuple[Edge, ...], answer: Variable = X) -> Example:
    """A question for all that edges lead to."""
    return make_example(context, text, Query(edges, columns=(Item(answer),)))


def count_example(context: Context, text: str, edges: tuple[Edge, ...]) -> Example:
    """A question how many members there are."""
    return make_example(context, text, Query(edges, columns=(Item(X, Aggregate.COUNT),)))


def columns_for(text: str, counted: Aggregate = Aggregate.COUNT) -> tuple[Item, ...]:
    """What a question shows: how many there are, where it begins so, or which."""
    return (Item(X, counted),) if text.startswith("how many") else (Item(X),)


# --- relations of the graph


def relations_between(context: Context, source: str, target: str) -> list[Relation]:
    """The relations between two classes, in either direction."""
    relations = [facts.relation for facts in context.graph.facts]
    return [relation for relation in relations if {relation.source, relation.target} == {source, target}]


def paths_between(context: Context, source: str, target: str) -> list[tuple[Relation, ...]]:
    """The paths from one class to another, of one relation or two."""
    relations = [facts.relation for facts in context.graph.facts]
    direct: list[tuple[Relation, ...]] = [
        (relation,) for relation in relations_between(context, source, target)
    ]
    return direct + [
        (first, second)
        for first in relations
        for second in relations
        if (first.source, first.target, second.target) == (source, second.source, target)
    ]


def typed_relation(context: Context, relation: Relation, predicate: NamedNode) -> tuple[Edge, ...]:
    """The edges from members of a relation's class, X, to what it leads to, Y."""
    return (Edge(X, RDF_TYPE, context.graph.class_of(relation.source)), Edge(X, predicate, Y))
