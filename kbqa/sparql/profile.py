"""The vocabulary of a graph: predicates and classes with names and counts, and which predicates label."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from pyoxigraph import NamedNode

from kbqa.linking.words import CAMEL, fold, stem

LABEL_PREDICATES = tuple(
    NamedNode(iri)
    for iri in (
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2004/02/skos/core#prefLabel",
        "http://www.w3.org/2004/02/skos/core#altLabel",
        "http://schema.org/name",
        "https://schema.org/name",
        "http://xmlns.com/foaf/0.1/name",
        "http://purl.org/dc/terms/title",
        "http://purl.org/dc/elements/1.1/title",
        "http://www.w3.org/2006/vcard/ns#fn",
    )
)
"""Labels wherever they occur, the best first."""
DESCRIPTION_PREDICATES = tuple(
    NamedNode(iri)
    for iri in (
        "http://www.w3.org/2000/01/rdf-schema#comment",
        "http://schema.org/description",
        "http://purl.org/dc/terms/description",
    )
)
SCHEMA_NAMESPACES = (
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
)
"""What begins the IRIs of the languages in which graphs and ontologies are written."""
_WORD = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")
NUMERIC = frozenset(
    (
        "integer", "decimal", "double", "float", "int", "long", "short", "byte", "nonNegativeInteger",
        "positiveInteger",
    )
)  # fmt: skip
"""The local names of the datatypes of numbers."""
_ENTITY_WORD = re.compile(rf"(?<![^\W_])[^\W\d_]\d+(?!\d)|{_WORD.pattern}")
_CODE = re.compile(
    r"""[^\W\d_]{1,2}[-_]?\d{2,} | (?-i:[a-z])\d | \d{5,} | [^\W\d_] # Q42, n123, p1, 90210, c
    | (?:[^\W\d_]+[-_.])?(?=[a-f-]*\d)[\da-f]{4,}(?:-?[\da-f]{4,})+   # hexadecimal hashes, UUIDs
    | (?=.{10})[^\W_]*(?:\d+[^\W\d_]+){3,}\d*                         # 1aB3dE5fG9
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Local names that say nothing to anybody."""
_FILE = re.compile(
    r"\.(?:[jt]pe?g|png|gif|svg|webp|html?|php|pdf|xml|json|csv|ttl|rdf|owl|zip|gz)$", re.IGNORECASE
)
_SHORT_WORD, _MOST_JOINED = 2, 3


@dataclass(frozen=True)
class PredicateProfile:
    """A predicate: its name and count, the classes of its subjects, the class or datatype of its objects.

    `unit` is what its name, or its values, say that they are measured in. Values that are `numerals` are
    texts, but numbers.
    """

    predicate: NamedNode
    text: str
    count: int = 0
    domains: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    unit: str = ""
    numerals: bool = False


@dataclass(frozen=True)
class ClassProfile:
    """A class: its name, and how many members it has.

    The members of its subclasses are its own, but the graph does not say so of each, where it is `above`.
    """

    iri: NamedNode
    text: str
    count: int = 0
    above: bool = False


@dataclass(frozen=True)
class Naming:
    """Which properties name things, found out where none is given; and the languages of names, best first."""

    predicates: tuple[NamedNode, ...] = ()
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True)
class Profile:
    """A graph's vocabulary.

    What names things (labels, descriptions) and what types them is no relation to be asked for. What the
    graph says of its own words is asked for in words of its own: `schema`, and the classes of classes.
    """

    predicates: tuple[PredicateProfile, ...] = ()
    classes: tuple[ClassProfile, ...] = ()
    labels: tuple[NamedNode, ...] = ()
    triples: int = 0
    languages: tuple[str, ...] = ("en",)
    schema: tuple[PredicateProfile, ...] = ()
    schema_classes: tuple[ClassProfile, ...] = ()

    @cached_property
    def every_text(self) -> dict[NamedNode, str]:
        """As `texts`, with those of the schema."""
        return {known.predicate: known.text for known in self.schema} | self.texts

    @cached_property
    def texts(self) -> dict[NamedNode, str]:
        """The text of each predicate and class."""
        texts = {predicate.predicate: predicate.text for predicate in self.predicates}
        return texts | {graph_class.iri: graph_class.text for graph_class in self.classes}

    @cached_property
    def known(self) -> dict[NamedNode, PredicateProfile]:
        """Each predicate by its IRI."""
        return {known.predicate: known for known in self.predicates}

    @cached_property
    def units(self) -> dict[NamedNode, str]:
        """The unit of each predicate whose name tells one."""
        return {predicate.predicate: predicate.unit for predicate in self.predicates if predicate.unit}

    @cached_property
    def numerals(self) -> frozenset[NamedNode]:
        """The predicates that lead to texts which are numbers."""
        return frozenset(known.predicate for known in self.predicates if known.numerals)

    @cached_property
    def classes_above(self) -> frozenset[NamedNode]:
        """The classes that have the members of their subclasses, which the graph does not say."""
        return frozenset(known.iri for known in self.classes if known.above)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the words that predicates and classes are called by."""
        return frozenset(stem(word) for text in self.texts.values() for word in fold(text).split())

    @cached_property
    def class_stems(self) -> tuple[tuple[str, ...], ...]:
        """The stems of the words of each class, the longest name first."""
        stems = {tuple(map(stem, fold(known.text).split())) for known in self.classes}
        return tuple(sorted(stems, key=lambda of_class: (-len(of_class), of_class)))

    @cached_property
    def measures(self) -> dict[str, tuple[str, ...]]:
        """The stems of the words of each property that leads to numbers, by its text."""
        return {
            known.text: tuple(map(stem, fold(known.text).split()))
            for known in self.predicates
            if not NUMERIC.isdisjoint(known.ranges)
        }

    @cached_property
    def measure_stems(self) -> frozenset[str]:
        """The stems of the words of the properties that lead to numbers, but for those of classes."""
        of_classes = {part for parts in self.class_stems for part in parts}
        return frozenset(part for parts in self.measures.values() for part in parts) - of_classes

    @cached_property
    def names(self) -> tuple[NamedNode, ...]:
        """The predicates."""
        return tuple(predicate.predicate for predicate in self.predicates)

    def as_json(self) -> dict[str, Any]:
        """The profile for storage as JSON."""
        return {
            "predicates": list(map(_predicate_json, self.predicates)),
            "classes": list(map(_class_json, self.classes)),
            "schema": list(map(_predicate_json, self.schema)),
            "schema_classes": list(map(_class_json, self.schema_classes)),
            "labels": [label.value for label in self.labels],
            "triples": self.triples,
            "languages": self.languages,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Profile":
        """The profile that was stored."""
        labels = tuple(map(NamedNode, stored["labels"]))
        languages = tuple(stored.get("languages", cls.languages))
        return cls(
            tuple(map(_predicate_from, stored["predicates"])),
            tuple(map(_class_from, stored["classes"])),
            labels,
            stored["triples"],
            languages,
            tuple(map(_predicate_from, stored.get("schema", ()))),
            tuple(map(_class_from, stored.get("schema_classes", ()))),
        )


def _predicate_json(known: PredicateProfile) -> list[Any]:
    ends = (known.domains, known.ranges)
    return [known.predicate.value, known.text, known.count, *ends, known.unit, known.numerals]


def _predicate_from(stored: Sequence[Any]) -> PredicateProfile:
    iri, text, count, domains, ranges, *measure = stored
    return PredicateProfile(NamedNode(iri), text, count, tuple(domains), tuple(ranges), *measure)


def _class_json(known: ClassProfile) -> list[Any]:
    return [known.iri.value, known.text, known.count, *([True] if known.above else [])]


def _class_from(stored: Sequence[Any]) -> ClassProfile:
    iri, text, count, *above = stored
    return ClassProfile(NamedNode(iri), text, count, *above)


def entity_text(iri: str) -> str:
    """The name that an IRI gives a thing: `http://x.org/Tim_O'Hara` says "Tim O'Hara"."""
    local = _last_part(iri)
    return local if _says_nothing(local) else " ".join(_entity_words(local)) or local


def names_said(iri: str) -> tuple[str, ...]:
    """The names by which questions may find a thing that has no label, as its IRI says them.

    None where the IRI ends in a code or in the name of a file. Of short words it is also said as one.

    >>> names_said("http://x.org/NapaRegion"), names_said("http://x.org/Gen1"), names_said("http://x.org/Q42")
    (('Napa Region',), ('Gen 1', 'Gen1'), ())
    """
    local = _last_part(iri).strip()
    if _says_nothing(local):
        return ()
    words = _entity_words(local)
    is_one = 1 < len(words) <= _MOST_JOINED and local.isalnum()
    is_short = is_one and min(map(len, words)) <= _SHORT_WORD
    return (" ".join(words) or local, *((local,) if is_short else ()))


def _says_nothing(local: str) -> bool:
    return not any(map(str.isalnum, local)) or bool(_CODE.fullmatch(local) or _FILE.search(local))


def _entity_words(local: str) -> list[str]:
    """The words of a thing's local name; between underscores, a short word is part of the next: McDonald."""
    if "_" not in local:
        return _ENTITY_WORD.findall(local)
    return [word for part in local.replace("_", " ").split() for word in _camel_words(part)]


def _camel_words(part: str) -> list[str]:
    words = CAMEL.split(part)
    return words if part.isalpha() and min(map(len, words)) > _SHORT_WORD else [part]


def local_text(iri: str) -> str:
    """The words of an IRI's last part: `http://x.org/ns#birthPlace` says "birth place"."""
    local = _last_part(iri)
    words = _WORD.findall(local)
    return " ".join(word.lower() if not word.isupper() or len(word) == 1 else word for word in words) or local


def _last_part(iri: str) -> str:
    return unquote(re.split(r"[/#:]", iri.rstrip("/#"))[-1]).rsplit("=", 1)[-1]
