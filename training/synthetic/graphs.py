"""Synthetic graphs to ask about: schemas that differ every time, and many ways to say what is in them.

A graph is of one of several domains, with names by chance. A relation has several names, of which a graph
uses one, and questions from both ends; so a decoder learns to read a property by what it means and which way
it points, and not by its spelling. `questions.py` asks about it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.plurals import plural_of
from kbqa.sparql.profile import LABEL_PREDICATES
from kbqa.sparql.query import RDF_TYPE, Edge
from training.synthetic.domains import COMMON, DOMAINS, PEOPLE, Attribute, Flag, Relation, Text

XSD = "http://www.w3.org/2001/XMLSchema#"
Node = NamedNode | Literal
"""What a relation leads to: a member of a class or, where a graph keeps that class as texts, a text."""
Definition = TypeVar("Definition", Attribute, Text, Flag)
Part = TypeVar("Part", Relation, Attribute, Text, Flag)


@dataclass(frozen=True)
class Property(Generic[Definition]):
    """An attribute, a text or a flag as one graph keeps it: its property, its datatype, and who has what."""

    definition: Definition
    predicate: NamedNode
    name: str
    datatype: str
    values: dict[NamedNode, Literal]


class Facts(NamedTuple):
    """What a graph says by one relation: under which property, of which subjects with their objects."""

    relation: Relation
    predicate: NamedNode
    pairs: list[tuple[NamedNode, Node]]


_TYPED, _DATED = 0.85, 0.5
"""How often a graph says what its members are, and keeps years as dates."""
_HAS, _KNOWN, _TRUE = 0.9, 0.8, 0.4
"""Shares: of a class with an attribute; of a domain that a graph knows; of members whose flag is true."""
_MORE_NUMBERS, _MORE_TEXTS = (0, 1, 2, 2, 3), (0, 0, 1, 2)
"""How many numbers and texts of those that may be said of anything a graph knows of a class besides."""
_REAL, _AS_TEXTS, _PLURAL = 0.7, 0.25, 0.3
"""How often members have real names, are texts where nothing is said of them, are called by plurals."""

_SYLLABLES = [
    "an", "bel", "cor", "dan", "el", "far", "gor", "hal", "il", "jor", "kan", "lor", "mar", "nel", "or",
    "pel", "quin", "ros", "sal", "tor", "ul", "van", "wes", "yor", "zan", "bri", "cle", "dra", "fio", "gre",
    "lin", "mon", "per", "sta", "tri",
]  # fmt: skip
_WORDS = [
    "silver", "north", "golden", "quiet", "river", "stone", "winter", "crimson", "harbour", "velvet",
    "summer", "iron", "lantern", "meadow", "echo", "northern", "glass", "amber", "cedar", "falcon",
]  # fmt: skip


class SyntheticGraph:
    """A synthetic graph; with `as_texts`, of some classes that nothing is said of there are only texts."""

    def __init__(self, domain: str, seed: int, *, as_texts: bool = True) -> None:
        self._as_texts = _AS_TEXTS if as_texts else 0.0
        self.rng = random.Random(seed)
        chosen = self._domain = DOMAINS[domain]
        self.base = f"http://{self._word()}.example/"
        relations, attributes = self._some(chosen.relations), self._some(chosen.attributes)
        texts, flags = self._some(chosen.texts), self._some(chosen.flags)
        known = (*relations, *attributes, *texts, *flags)
        self.unknown = [part for part in chosen.parts if part not in known]
        self.store = Store()
        ends = {end for relation in chosen.relations for end in (relation.source, relation.target)}
        self.classes = sorted(ends)
        self.members: dict[str, list[NamedNode]] = {}
        self.objects: dict[str, Sequence[Node]] = {}
        self.names: dict[Node, str] = {}
        self.called: dict[Node, str] = {}
        """What members with real names are called: noun, adjective, plural or thing."""
        self.typed = self.rng.random() < _TYPED
        for kind in self.classes:
            self._populate(kind)
        more = self._more()
        attributes += [part for part in more if isinstance(part, Attribute)]
        texts += [part for part in more if isinstance(part, Text)]
        named = [(relation, self._iri(self.rng.choice(relation.names))) for relation in relations]
        self.facts = [
            Facts(relation, predicate, self._pairs(relation, predicate)) for relation, predicate in named
        ]
        self.attributes = [self._property(attribute) for attribute in attributes]
        self.texts = [self._property(text) for text in texts]
        self.flags = [self._property(flag) for flag in flags]

    def class_of(self, kind: str) -> NamedNode:
        """The IRI of a class."""
        return NamedNode(f"{self.base}{kind.title()}")

    def has(self, subject: NamedNode, predicate: NamedNode) -> bool:
        """Whether a subject has a property."""
        return any(self.store.quads_for_pattern(subject, predicate, None))

    def subjects(self, edge: Edge) -> list[NamedNode]:
        """What has an edge's property with its object."""
        quads = self.store.quads_for_pattern(None, edge.predicate, edge.object)  # type: ignore[arg-type]
        return [quad.subject for quad in quads if isinstance(quad.subject, NamedNode)]

    def number(self, attribute: Attribute) -> str:
        """A number by chance that an attribute may have."""
        if attribute.kind == "decimal":
            return f"{self.rng.uniform(attribute.low, attribute.high):.1f}"
        return str(self.rng.randint(attribute.low, attribute.high))

    def _some(self, known: Sequence[Part]) -> list[Part]:
        """Most of what a domain knows, two at least where it has as many."""
        drawn = [part for part in known if self.rng.random() < _KNOWN]
        return drawn if len(drawn) > 1 else list(known)

    def _more(self) -> list[Attribute | Text]:
        """Common parts for the classes that have parts of their own, without words that the domain uses."""
        more: list[Attribute | Text] = []
        for kind in sorted({part.source for part in self._domain.parts}):
            taken = {word for part in self._domain.parts if part.source == kind for word in _words_of(part)}
            wanted = {Attribute: self.rng.choice(_MORE_NUMBERS), Text: self.rng.choice(_MORE_TEXTS)}
            for common in self.rng.sample(COMMON, len(COMMON)):
                if wanted[type(common.part)] and common.fits(kind) and not taken & _words_of(common.part):
                    wanted[type(common.part)] -= 1
                    taken |= _words_of(common.part)
                    more.append(replace(common.part, source=kind))
        return more

    def _populate(self, kind: str) -> None:
        """Make the members of a class, by real or invented names, or texts in their place."""
        known = self._domain.members.get(kind)
        if known is None or self.rng.random() >= _REAL:
            self.objects[kind] = self.members[kind] = [
                self._member(kind, self._name(kind)) for _ in range(self.rng.randint(6, 30))
            ]
            return
        names = self.rng.sample(known.names, min(len(known.names), self.rng.randint(6, 12)))
        several = known.called == "noun" and self.rng.random() < _PLURAL
        if any(part.source == kind for part in self._domain.parts) or self.rng.random() >= self._as_texts:
            self.objects[kind] = self.members[kind] = [
                self._member(kind, plural_of(name) if several else name) for name in names
            ]
        else:
            self.members[kind] = []
            self.objects[kind] = [Literal(name) for name in names]
            self.names |= {node: node.value for node in self.objects[kind]}
        self.called |= dict.fromkeys(self.objects[kind], "plural" if several else known.called)

    def _property(self, definition: Definition) -> Property[Definition]:
        dated = isinstance(definition, Attribute) and bool(definition.dated) and self.rng.random() < _DATED
        name = self.rng.choice(
            definition.dated if isinstance(definition, Attribute) and dated else definition.names
        )
        datatype = "date" if dated else _datatype_of(definition)
        predicate = self._iri(name)
        values = {
            node: self._value(definition, datatype)
            for node in self.members.get(definition.source, ())
            if self.rng.random() < _HAS
        }
        for node, value in values.items():
            self.store.add(Quad(node, predicate, value))
        return Property(definition, predicate, name, datatype, values)

    def _value(self, definition: Attribute | Text | Flag, datatype: str) -> Literal:
        if isinstance(definition, Flag):
            return Literal(self.rng.random() < _TRUE)
        if isinstance(definition, Text):
            return Literal(self._text(definition))
        day = f"-{self.rng.randint(1, 12):02}-{self.rng.randint(1, 28):02}" if datatype == "date" else ""
        return Literal(self.number(definition) + day, datatype=NamedNode(XSD + datatype))

    def _text(self, definition: Text) -> str:
        if definition.values:
            return self.rng.choice(definition.values)
        return f"{self._word()}{self.rng.choice(('', '.example', '-7', '@mail'))}"

    def _pairs(self, relation: Relation, predicate: NamedNode) -> list[tuple[NamedNode, Node]]:
        """Subjects with what the relation leads to: half of what it may lead to, none to two each."""
        pairs: list[tuple[NamedNode, Node]] = []
        targets = self.objects[relation.target]
        popular = self.rng.sample(targets, max(1, len(targets) // 2))
        for subject in self.members[relation.source]:
            for target in self.rng.sample(popular, min(len(popular), self.rng.choice((0, 1, 1, 1, 2)))):
                if target != subject:
                    self.store.add(Quad(subject, predicate, target))
                    pairs.append((subject, target))
        return pairs

    def _member(self, kind: str, name: str) -> NamedNode:
        node = NamedNode(f"{self.base}{kind}/{len(self.names)}")
        self.names[node] = name
        self.store.add(Quad(node, LABEL_PREDICATES[0], Literal(name)))
        if self.typed:
            self.store.add(Quad(node, RDF_TYPE, self.class_of(kind)))
        return node

    def _name(self, kind: str) -> str:
        if kind in PEOPLE:
            return f"{self._word().title()} {self._word().title()}"
        if kind in ("function", "class", "module", "library", "package"):
            snake = f"{self._word()}_{self._word()}"
            camel = f"{self._word().title()}{self._word().title()}"
            return self.rng.choice((snake, camel, self._word()))
        if kind in ("book", "song", "album", "dish", "mission"):
            return " ".join(self.rng.sample(_WORDS, self.rng.randint(1, 3))).title()
        if self.rng.random() < 0.7:
            return self._word().title()
        return f"{self.rng.choice(_WORDS).title()} {self._word().title()}"

    def _word(self) -> str:
        return "".join(self.rng.sample(_SYLLABLES, self.rng.randint(2, 3)))

    def _iri(self, name: str) -> NamedNode:
        first, *rest = name.split()
        return NamedNode(f"{self.base}{first}{''.join(map(str.title, rest))}")


def _datatype_of(definition: Attribute | Text | Flag) -> str:
    if isinstance(definition, Attribute):
        return definition.kind
    return "string" if isinstance(definition, Text) else "boolean"


def _words_of(part: Relation | Attribute | Text | Flag) -> set[str]:
    """The names of a part, and what else tells that it is meant."""
    if isinstance(part, Attribute):
        return {*part.names, *part.dated, *part.most, *part.least}
    return {*part.names, *part.values} if isinstance(part, Text) else set(part.names)
