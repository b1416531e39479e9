"""Phrases for what is in a synthetic graph, and the parts that questions about it are made of."""

import calendar
import random
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.dates import dated_value
from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Comparison,
    Edge,
    Filter,
    Item,
    Query,
    Variable,
)
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.inflection import of_one, plural_of
from training.synthetic.domains import PEOPLE, Attribute, Relation
from training.synthetic.graphs import XSD, Node, Property, SyntheticGraph

X, Y, Z = Variable(0), Variable(1), Variable(2)
AGGREGATES = (
    ("average", Aggregate.AVG),
    ("mean", Aggregate.AVG),
    ("total", Aggregate.SUM),
    ("highest", Aggregate.MAX),
    ("lowest", Aggregate.MIN),
)
"""What is asked of a group's numbers."""
WITH_HAVE = ("with", "costing", "earning", "weighing", "that", "who", "from")
"""How conditions begin that do not follow "are"."""
_PARTICIPLES = (
    "born", "built", "founded", "hired", "launched", "made", "opened", "painted", "placed", "played",
    "published", "released", "elected",
)  # fmt: skip
_SAID_OF_ONE = {"living": "lives", "scoring": "scores", "having": "has"}
_WHOLE, _HEADED = 0.4, 0.4
"""How often a group is a whole class, or is told by a word for it; and how often by that word alone."""
_WITHIN, _DAY = 0.5, 3
"""How often dates are asked for within a year, a month or a day; how many parts a day's date has."""


@dataclass(frozen=True)
class Context:
    """What a question is made from: a graph, and where its random draws come from."""

    graph: SyntheticGraph
    rng: random.Random


@dataclass(frozen=True)
class Group:
    """Members of a class, X: in words (plural, and singular where that is as easily said), as edges; a clause
    on them, and the words before it.
    """

    plural: str
    edges: tuple[Edge, ...]
    singular: str = ""
    clause: str = ""
    head: str = ""


