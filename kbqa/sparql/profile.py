"""What is in a graph: its predicates and classes with their texts, counts, domains and ranges, and where its
labels are.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode

from kbqa.linking.words import fold, stem
from kbqa.sparql.query import RDF_TYPE
from kbqa.sparql.stores.base import GraphStore

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
"""DerivationStep for names wherever they occur, the best first."""
DESCRIPTION_PREDICATES = tuple(
    NamedNode(iri)
    for iri in (
        "http://www.w3.org/2000/01/rdf-schema#comment",
        "http://schema.org/description",
        "http://purl.org/dc/terms/description",
    )
)
_NAMING = ("name", "label", "title", "full name", "display name", "has name", "has label", "has title")
"""What a graph's own property is called that names things of several classes, or of a graph without classes.
"""
_SCHEMA = (
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
)
_MAX_PREDICATES, _MAX_CLASSES, _SAMPLED, _LITERALS_SAMPLED = 5_000, 5_000, 2_000, 50
_WORD = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")


@dataclass(frozen=True)
class PredicateProfile:
    """A predicate: what it is called, how often it occurs, the classes before it, the class or datatype after
    it.
    """

    predicate: NamedNode
    text: str
    count: int = 0
    domains: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassProfile:
    """A class: what it is called, how many members it has."""

    iri: NamedNode
    text: str
    count: int = 0


@dataclass(frozen=True)
class Naming:
    """Which properties name things, found out where none are given; and in which languages names are shown,
    the best first.
    """

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
        """Return what each predicate and class is called."""
        return {each.predicate: each.text for each in self.predicates} | {
            each.iri: each.text for each in self.classes
        }

    @cached_property
    def stems(self) -> frozenset[str]:
        """Return the stems of the words that predicates and classes are called by."""
        return frozenset(stem(word) for text in self.texts.values() for word in fold(text).split())

    @cached_property
    def names(self) -> tuple[NamedNode, ...]:
        """Return the predicates."""
        return tuple(each.predicate for each in self.predicates)

    def as_json(self) -> dict[str, Any]:
        """Return the profile for storage as JSON."""
        return {
            "predicates": [
                [each.predicate.value, each.text, each.count, each.domains, each.ranges]
                for each in self.predicates
            ],
            "classes": [[each.iri.value, each.text, each.count] for each in self.classes],
            "labels": [each.value for each in self.labels],
            "triples": self.triples,
            "languages": self.languages,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Profile":
        """Return the profile that was stored."""
        predicates = tuple(
            PredicateProfile(NamedNode(iri), text, count, tuple(domains), tuple(ranges))
            for iri, text, count, domains, ranges in stored["predicates"]
        )
        classes = tuple(ClassProfile(NamedNode(iri), text, count) for iri, text, count in stored["classes"])
        labels, languages = (
            tuple(map(NamedNode, stored["labels"])),
            tuple(stored.get("languages", cls.languages)),
        )
        return cls(predicates, classes, labels, stored["triples"], languages)


def profile_graph(store: GraphStore, naming: Naming | None = None) -> Profile:
    """Look at a graph. Raises StoreError."""
    naming = naming or Naming()
    counts = _counts(
        store,
        f"SELECT ?k (COUNT(*) AS ?n) WHERE {{ ?s ?k ?o }} GROUP BY ?k ORDER BY DESC(?n) LIMIT {_MAX_PREDICATES}",
    )
    classes = _counts(
        store,
        f"SELECT ?k (COUNT(*) AS ?n) WHERE {{ ?s {RDF_TYPE} ?k }} GROUP BY ?k ORDER BY DESC(?n) LIMIT {_MAX_CLASSES}",
    )
    classes = {iri: count for iri, count in classes.items() if not iri.value.startswith(_SCHEMA)}
    known = (
        *(each for each in LABEL_PREDICATES if each in counts),
        *_own_labels(store, counts, has_classes=bool(classes)),
    )
    labels = tuple(each for each in naming.predicates if each in counts) or known
    hidden = {RDF_TYPE, *labels, *(() if naming.predicates else LABEL_PREDICATES), *DESCRIPTION_PREDICATES}
    relations = [iri for iri in counts if iri not in hidden and not iri.value.startswith(_SCHEMA)]
    texts = texts_of(store, [*relations, *classes], labels, naming.languages)
    return Profile(
        tuple(PredicateProfile(iri, texts[iri], counts[iri], *_ends(store, iri, texts)) for iri in relations),
        tuple(ClassProfile(iri, texts[iri], count) for iri, count in classes.items()),
        labels,
        sum(counts.values()),
        naming.languages,
    )


def entity_text(iri: str) -> str:
    """Return what an IRI calls a thing: `http://x.org/Tim_O'Hara` says "Tim O'Hara"."""
    local = _last_part(iri)
    return " ".join(local.replace("_", " ").split() if "_" in local else _WORD.findall(local)) or local


def local_text(iri: str) -> str:
    """Return the words of an IRI's last part: `http://x.org/ns#birthPlace` says "birth place"."""
    local = _last_part(iri)
    words = _WORD.findall(local)
    return " ".join(word.lower() if not word.isupper() or len(word) == 1 else word for word in words) or local


