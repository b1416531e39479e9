"""Looking at a graph: which predicates and classes it has, and which properties name things."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from kbqa.linking.measures import unit_said
from kbqa.sparql.ingest.superclasses import members_above
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
from kbqa.sparql.query import NUMERAL, RDF_TYPE, SUBCLASS_OF
from kbqa.sparql.schema import CLASSES, RELATIONS
from kbqa.sparql.stores.base import Queried, RdfTerm
from kbqa.sparql.stores.labels import texts_of

_NAMING = ("name", "label", "title", "full name", "display name", "has name", "has label", "has title")
"""Names of the properties by which a graph of its own vocabulary may name its things."""
_MAX_PREDICATES, _MAX_CLASSES, _SAMPLED, _LITERALS_SAMPLED = 5_000, 5_000, 2_000, 50
_NUMERAL, _GROUPED = re.compile(NUMERAL), re.compile(",([0-9]{3})")
_CODE = re.compile(r"[-+]?0\d")
_STRING = NamedNode("http://www.w3.org/2001/XMLSchema#string")


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
    above = members_above(store, classes) if SUBCLASS_OF in counts else {}
    texts = texts_of(store, [*relations, *classes, *above], labels, naming.languages)
    measured = _measured({iri: texts[iri] for iri in relations})
    return Profile(
        tuple(_profiled(store, iri, measured[iri], counts[iri], texts) for iri in relations),
        tuple(ClassProfile(iri, texts[iri], count, iri in above) for iri, count in (classes | above).items()),
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
            ranges = _datatype(_sample(store, iri))
            yield PredicateProfile(iri, RELATIONS[iri].forward, counts[iri], (), ranges)


def _profiled(
    store: Queried, iri: NamedNode, measured: tuple[str, str], count: int, texts: Mapping[NamedNode, str]
) -> PredicateProfile:
    """A predicate with what is at its ends, and whether the texts there are numbers."""
    text, unit = measured
    domains, ranges = _classes_at(store, iri, "?s", texts), _classes_at(store, iri, "?o", texts)
    if ranges:
        return PredicateProfile(iri, text, count, domains, ranges, unit)
    values = _sample(store, iri)
    unit_there = _unit_of_numerals(values)
    if unit_there is None:
        return PredicateProfile(iri, text, count, domains, _datatype(values), unit)
    return PredicateProfile(iri, text, count, domains, ("decimal",), unit or unit_there, numerals=True)


def _unit_of_numerals(values: Sequence[RdfTerm | None]) -> str | None:
    """The unit behind texts of which most are numerals; empty for none, and None for other values.

    Numerals in several units are not compared with each other, and what begins with 0 is a code.
    """
    texts = [value.value for value in values if isinstance(value, Literal) and value.datatype == _STRING]
    numerals = [match for text in texts if (match := _NUMERAL.fullmatch(_GROUPED.sub(r"\1", text)))]
    units = {match.string[match.end(1) :].strip() for match in numerals}
    are_numbers = 2 * len(numerals) > len(values) and not any(_CODE.match(match[1]) for match in numerals)
    return "".join(units) if are_numbers and len(units) == 1 else None


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
        if (
            names_things
            and not _datatype(_sample(store, predicate))
            and _is_shared(store, predicate, has_classes)
        ):
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


def _classes_at(
    store: Queried, predicate: NamedNode, end: str, texts: Mapping[NamedNode, str]
) -> tuple[str, ...]:
    """The commonest class at an end of a predicate."""
    sample = f"{{ SELECT {end} WHERE {{ ?s {predicate} ?o }} LIMIT {_SAMPLED} }}"
    grouped = f"WHERE {{ {sample} {end} {RDF_TYPE} ?c }} GROUP BY ?c ORDER BY DESC(?n) LIMIT 3"
    rows = store.select(f"SELECT ?c (COUNT(*) AS ?n) {grouped}").rows
    classes = Counter(
        {texts[iri]: int(count.value) for iri, count in rows if isinstance(count, Literal) and iri in texts}  # type: ignore[index]
    )
    return tuple(text for text, _ in classes.most_common(1))


def _sample(store: Queried, predicate: NamedNode) -> list[RdfTerm | None]:
    """Some of what a predicate leads to."""
    rows = store.select(f"SELECT ?o WHERE {{ ?s {predicate} ?o }} LIMIT {_LITERALS_SAMPLED}").rows
    return [row[0] for row in rows]


def _datatype(values: Sequence[RdfTerm | None]) -> tuple[str, ...]:
    """The datatype of most of some values: "integer", "date", …; nothing for texts and IRIs."""
    kinds = Counter(value.datatype.value.rsplit("#", 1)[-1] for value in values if isinstance(value, Literal))
    return tuple(
        kind
        for kind, number in kinds.most_common(1)
        if number > len(values) / 2 and kind not in ("string", "langString")
    )
