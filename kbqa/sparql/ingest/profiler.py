"""Looking at a graph: which predicates and classes it has, and which properties name things."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from kbqa.linking.measures import unit_said
from kbqa.sparql.profile import (
    DESCRIPTION_PREDICATES,
    LABEL_PREDICATES,
    SCHEMA_NAMESPACES,
    ClassProfile,
    Naming,
    PredicateProfile,
    Profile,
    local_text,
)
from kbqa.sparql.query import NUMERAL, RDF_TYPE
from kbqa.sparql.schema import CLASSES, RELATIONS
from kbqa.sparql.stores.base import Queried
from kbqa.sparql.stores.labels import texts_of

_NAMING = ("name", "label", "title", "full name", "display name", "has name", "has label", "has title")
"""Names of the properties by which a graph of its own vocabulary may name its things."""
_MAX_PREDICATES, _MAX_CLASSES, _SAMPLED, _LITERALS_SAMPLED = 5_000, 5_000, 2_000, 50
_TEXTS_SAMPLED = 1_000
_NUMERAL, _GROUPED = re.compile(NUMERAL), re.compile(",([0-9]{3})")


def profile_graph(store: Queried, naming: Naming | None = None) -> Profile:
    """The vocabulary of a graph, and what names its things. Raises StoreError."""
    naming = naming or Naming()
    counts = _counts(store, "?s ?k ?o", _MAX_PREDICATES)
    every = _counts(store, f"?s {RDF_TYPE} ?k", _MAX_CLASSES)
    classes = {iri: count for iri, count in every.items() if not iri.value.startswith(SCHEMA_NAMESPACES)}
    usual = [predicate for predicate in LABEL_PREDICATES if predicate in counts]
    known = (*usual, *_own_labels(store, counts, has_classes=bool(classes)))
    labels = tuple(predicate for predicate in naming.predicates if predicate in counts) or known
    hidden = {RDF_TYPE, *labels, *(() if naming.predicates else LABEL_PREDICATES), *DESCRIPTION_PREDICATES}
    relations = [iri for iri in counts if iri not in hidden and not iri.value.startswith(SCHEMA_NAMESPACES)]
    texts = texts_of(store, [*relations, *classes], labels, naming.languages)
    measured = _measured({iri: texts[iri] for iri in relations})
    return Profile(
        tuple(_profiled(store, iri, measured[iri], counts[iri], texts) for iri in relations),
        tuple(ClassProfile(iri, texts[iri], count) for iri, count in classes.items()),
        labels,
        sum(counts.values()),
        naming.languages,
        tuple(_schema(store, [iri for iri in counts if iri not in relations], counts)),
        tuple(ClassProfile(iri, CLASSES[iri], every[iri]) for iri in CLASSES if iri in every),
    )


def _schema(
    store: Queried, hidden: Sequence[NamedNode], counts: Mapping[NamedNode, int]
) -> Iterator[PredicateProfile]:
    """The relations between a graph's own words that it has."""
    for iri in hidden:
        if iri in RELATIONS:
            ranges = _datatype(store, iri)
            yield PredicateProfile(iri, RELATIONS[iri].forward, counts[iri], (), ranges)


def _profiled(
    store: Queried, iri: NamedNode, measured: tuple[str, str], count: int, texts: dict[NamedNode, str]
) -> PredicateProfile:
    """A predicate with what is at its ends, and whether the texts there are numbers."""
    domains, ranges = _ends(store, iri, texts)
    unit = None if ranges else _unit_of_numerals(store, iri)
    if unit is None:
        return PredicateProfile(iri, measured[0], count, domains, ranges, measured[1])
    return PredicateProfile(
        iri, measured[0], count, domains, ("decimal",), measured[1] or unit, numerals=True
    )


def _unit_of_numerals(store: Queried, predicate: NamedNode) -> str | None:
    """The unit behind a predicate's texts, of which most are numerals; empty for none, None for other texts.

    Numerals in several units are not compared with each other.
    """
    rows = store.select(f"SELECT ?o WHERE {{ ?s {predicate} ?o }} LIMIT {_TEXTS_SAMPLED}").rows
    texts = [row[0].value for row in rows if isinstance(row[0], Literal)]
    numerals = [match for text in texts if (match := _NUMERAL.fullmatch(_GROUPED.sub(r"\1", text)))]
    units = {match.string[match.end(1) :].strip() for match in numerals}
    if any(
        match[1].lstrip("+-").startswith("0") and match[1].isdecimal() and len(match[1]) > 1
        for match in numerals
    ):
        return None
    return "".join(units) if 2 * len(numerals) > len(rows) and len(units) == 1 else None


