"""Words for what is in an invented graph, and the parts that questions about it are made of."""

import calendar
import random
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.dates import dated_value
from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Filter, Item, Query, Variable
from kbqa.sparql.suggestions.inflection import of_one, plural_of
from training.sparql.published import Example
from training.synthetic.domains import PEOPLE, Attribute, Relation
from training.synthetic.worlds import XSD, Kept, Node, World

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
class Group:
    """Members of a class, X: in words (plural, and singular where that is as easily said), as edges; a clause
    on them, and the words before it.
    """

    plural: str
    edges: tuple[Edge, ...]
    singular: str = ""
    clause: str = ""
    head: str = ""


class WorldWords:
    """What questions are made of; each is of X, and of what is introduced after it."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng

    def _described(self, relation: Relation, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """Add the class where the question names it and members of others may be described alike: by the same
        property, or by a text.
        """
        others = [
            each
            for each, predicate, _ in self.world.edges
            if each.source != relation.source and predicate == edges[0].predicate
        ]
        return (
            (*edges, *self._typed(relation.source))
            if others or isinstance(edges[0].object, Literal)
            else edges
        )

    def _owned(self, relation: Relation, described: str) -> str:
        """Return what a relation leads to from a description, as another: an "of" in it would leave open
        whose an 's is.
        """
        wordings = (
            ("the {p} of {e}",)
            if described.startswith("the ")
            else ("the {p} of {e}", "{e}'s {p}", "{e}'s {p}", "{e} 's {p}")
        )
        return self.rng.choice(wordings).format(p=self._noun(relation), e=described)

    def _condition(self, kept: Kept[Attribute]) -> tuple[str, Filter]:
        """Return a condition on an attribute in words, and as a filter of Y."""
        comparison = self.rng.choice((Comparison.GREATER, Comparison.LESS))
        if kept.datatype == "date" and self.rng.random() < _WITHIN:
            comparison = Comparison.EQUAL
        wordings = {
            Comparison.GREATER: kept.what.more,
            Comparison.LESS: kept.what.less,
            Comparison.EQUAL: kept.what.within,
        }[comparison]
        if kept.datatype != "date":
            digits = self.world.number(kept.what)
            number = Literal(digits, datatype=NamedNode(XSD + ("decimal" if "." in digits else "integer")))
            return self.rng.choice(wordings).format(n=digits), Filter(Y, comparison, number)
        parts = self.rng.choice(list(kept.values.values())).value.split("-")[
            : self.rng.choice((1, 1, 1, 2, 3))
        ]
        words = self.rng.choice(wordings).format(n=self._said_date(parts))
        if len(parts) == _DAY:
            words = words.replace(" in ", " on ")
        value = dated_value("-".join(parts), "date", comparison)
        assert value is not None
        return words, Filter(Y, comparison, value)

    def _conditions(self, kinds: str, *conditions: str) -> str:
        """Return the question which members meet one of several conditions, as clauses where they have a
        verb, or as they stand.
        """
        clauses = [each for words in conditions if (each := clause_of(words)) is not None]
        if len(clauses) == len(conditions) and " that " not in kinds and self.rng.random() < 0.5:
            return f"which {kinds} {self.rng.choice(('', '', 'either ') if len(clauses) > 1 else ('',))}{' or '.join(clauses)}"
        start = self.rng.choice(
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
        either = self.rng.choice(("", "", "either ") if len(conditions) > 1 else ("",))
        return start.format(c=kinds, w=either + " or ".join(conditions))

    def _said_date(self, parts: list[str]) -> str:
        if len(parts) == 1:
            return parts[0]
        month = calendar.month_name[int(parts[1])]
        if len(parts) < _DAY:
            return f"{month} {parts[0]}"
        day = int(parts[2])
        return self.rng.choice((f"{day} {month} {parts[0]}", f"{month} {day}, {parts[0]}", "-".join(parts)))

    def _group(self, kind: str, *, whole: bool = True) -> Group:
        """Return members of a class: all, if that may be, or those that an adjective, a noun or a relation to
        something tells, or two of these.

        Without words where nothing tells them.
        """
        found = [
            (relation, predicate, each[1])
            for relation, predicate, edges in self.world.edges
            if relation.source == kind
            for each in edges
        ]
        if not whole and not found:
            return Group("", ())
        chance = self.rng.random()
        if whole and (not found or chance < _WHOLE):
            plural = plural_of(kind)
            return Group(plural, self._typed(kind), kind)
        head = self._head(kind) if chance > 1 - _HEADED else None
        if head is not None and self.rng.random() < _HEADED:
            return self._typed_head(kind, head)
        relation, predicate, target = self.rng.choice(found)
        if head is not None and predicate == head.edges[0].predicate:
            return head
        edge = Edge(X, predicate, target)
        if head is not None:
            return self._told(relation, target, head.plural, head.singular, (*head.edges, edge))
        return self._told(relation, target, plural_of(kind), kind, self._described(relation, (edge,)))

    def _typed(self, kind: str) -> tuple[Edge, ...]:
        return (Edge(X, RDF_TYPE, self.world.class_of(kind)),) if self.world.typed else ()

    def _group_or_head(self, kind: str) -> Group:
        """Return members of a class as `_group` does, more often those that a word alone tells."""
        head = self._head(kind) if self.rng.random() < _HEADED else None
        return self._typed_head(kind, head) if head is not None else self._group(kind)

    def _typed_head(self, kind: str, head: Group) -> Group:
        """Return what a word for members tells; where that is a text, which others may have as well, with
        their class.
        """
        return (
            replace(head, edges=(*self._typed(kind), *head.edges))
            if isinstance(head.edges[0].object, Literal)
            else head
        )

    def _head(self, kind: str) -> Group | None:
        """Return members of a class as a word for them tells: spicy dishes, thrillers; None where the world
        has no such word.
        """
        texts = [
            each for each in self.world.texts if each.what.source == kind and each.what.values and each.values
        ]
        called = [
            (predicate, target)
            for relation, predicate, edges in self.world.edges
            if relation.source == kind
            for _, target in edges
            if self.world.called.get(target) in ("adjective", "noun", "plural")
        ]
        if not texts and not called:
            return None
        plural = plural_of(kind)
        if called and (not texts or self.rng.random() < 0.6):
            predicate, target = self.rng.choice(called)
            name, edges = self.world.names[target], (Edge(X, predicate, target),)
            if self.world.called[target] == "adjective":
                return Group(f"{name} {plural}", edges, f"{name} {kind}", f"are {name}")
            several = name if self.world.called[target] == "plural" else plural_of(name)
            return Group(
                several, edges, "" if self.world.called[target] == "plural" else name, f"are {several}"
            )
        kept = self.rng.choice(texts)
        value = self.rng.choice(list(kept.values.values()))
        edges, word = (Edge(X, kept.predicate, value),), value.value
        if kept.what.nouns and self.rng.random() < 0.6:
            return Group(plural_of(word), edges, word, f"are {plural_of(word)}")
        return Group(f"{word} {plural}", edges, f"{word} {kind}", f"are {word}")

    def _told(
        self, relation: Relation, target: Node, plural: str, singular: str, edges: tuple[Edge, ...]
    ) -> Group:
        """Return members of a class that have a relation to something, which stands behind the words for
        them.
        """
        kinds, noun = plural_of(relation.source), self._noun(relation)
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
            "{c} " + each.removeprefix(f"{kinds} ")
            for each in relation.backward
            if each.startswith(f"{kinds} ")
        ]
        short = [f"{{c}} with {noun} {{e}}", f"{{c}} whose {noun} is {{e}}"]
        if relation.target not in PEOPLE and len(self._between(relation.source, relation.target)) == 1:
            short += ["{c} of {e}", "{c} in {e}"]
        words, name = self.rng.choice((*wordings, *short)), self._called(target)
        one = words.format(c=singular, e=name) if singular and words in short else ""
        clause = self.rng.choice(told or [f"have {noun} {{e}}"]).format(e=name)
        return Group(words.format(c=plural, e=name), edges, one, clause, plural)

    def _called(self, node: Node) -> str:
        """Return a name as it stands in a sentence: things and kinds of things with an article, or by their
        plural, or as they are.
        """
        name, called = self.world.names[node], self.world.called.get(node)
        chance = self.rng.random()
        if called in ("thing", "noun") and chance < 0.4:
            return f"the {name}"
        return plural_of(name) if called == "noun" and chance < 0.65 else name

    def _counted(self, text: str, edges: tuple[Edge, ...]) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(X, Aggregate.COUNT),)))

    def _example(self, text: str, edges: tuple[Edge, ...], answer: Variable = X) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(answer),)))

    def _edge(self) -> tuple[Relation, NamedNode, tuple[NamedNode, Node]]:
        relation, predicate, found = self.rng.choice([each for each in self.world.edges if each[2]])
        return relation, predicate, self.rng.choice(found)

    def _noun(self, relation: Relation) -> str:
        nouns = list(relation.nouns) or [
            name
            for name in relation.names
            if not name.endswith(
                (" by", " in", " at", " with", " to", " from", " on", " through", " around", " under")
            )
            and not name.startswith("has ")
        ]
        return self.rng.choice(nouns or [relation.target])

    def _say(self, wordings: tuple[str, ...], node: Node) -> str:
        return self.rng.choice(wordings).format(e=self._called(node))

    def _cased(self, text: str) -> str:
        text += self.rng.choice(("", "?", "?", " ?"))
        if self.rng.random() < 0.2:
            return text.lower()
        return text[:1].upper() + text[1:] if self.rng.random() < 0.5 else text

    def _ways(self, source: str, target: str) -> list[tuple[Relation, ...]]:
        """Return the ways from one class to another over one relation or two."""
        relations = [each for each, _, _ in self.world.edges]
        direct: list[tuple[Relation, ...]] = [(each,) for each in self._between(source, target)]
        return direct + [
            (one, other)
            for one in relations
            for other in relations
            if (one.source, one.target, other.target) == (source, other.source, target)
        ]

    def _between(self, source: str, target: str) -> list[Relation]:
        return [each for each, _, _ in self.world.edges if {each.source, each.target} == {source, target}]

    def _started(self, relation: Relation, predicate: NamedNode) -> tuple[Edge, ...]:
        return (Edge(X, RDF_TYPE, self.world.class_of(relation.source)), Edge(X, predicate, Y))


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
