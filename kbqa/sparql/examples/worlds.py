"""Invented graphs with questions about them, for training: many ways to say a relation, on schemas that differ every time.

A world is one of several domains with names by chance. A relation has several names, of which a world uses one, and wordings
from both ends; so a decoder learns to read a property by what it means and which way it points, and not by its spelling.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.sparql.examples.published import Example
from kbqa.sparql.profile import LABEL_PREDICATES
from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Filter, Having, Item, Query, Variable

_XSD = "http://www.w3.org/2001/XMLSchema#"
_X, _Y, _Z = Variable(0), Variable(1), Variable(2)


@dataclass(frozen=True)
class Relation:
    """A property between two classes: names it may have, questions from its subject (`{e}`), and from its object."""

    source: str
    target: str
    names: tuple[str, ...]
    nouns: tuple[str, ...]
    forward: tuple[str, ...]
    backward: tuple[str, ...]


@dataclass(frozen=True)
class Attribute:
    """A number or year of a class: names, the words for much and little of it, and its range."""

    source: str
    names: tuple[str, ...]
    most: tuple[str, ...]
    least: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]
    low: int
    high: int
    kind: str = "integer"


def read_domains() -> dict[str, tuple[tuple[Relation, ...], tuple[Attribute, ...]]]:
    """Return the domains: the relations and attributes of each."""
    stored = yaml.safe_load((Path(__file__).parent / "worlds.yaml").read_text(encoding="utf-8"))
    return {name: (tuple(map(_relation, each["relations"])), tuple(map(_attribute, each["attributes"]))) for name, each in stored.items()}


def _relation(stored: dict[str, Any]) -> Relation:
    texts = (tuple(stored.get(part, ())) for part in ("names", "nouns", "forward", "backward"))
    return Relation(stored["from"], stored["to"], *texts)


def _attribute(stored: dict[str, Any]) -> Attribute:
    names, most, least, more, less = (tuple(stored[part]) for part in ("names", "most", "least", "above", "below"))
    low, high = stored["range"]
    return Attribute(stored["of"], names, most, least, more, less, low, high, stored.get("datatype", "integer"))


DOMAINS = read_domains()

_SYLLABLES = [
    "an",
    "bel",
    "cor",
    "dan",
    "el",
    "far",
    "gor",
    "hal",
    "il",
    "jor",
    "kan",
    "lor",
    "mar",
    "nel",
    "or",
    "pel",
    "quin",
    "ros",
    "sal",
    "tor",
    "ul",
    "van",
    "wes",
    "yor",
    "zan",
    "bri",
    "cle",
    "dra",
    "fio",
    "gre",
    "lin",
    "mon",
    "per",
    "sta",
    "tri",
]
_WORDS = [
    "silver",
    "north",
    "golden",
    "quiet",
    "river",
    "stone",
    "winter",
    "crimson",
    "harbour",
    "velvet",
    "summer",
    "iron",
    "lantern",
    "meadow",
    "echo",
    "northern",
    "glass",
    "amber",
    "cedar",
    "falcon",
]


class World:
    """An invented graph, and questions about it."""

    def __init__(self, domain: str, seed: int) -> None:
        self.rng = random.Random(seed)
        relations, attributes = DOMAINS[domain]
        self.base = f"http://{self._word()}.example/"
        self.relations = [(each, self._iri(self.rng.choice(each.names))) for each in relations]
        self.attributes = [(each, self._iri(self.rng.choice(each.names))) for each in attributes]
        self.store = Store()
        self.classes = sorted({each.source for each in relations} | {each.target for each in relations})
        self.members: dict[str, list[NamedNode]] = {}
        self.names: dict[NamedNode, str] = {}
        typed = self.rng.random() < 0.85
        for kind in self.classes:
            self.members[kind] = [self._member(kind, typed) for _ in range(self.rng.randint(6, 30))]
        self.edges = [(relation, predicate, self._edges(relation, predicate)) for relation, predicate in self.relations]
        for attribute, predicate in self.attributes:
            for node in self.members[attribute.source]:
                if self.rng.random() < 0.9:
                    self.store.add(Quad(node, predicate, self._value(attribute)))
        self.typed = typed

    def examples(self, number: int) -> Iterator[Example]:
        """Yield questions, each kind in its turn."""
        makers = (
            self._nested,
            self._nested,
            self._one,
            self._one,
            self._one,
            self._two,
            self._two,
            self._count,
            self._superlative,
            self._compare,
            self._ask,
            self._both,
            self._most,
            self._without,
            self._aggregate,
        )
        for turn in range(number):
            example = makers[turn % len(makers)]()
            if example is not None:
                yield example

    def _one(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        if self.rng.random() < 0.5:
            return self._example(self._say(relation.forward, subject), (Edge(subject, predicate, _X),))
        text = self._say(relation.backward, target)
        return self._example(text, self._described(text, relation, (Edge(_X, predicate, target),)))

    def _nested(self) -> Example | None:
        """Where the author of E was born: a question from a subject, with a description in the place of its name."""
        relation, predicate, (subject, target) = self._edge()
        onward = [(each, name) for each, name, found in self.edges if any(edge[0] == target for edge in found)]
        if not onward:
            return None
        second, name = self.rng.choice(onward)
        described = self.rng.choice(("the {p} of {e}", "{e}'s {p}", "{e}'s {p}", "{e} 's {p}")).format(p=self._noun(relation), e=self.names[subject])
        text = self.rng.choice(second.forward).format(e=described)
        return self._example(text, (Edge(subject, predicate, _X), Edge(_X, name, _Y)), _Y)

    def _described(self, text: str, relation: Relation, edges: tuple[Edge, ...], variable: Variable = _X) -> tuple[Edge, ...]:
        """Add the class where the question names it and the graph has other subjects of the property."""
        others = [each for each, predicate in self.relations if each.source != relation.source and predicate == edges[0].predicate]
        return (*edges, Edge(variable, RDF_TYPE, self._class(relation.source))) if others and self.typed else edges

    def _two(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        onward = [(each, name, found) for each, name, found in self.edges if any(edge[0] == target for edge in found)]
        if onward and self.rng.random() < 0.5:
            second, name, _ = self.rng.choice(onward)
            noun = self._noun(second)
            text = self.rng.choice(
                (
                    "{q} of {p} of {e}",
                    "what is the {q} of the {p} of {e}",
                    "the {q} of {e}'s {p}",
                    "what is the {q} of {e}'s {p}",
                )
            )
            return self._example(
                text.format(q=noun, p=self._noun(relation), e=self.names[subject]), (Edge(subject, predicate, _X), Edge(_X, name, _Y)), _Y
            )
        others = [
            (each, name)
            for each, name, found in self.edges
            if each.source == relation.source and name != predicate and any(edge[0] == subject for edge in found)
        ]
        if not others:
            return None
        second, name = self.rng.choice(others)
        text = self.rng.choice(
            (
                "what is the {q} of the {c} with {p} {e}",
                "{q} of the {c} with {p} {e}",
                "what is the {q} of {c} whose {p} is {e}",
                "show the {q} of the {c} with the {p} {e}",
            )
        )
        shown = text.format(q=self._noun(second), c=relation.source, p=self._noun(relation), e=self.names[target])
        return self._example(shown, (Edge(_X, predicate, target), Edge(_X, name, _Y)), _Y)

    def _count(self) -> Example | None:
        relation, predicate, (_, target) = self._edge()
        if self.rng.random() < 0.25 and self.typed:
            kind = self.rng.choice(self.classes)
            text = self.rng.choice(("how many {c} are there", "number of {c}", "count the {c}")).format(c=_plural(kind))
            return self._counted(text, (Edge(_X, RDF_TYPE, self._class(kind)),))
        wordings = [each for each in relation.backward if each.startswith(("which ", "who "))]
        if not wordings:
            return None
        text = self._say(tuple(wordings), target)
        what = f"how many {text[6:]}" if text.startswith("which ") else f"how many {_plural(relation.source)} {text[4:]}"
        return self._counted(what, self._described(text, relation, (Edge(_X, predicate, target),)))

    def _superlative(self) -> Example | None:
        if not self.typed:
            return None
        attribute, predicate = self.rng.choice(self.attributes)
        descending = self.rng.random() < 0.6
        word = self.rng.choice(attribute.most if descending else attribute.least)
        kind, plural = attribute.source, _plural(attribute.source)
        number = self.rng.choice((1, 1, 1, 3))
        if word.startswith(("with ", "born ")):
            text = self.rng.choice(("which {c} is the one {w}", "the {c} {w}", "which is the {c} {w}", "{c} {w}")).format(c=kind, w=word)
            number = 1
        elif number == 1:
            text = self.rng.choice(("what is the {w} {c}", "which {c} is the {w}", "the {w} {c}", "find the {w} {c}", "which is the {w} {c}")).format(
                c=kind, w=word
            )
        else:
            text = self.rng.choice(("what are the three {w} {c}", "the 3 {w} {c}", "top 3 {w} {c}")).format(c=plural, w=word)
        edges = (Edge(_X, RDF_TYPE, self._class(kind)), Edge(_X, predicate, _Y))
        return Example(self._cased(text), Query(edges, columns=(Item(_X),), order=Item(_Y), descending=descending, limit=number))

    def _compare(self) -> Example | None:
        if not self.typed:
            return None
        attribute, predicate = self.rng.choice(self.attributes)
        above = self.rng.random() < 0.5
        value = self._number(attribute)
        words = self.rng.choice(attribute.more if above else attribute.less).format(n=value)
        start = self.rng.choice(("which {c} are {w}", "{c} {w}", "list the {c} {w}", "show {c} {w}", "how many {c} are {w}")).replace(
            "are {w}", "{w}" if words.startswith(("with", "costing", "earning", "that")) and self.rng.random() < 0.5 else "are {w}"
        )
        text = start.format(c=_plural(attribute.source), w=words)
        number = Literal(value, datatype=NamedNode(_XSD + ("decimal" if "." in value else "integer")))
        edges = (Edge(_X, RDF_TYPE, self._class(attribute.source)), Edge(_X, predicate, _Y))
        condition = (Filter(_Y, Comparison.GREATER if above else Comparison.LESS, number),)
        columns = (Item(_X, Aggregate.COUNT),) if text.startswith("how many") else (Item(_X),)
        return Example(self._cased(text), Query(edges, condition, columns=columns))

    def _ask(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        answer = target if self.rng.random() < 0.5 else self.rng.choice(self.members[relation.target])
        text = self.rng.choice(("is {f} the {p} of {e}", "is {e}'s {p} {f}", "does {e} have the {p} {f}", "is the {p} of {e} {f}"))
        shown = text.format(f=self.names[answer], e=self.names[subject], p=self._noun(relation))
        return Example(self._cased(shown), Query((Edge(subject, predicate, answer),)))

    def _both(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        others = [
            (each, name, edge[1])
            for each, name, found in self.edges
            if each.source == relation.source
            for edge in found
            if edge[0] == subject and edge != (subject, target)
        ]
        if not others:
            return None
        second, name, other = self.rng.choice(others)
        first_text, second_text = self._say(relation.backward, target), self._say(second.backward, other)
        if first_text.startswith(f"which {_plural(relation.source)} ") and second_text.startswith(f"which {_plural(relation.source)} "):
            text = f"{first_text} and {second_text.removeprefix(f'which {_plural(relation.source)} ')}"
        else:
            text = f"which {_plural(relation.source)} have {self._noun(relation)} {self.names[target]} and {self._noun(second)} {self.names[other]}"
        return self._example(text, (Edge(_X, predicate, target), Edge(_X, name, other)))

    def _most(self) -> Example | None:
        relation, predicate, _ = self._edge()
        descending = self.rng.random() < 0.8
        text = self.rng.choice(("which {t} has the {m} {c}", "{t} with the {m} {c}", "what {t} has the {m} {c}", "which {t} has {m} {c}"))
        shown = text.format(t=relation.target, m="most" if descending else "fewest", c=_plural(relation.source))
        counted = Item(_X, Aggregate.COUNT)
        if self.rng.random() < 0.25:
            number = Literal("2", datatype=NamedNode(f"{_XSD}integer"))
            shown = self.rng.choice(("which {t} have more than 2 {c}", "{t} with more than two {c}")).format(
                t=_plural(relation.target), c=_plural(relation.source)
            )
            return Example(
                self._cased(shown), Query(self._started(relation, predicate), columns=(Item(_Y),), having=Having(counted, Comparison.GREATER, number))
            )
        return Example(
            self._cased(shown), Query(self._started(relation, predicate), columns=(Item(_Y),), order=counted, descending=descending, limit=1)
        )

    def _started(self, relation: Relation, predicate: NamedNode) -> tuple[Edge, ...]:
        return (Edge(_X, RDF_TYPE, self._class(relation.source)), Edge(_X, predicate, _Y))

    def _without(self) -> Example | None:
        if not self.typed:
            return None
        relation, predicate, (_, target) = self._edge()
        members = Edge(_X, RDF_TYPE, self._class(relation.source))
        kinds = _plural(relation.source)
        if self.rng.random() < 0.5:
            text = self.rng.choice(("which {c} have no {p}", "{c} without a {p}", "{c} that have no {p}")).format(c=kinds, p=self._noun(relation))
            group = (Edge(_X, predicate, _Y),)
        else:
            text = self.rng.choice(("which {c} do not have the {p} {e}", "{c} whose {p} is not {e}")).format(
                c=kinds, p=self._noun(relation), e=self.names[target]
            )
            group = (Edge(_X, predicate, target),)
        return Example(self._cased(text), Query((members,), negations=(group,), columns=(Item(_X),)))

    def _aggregate(self) -> Example | None:
        if not self.typed:
            return None
        attribute, predicate = self.rng.choice(self.attributes)
        words, aggregate = self.rng.choice(
            (("average", Aggregate.AVG), ("mean", Aggregate.AVG), ("total", Aggregate.SUM), ("highest", Aggregate.MAX), ("lowest", Aggregate.MIN))
        )
        text = self.rng.choice(("what is the {w} {p} of the {c}", "{w} {p} of all {c}", "{w} {p} of {c}")).format(
            w=words, p=self.rng.choice(attribute.names), c=_plural(attribute.source)
        )
        edges = (Edge(_X, RDF_TYPE, self._class(attribute.source)), Edge(_X, predicate, _Y))
        return Example(self._cased(text), Query(edges, columns=(Item(_Y, aggregate),)))

    def _counted(self, text: str, edges: tuple[Edge, ...]) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(_X, Aggregate.COUNT),)))

    def _example(self, text: str, edges: tuple[Edge, ...], answer: Variable = _X) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(answer),)))

    def _edge(self) -> tuple[Relation, NamedNode, tuple[NamedNode, NamedNode]]:
        relation, predicate, found = self.rng.choice([each for each in self.edges if each[2]])
        return relation, predicate, self.rng.choice(found)

    def _noun(self, relation: Relation) -> str:
        nouns = list(relation.nouns) or [
            name
            for name in relation.names
            if not name.endswith((" by", " in", " at", " with", " to", " from", " on", " through", " around", " under"))
            and not name.startswith("has ")
        ]
        return self.rng.choice(nouns or [relation.target])

    def _say(self, wordings: tuple[str, ...], node: NamedNode) -> str:
        return self.rng.choice(wordings).format(e=self.names[node])

    def _cased(self, text: str) -> str:
        text += self.rng.choice(("", "?", "?", " ?"))
        if self.rng.random() < 0.2:
            return text.lower()
        return text[:1].upper() + text[1:] if self.rng.random() < 0.5 else text

    def _edges(self, relation: Relation, predicate: NamedNode) -> list[tuple[NamedNode, NamedNode]]:
        found = []
        popular = self.rng.sample(self.members[relation.target], max(1, len(self.members[relation.target]) // 2))
        for subject in self.members[relation.source]:
            for target in self.rng.sample(popular, min(len(popular), self.rng.choice((0, 1, 1, 1, 2)))):
                if target != subject:
                    self.store.add(Quad(subject, predicate, target))
                    found.append((subject, target))
        return found

    def _member(self, kind: str, typed: bool) -> NamedNode:
        name = self._name(kind)
        node = NamedNode(f"{self.base}{kind}/{len(self.names)}")
        self.names[node] = name
        self.store.add(Quad(node, LABEL_PREDICATES[0], Literal(name)))
        if typed:
            self.store.add(Quad(node, RDF_TYPE, self._class(kind)))
        return node

    def _name(self, kind: str) -> str:
        if kind in ("human", "person", "doctor", "patient", "cook", "singer"):
            return f"{self._word().title()} {self._word().title()}"
        if kind in ("function", "class", "module", "library", "package"):
            return self.rng.choice((f"{self._word()}_{self._word()}", f"{self._word().title()}{self._word().title()}", self._word()))
        if kind in ("book", "song", "album", "dish", "mission"):
            return " ".join(self.rng.sample(_WORDS, self.rng.randint(1, 3))).title()
        return self._word().title() if self.rng.random() < 0.7 else f"{self.rng.choice(_WORDS).title()} {self._word().title()}"

    def _word(self) -> str:
        return "".join(self.rng.sample(_SYLLABLES, self.rng.randint(2, 3)))

    def _class(self, kind: str) -> NamedNode:
        return NamedNode(f"{self.base}{kind.title()}")

    def _iri(self, name: str) -> NamedNode:
        first, *others = name.split()
        return NamedNode(f"{self.base}{first}{''.join(map(str.title, others))}")

    def _number(self, attribute: Attribute) -> str:
        if attribute.kind == "decimal":
            return f"{self.rng.uniform(attribute.low, attribute.high):.1f}"
        return str(self.rng.randint(attribute.low, attribute.high))

    def _value(self, attribute: Attribute) -> Literal:
        return Literal(self._number(attribute), datatype=NamedNode(_XSD + attribute.kind))


def _plural(text: str) -> str:
    if text in ("person", "human"):
        return "people"
    if text.endswith(("ss", "ch", "sh")):
        return f"{text}es"
    return f"{text[:-1]}ies" if text.endswith("y") and text[-2] not in "aeiou" else f"{text}s"