def _measured(texts: Mapping[NamedNode, str]) -> dict[NamedNode, tuple[str, str]]:
    """What each predicate is called without its unit, and the unit.

    Where one is measured in several units, each keeps its own in its name.
    """
    measured = {iri: unit_said(text) for iri, text in texts.items()}
    called = Counter(of.lower() for of, _ in measured.values())
    return {
        iri: (of if called[of.lower()] == 1 or not unit else f"{of} in {unit}", unit)
        for iri, (of, unit) in measured.items()
    }


def _own_labels(store: Queried, counts: Mapping[NamedNode, int], *, has_classes: bool) -> Iterator[NamedNode]:
    """The graph's own properties that name things: by what they are called, and by what has them."""
    for predicate in counts:
        names_things = predicate not in LABEL_PREDICATES and local_text(predicate.value).lower() in _NAMING
        if names_things and not _datatype(store, predicate) and _is_shared(store, predicate, has_classes):
            yield predicate


def _is_shared(store: Queried, predicate: NamedNode, has_classes: bool) -> bool:
    """Whether members of several classes have a property, or, in a graph without classes, whether any has."""
    sample = f"{{ SELECT ?s WHERE {{ ?s {predicate} ?o FILTER isLiteral(?o) }} LIMIT {_SAMPLED} }}"
    if not has_classes:
        return bool(store.any_solution([f"SELECT * WHERE {{ {sample} }}"])[0])
    classes = store.select(f"SELECT DISTINCT ?c WHERE {{ {sample} ?s {RDF_TYPE} ?c }} LIMIT 2").rows
    return len(classes) > 1


def _counts(store: Queried, pattern: str, limit: int) -> dict[NamedNode, int]:
    """The number of times that the pattern's ?k is each IRI, the commonest first."""
    grouped = f"WHERE {{ {pattern} }} GROUP BY ?k ORDER BY DESC(?n) LIMIT {limit}"
    rows = store.select(f"SELECT ?k (COUNT(*) AS ?n) {grouped}").rows
    return {
        iri: int(count.value)
        for iri, count in rows
        if isinstance(iri, NamedNode) and isinstance(count, Literal)
    }


def _ends(
    store: Queried, predicate: NamedNode, texts: dict[NamedNode, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commonest class of a predicate's subjects, and of its objects."""
    return _end(store, predicate, "?s", texts), _end(store, predicate, "?o", texts)


def _end(store: Queried, predicate: NamedNode, end: str, texts: dict[NamedNode, str]) -> tuple[str, ...]:
    sample = f"{{ SELECT {end} WHERE {{ ?s {predicate} ?o }} LIMIT {_SAMPLED} }}"
    grouped = f"WHERE {{ {sample} {end} {RDF_TYPE} ?c }} GROUP BY ?c ORDER BY DESC(?n) LIMIT 3"
    rows = store.select(f"SELECT ?c (COUNT(*) AS ?n) {grouped}").rows
    classes = Counter(
        {texts[iri]: int(count.value) for iri, count in rows if isinstance(count, Literal) and iri in texts}  # type: ignore[index]
    )
    commonest = tuple(text for text, _ in classes.most_common(1))
    return commonest or (_datatype(store, predicate) if end == "?o" else ())


def _datatype(store: Queried, predicate: NamedNode) -> tuple[str, ...]:
    """The datatype of most of a predicate's literals: "integer", "date", …; nothing for texts and IRIs."""
    rows = store.select(f"SELECT ?o WHERE {{ ?s {predicate} ?o }} LIMIT {_LITERALS_SAMPLED}").rows
    kinds = Counter(row[0].datatype.value.rsplit("#", 1)[-1] for row in rows if isinstance(row[0], Literal))
    return tuple(
        kind
        for kind, number in kinds.most_common(1)
        if number > len(rows) / 2 and kind not in ("string", "langString")
    )
