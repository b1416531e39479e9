"""The vocabulary of a graph: predicates and classes with names and counts, and which predicates label."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from pyoxigraph import NamedNode

from kbqa.linking.words import fold, stem

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
_WORD = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")


@dataclass(frozen=True)
class PredicateProfile:
    """A predicate: its name and count, the classes of its subjects, the class or datatype of its objects."""

    predicate: NamedNode
    text: str
    count: int = 0
    domains: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassProfile:
    """A class: its name, and how many members it has."""

    iri: NamedNode
    text: str
    count: int = 0


@dataclass(frozen=True)
class Naming:
    """Which properties name things, found out where none is given; and the languages of names, best first."""

    predicates: tuple[NamedNode, ...] = ()
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True)
class Profile:
    """A graph's vocabulary.

    What names things (labels, descriptions) and what types them is no relation to be asked for.
    """

    predicates: tuple[PredicateProfile, ...] = ()
    classes: tuple[ClassProfile, ...] = ()
    labels: tuple[NamedNode, ...] = ()
    triples: int = 0
    languages: tuple[str, ...] = ("en",)

    @cached_property
    def texts(self) -> dict[NamedNode, str]:
        """The text of each predicate and class."""
        texts = {predicate.predicate: predicate.text for predicate in self.predicates}
        return texts | {graph_class.iri: graph_class.text for graph_class in self.classes}

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the words that predicates and classes are called by."""
        return frozenset(stem(word) for text in self.texts.values() for word in fold(text).split())

    @cached_property
    def names(self) -> tuple[NamedNode, ...]:
        """The predicates."""
        return tuple(predicate.predicate for predicate in self.predicates)

    def as_json(self) -> dict[str, Any]:
        """The profile for storage as JSON."""
        predicates = [
            [predicate.predicate.value, predicate.text, predicate.count, predicate.domains, predicate.ranges]
            for predicate in self.predicates
        ]
        classes = [[known.iri.value, known.text, known.count] for known in self.classes]
        return {
            "predicates": predicates,
            "classes": classes,
            "labels": [label.value for label in self.labels],
            "triples": self.triples,
            "languages": self.languages,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Profile":
        """The profile that was stored."""
        predicates = tuple(
            PredicateProfile(NamedNode(iri), text, count, tuple(domains), tuple(ranges))
            for iri, text, count, domains, ranges in stored["predicates"]
        )
        classes = tuple(ClassProfile(NamedNode(iri), text, count) for iri, text, count in stored["classes"])
        labels = tuple(map(NamedNode, stored["labels"]))
        languages = tuple(stored.get("languages", cls.languages))
        return cls(predicates, classes, labels, stored["triples"], languages)


def entity_text(iri: str) -> str:
    """The name that an IRI gives a thing: `http://x.org/Tim_O'Hara` says "Tim O'Hara"."""
    local = _last_part(iri)
    return " ".join(local.replace("_", " ").split() if "_" in local else _WORD.findall(local)) or local


def local_text(iri: str) -> str:
    """The words of an IRI's last part: `http://x.org/ns#birthPlace` says "birth place"."""
    local = _last_part(iri)
    words = _WORD.findall(local)
    return " ".join(word.lower() if not word.isupper() or len(word) == 1 else word for word in words) or local


def _last_part(iri: str) -> str:
    return unquote(re.split(r"[/#:]", iri.rstrip("/#"))[-1]).rsplit("=", 1)[-1]