def _last_part(iri: str) -> str:
    return unquote(re.split(r"[/#:]", iri.rstrip("/#"))[-1]).rsplit("=", 1)[-1]


def _own_labels(
    store: GraphStore, counts: Mapping[NamedNode, int], *, has_classes: bool
) -> Iterator[NamedNode]:
    """Yield the graph's own properties that name things: they are called so, and members of several classes
    have them.
    """
    for predicate in counts:
        if (
            predicate in LABEL_PREDICATES
            or local_text(predicate.value).lower() not in _NAMING
            or _datatype(store, predicate)
        ):
            continue
        sample = f"{{ SELECT ?s WHERE {{ ?s {predicate} ?o FILTER isLiteral(?o) }} LIMIT {_SAMPLED} }}"
        classes = (
            store.select(f"SELECT DISTINCT ?c WHERE {{ {sample} ?s {RDF_TYPE} ?c }} LIMIT 2").rows
            if has_classes
            else ()
        )
        if len(classes) > 1 or (
            not has_classes and store.any_solution([f"SELECT * WHERE {{ {sample} }}"])[0]
        ):
            yield predicate


def texts_of(
    store: GraphStore,
    iris: Iterable[NamedNode],
    labels: tuple[NamedNode, ...],
    languages: Sequence[str] = Naming.languages,
    said: Callable[[str], str] = local_text,
) -> dict[NamedNode, str]:
    """Return the label of each IRI, in the first of the languages that it has one in, or what is `said` by
    the IRI itself.
    """
    found = {iri: said(iri.value) for iri in iris}
    if not found:
        return found
    for label in reversed(labels):
        rows = store.select(
            f"SELECT ?k ?l WHERE {{ VALUES ?k {{ {' '.join(map(str, found))} }} ?k {label} ?l }}"
        ).rows
        for iri, text in sorted(rows, key=lambda row: _language_rank(row[1], languages)):
            if isinstance(iri, NamedNode) and isinstance(text, Literal):
                found[iri] = text.value
    return found


def _counts(store: GraphStore, query: str) -> dict[NamedNode, int]:
    rows = store.select(query).rows
    return {
        iri: int(count.value)
        for iri, count in rows
        if isinstance(iri, NamedNode) and isinstance(count, Literal)
    }


def _language_rank(term: object, languages: Sequence[str]) -> int:
    """Return a higher rank for what is rather shown: a wanted language, then none, then any other."""
    language = (term.language if isinstance(term, Literal) else None) or ""
    wanted = [
        place for place, each in enumerate(languages) if language == each or language.startswith(f"{each}-")
    ]
    return 1 + len(languages) - wanted[0] if wanted else 0 if language else 1


def _ends(
    store: GraphStore, predicate: NamedNode, texts: dict[NamedNode, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the commonest class of a predicate's subjects, and of its objects."""
    return _end(store, predicate, "?s", texts), _end(store, predicate, "?o", texts)


def _end(store: GraphStore, predicate: NamedNode, end: str, texts: dict[NamedNode, str]) -> tuple[str, ...]:
    sample = f"{{ SELECT {end} WHERE {{ ?s {predicate} ?o }} LIMIT {_SAMPLED} }}"
    rows = store.select(
        f"SELECT ?c (COUNT(*) AS ?n) WHERE {{ {sample} {end} {RDF_TYPE} ?c }} GROUP BY ?c ORDER BY DESC(?n) LIMIT 3"
    ).rows
    found = Counter(
        {texts[iri]: int(count.value) for iri, count in rows if isinstance(count, Literal) and iri in texts}  # type: ignore[index]
    )
    return tuple(text for text, _ in found.most_common(1)) or (
        _datatype(store, predicate) if end == "?o" else ()
    )


def _datatype(store: GraphStore, predicate: NamedNode) -> tuple[str, ...]:
    """Return what kind of literals a predicate has: "integer", "date", …; nothing for texts and IRIs."""
    rows = store.select(f"SELECT ?o WHERE {{ ?s {predicate} ?o }} LIMIT {_LITERALS_SAMPLED}").rows
    kinds = Counter(row[0].datatype.value.rsplit("#", 1)[-1] for row in rows if isinstance(row[0], Literal))
    return tuple(
        kind
        for kind, number in kinds.most_common(1)
        if number > len(rows) / 2 and kind not in ("string", "langString")
    )