def with_class(context: Context, relation: Relation, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Add the class where the question names it and members of others may be described alike: by the same
    property, or by a text.
    """
    others = [
        each
        for each, predicate, _ in context.graph.edges
        if each.source != relation.source and predicate == edges[0].predicate
    ]
    return (
        (*edges, *class_edges(context, relation.source))
        if others or isinstance(edges[0].object, Literal)
        else edges
    )


def possessive(context: Context, relation: Relation, described: str) -> str:
    """Return what a relation leads to from a description, as another: an "of" in it would leave open
    whose an 's is.
    """
    wordings = (
        ("the {p} of {e}",)
        if described.startswith("the ")
        else ("the {p} of {e}", "{e}'s {p}", "{e}'s {p}", "{e} 's {p}")
    )
    return context.rng.choice(wordings).format(p=noun_of(context, relation), e=described)


def draw_condition(context: Context, prop: Property[Attribute]) -> tuple[str, Filter]:
    """Return a condition on an attribute in words, and as a filter of Y."""
    comparison = context.rng.choice((Comparison.GREATER, Comparison.LESS))
    if prop.datatype == "date" and context.rng.random() < _WITHIN:
        comparison = Comparison.EQUAL
    wordings = {
        Comparison.GREATER: prop.definition.more,
        Comparison.LESS: prop.definition.less,
        Comparison.EQUAL: prop.definition.within,
    }[comparison]
    if prop.datatype != "date":
        digits = context.graph.number(prop.definition)
        number = Literal(digits, datatype=NamedNode(XSD + ("decimal" if "." in digits else "integer")))
        return context.rng.choice(wordings).format(n=digits), Filter(Y, comparison, number)
    parts = context.rng.choice(list(prop.values.values())).value.split("-")[
        : context.rng.choice((1, 1, 1, 2, 3))
    ]
    words = context.rng.choice(wordings).format(n=spoken_date(context, parts))
    if len(parts) == _DAY:
        words = words.replace(" in ", " on ")
    value = dated_value("-".join(parts), "date", comparison)
    assert value is not None
    return words, Filter(Y, comparison, value)


def condition_question(context: Context, kinds: str, *conditions: str) -> str:
    """Return the question which members meet one of several conditions, as clauses where they have a
    verb, or as they stand.
    """
    clauses = [each for words in conditions if (each := clause_of(words)) is not None]
    if len(clauses) == len(conditions) and " that " not in kinds and context.rng.random() < 0.5:
        return f"which {kinds} {context.rng.choice(('', '', 'either ') if len(clauses) > 1 else ('',))}{' or '.join(clauses)}"
    start = context.rng.choice(
        (
            "which {c} are {w}",
            "{c} {w}",
            "list the {c} {w}",
            "show {c} {w}",
            "how many {c} are {w}",
            "find all {c} {w}",
        )
    )
    if conditions[0].startswith(WITH_HAVE) or " that " in kinds:
        start = start.replace("are {w}", "{w}")
    either = context.rng.choice(("", "", "either ") if len(conditions) > 1 else ("",))
    return start.format(c=kinds, w=either + " or ".join(conditions))


def spoken_date(context: Context, parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    month = calendar.month_name[int(parts[1])]
    if len(parts) < _DAY:
        return f"{month} {parts[0]}"
    day = int(parts[2])
    return context.rng.choice((f"{day} {month} {parts[0]}", f"{month} {day}, {parts[0]}", "-".join(parts)))


def draw_group(context: Context, kind: str, *, whole: bool = True) -> Group:
    """Return members of a class: all, if that may be, or those that an adjective, a noun or a relation to
    something tells, or two of these.

    Without words where nothing tells them.
    """
    found = [
        (relation, predicate, each[1])
        for relation, predicate, edges in context.graph.edges
        if relation.source == kind
        for each in edges
    ]
    if not whole and not found:
        return Group("", ())
    chance = context.rng.random()
    if whole and (not found or chance < _WHOLE):
        plural = plural_of(kind)
        return Group(plural, class_edges(context, kind), kind)
    head = draw_head(context, kind) if chance > 1 - _HEADED else None
    if head is not None and context.rng.random() < _HEADED:
        return with_class_of_head(context, kind, head)
    relation, predicate, target = context.rng.choice(found)
    if head is not None and predicate == head.edges[0].predicate:
        return head
    edge = Edge(X, predicate, target)
    if head is not None:
        return related_group(context, relation, target, head.plural, head.singular, (*head.edges, edge))
    return related_group(
        context, relation, target, plural_of(kind), kind, with_class(context, relation, (edge,))
    )


def class_edges(context: Context, kind: str) -> tuple[Edge, ...]:
    return (Edge(X, RDF_TYPE, context.graph.class_of(kind)),) if context.graph.typed else ()


def draw_group_or_head(context: Context, kind: str) -> Group:
    """Return members of a class as `_group` does, more often those that a word alone tells."""
    head = draw_head(context, kind) if context.rng.random() < _HEADED else None
    return with_class_of_head(context, kind, head) if head is not None else draw_group(context, kind)


def with_class_of_head(context: Context, kind: str, head: Group) -> Group:
    """Return what a word for members tells; where that is a text, which others may have as well, with
    their class.
    """
    return (
        replace(head, edges=(*class_edges(context, kind), *head.edges))
        if isinstance(head.edges[0].object, Literal)
        else head
    )


def draw_head(context: Context, kind: str) -> Group | None:
    """Return members of a class as a word for them tells: spicy dishes, thrillers; None where the world
    has no such word.
    """
    texts = [
        each
        for each in context.graph.texts
        if each.definition.source == kind and each.definition.values and each.values
    ]
    called = [
        (predicate, target)
        for relation, predicate, edges in context.graph.edges
        if relation.source == kind
        for _, target in edges
        if context.graph.called.get(target) in ("adjective", "noun", "plural")
    ]
    if not texts and not called:
        return None
    plural = plural_of(kind)
    if called and (not texts or context.rng.random() < 0.6):
        predicate, target = context.rng.choice(called)
        name, edges = context.graph.names[target], (Edge(X, predicate, target),)
        if context.graph.called[target] == "adjective":
            return Group(f"{name} {plural}", edges, f"{name} {kind}", f"are {name}")
        several = name if context.graph.called[target] == "plural" else plural_of(name)
        return Group(
            several, edges, "" if context.graph.called[target] == "plural" else name, f"are {several}"
        )
    prop = context.rng.choice(texts)
    value = context.rng.choice(list(prop.values.values()))
    edges, word = (Edge(X, prop.predicate, value),), value.value
    if prop.definition.nouns and context.rng.random() < 0.6:
        return Group(plural_of(word), edges, word, f"are {plural_of(word)}")
    return Group(f"{word} {plural}", edges, f"{word} {kind}", f"are {word}")


def related_group(
    context: Context, relation: Relation, target: Node, plural: str, singular: str, edges: tuple[Edge, ...]
) -> Group:
    """Return members of a class that have a relation to something, which stands behind the words for
    them.
    """
    kinds, noun = plural_of(relation.source), noun_of(context, relation)
    asked = f"which {kinds} "
    clauses = [each.removeprefix(asked) for each in relation.backward if each.startswith(asked)]
    told = [each for each in clauses if not each.startswith(("does ", "did "))]
    wordings = [f"{{c}} that {each}" for each in told]
    wordings += [
        f"{{c}} that {{e}} {of_one(each.removeprefix('does {e} '))}"
        for each in clauses
        if each.startswith("does {e} ")
    ]
    wordings += [
        "{c} " + each.removeprefix(f"{kinds} ") for each in relation.backward if each.startswith(f"{kinds} ")
    ]
    short = [f"{{c}} with {noun} {{e}}", f"{{c}} whose {noun} is {{e}}"]
    if (
        relation.target not in PEOPLE
        and len(relations_between(context, relation.source, relation.target)) == 1
    ):
        short += ["{c} of {e}", "{c} in {e}"]
    words, name = context.rng.choice((*wordings, *short)), name_of(context, target)
    one = words.format(c=singular, e=name) if singular and words in short else ""
    clause = context.rng.choice(told or [f"have {noun} {{e}}"]).format(e=name)
    return Group(words.format(c=plural, e=name), edges, one, clause, plural)


def name_of(context: Context, node: Node) -> str:
    """Return a name as it stands in a sentence: things and kinds of things with an article, or by their
    plural, or as they are.
    """
    name, called = context.graph.names[node], context.graph.called.get(node)
    chance = context.rng.random()
    if called in ("thing", "noun") and chance < 0.4:
        return f"the {name}"
    return plural_of(name) if called == "noun" and chance < 0.65 else name


def count_example(context: Context, text: str, edges: tuple[Edge, ...]) -> Example:
    return Example(cased(context, text), Query(edges, columns=(Item(X, Aggregate.COUNT),)))


def make_example(context: Context, text: str, edges: tuple[Edge, ...], answer: Variable = X) -> Example:
    return Example(cased(context, text), Query(edges, columns=(Item(answer),)))


def draw_edge(context: Context) -> tuple[Relation, NamedNode, tuple[NamedNode, Node]]:
    relation, predicate, found = context.rng.choice([each for each in context.graph.edges if each[2]])
    return relation, predicate, context.rng.choice(found)


def noun_of(context: Context, relation: Relation) -> str:
    nouns = list(relation.nouns) or [
        name
        for name in relation.names
        if not name.endswith(
            (" by", " in", " at", " with", " to", " from", " on", " through", " around", " under")
        )
        and not name.startswith("has ")
    ]
    return context.rng.choice(nouns or [relation.target])


def say(context: Context, wordings: tuple[str, ...], node: Node) -> str:
    return context.rng.choice(wordings).format(e=name_of(context, node))


def cased(context: Context, text: str) -> str:
    text += context.rng.choice(("", "?", "?", " ?"))
    if context.rng.random() < 0.2:
        return text.lower()
    return text[:1].upper() + text[1:] if context.rng.random() < 0.5 else text


def paths_between(context: Context, source: str, target: str) -> list[tuple[Relation, ...]]:
    """Return the ways from one class to another over one relation or two."""
    relations = [each for each, _, _ in context.graph.edges]
    direct: list[tuple[Relation, ...]] = [(each,) for each in relations_between(context, source, target)]
    return direct + [
        (one, other)
        for one in relations
        for other in relations
        if (one.source, one.target, other.target) == (source, other.source, target)
    ]


def relations_between(context: Context, source: str, target: str) -> list[Relation]:
    return [each for each, _, _ in context.graph.edges if {each.source, each.target} == {source, target}]


def typed_relation(context: Context, relation: Relation, predicate: NamedNode) -> tuple[Edge, ...]:
    return (Edge(X, RDF_TYPE, context.graph.class_of(relation.source)), Edge(X, predicate, Y))


def verb_of(words: str) -> str:
    """Return what stands behind a name as what is said of it: with the most pages → has the most pages, born
    first → was born first.
    """
    first, _, rest = words.partition(" ")
    if first == "with":
        return f"has {rest}"
    if first.endswith("ing"):
        return f"{_SAID_OF_ONE.get(first) or first.removesuffix('ing') + 's'} {rest}"
    return f"was {words}"


def stands_behind(word: str) -> bool:
    """Return whether words for the most of something stand behind its name: with the most pages, born first,
    costing the most.
    """
    first = word.split(maxsplit=1)[0]
    return first in ("with", *_PARTICIPLES) or first.endswith("ing")


def clause_of(words: str) -> str | None:
    """Return a condition as a clause on several things: costing more than 5 → cost more than 5; None where it
    has no verb.
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
