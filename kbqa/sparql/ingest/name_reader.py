"""Reading the names in a graph: labels, what IRIs say, and the texts that properties have."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from kbqa.linking.names import MAX_NAME_LENGTH, NameRow
from kbqa.sparql.models import Name
from kbqa.sparql.profile import SCHEMA_NAMESPACES, Profile, names_said
from kbqa.sparql.stores.base import Queried, QueryError, RdfTerm
from kbqa.sparql.stores.oxigraph import ALL

_MAX_VALUE_LENGTH = 80
_COUNTED_EDGES = 200
_PAGE, _MAX_ENDPOINT_NAMES = 5_000, 500_000
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def names_in(store: Store, profile: Profile) -> Iterator[NameRow]:
    """All names: labels, what the IRIs of things without a label say, and the texts that properties have."""
    yield from _labels(store, profile)
    said = set[NamedNode]()
    for node in _subjects(store, profile.labels):
        if node not in said and node not in profile.texts and not _has_label(store, node, profile.labels):
            said.add(node)
            yield from _said(node, _degree(store, node))
    for predicate in profile.names:
        for value in _objects(store, predicate):
            if isinstance(value, Literal):
                yield Name.Kind.VALUE, str(value), str(predicate), value.value, 1
            elif value not in said and value not in profile.texts and not _is_subject(store, value):
                said.add(value)
                yield from _said(value, _degree(store, value))


def _labels(store: Store, profile: Profile) -> Iterator[NameRow]:
    """The labels of entities, which are neither classes nor predicates."""
    for predicate in profile.labels:
        for quad in store.quads_for_pattern(None, predicate, None, ALL):
            entity, label = quad.subject, quad.object
            if isinstance(entity, NamedNode) and isinstance(label, Literal) and entity not in profile.texts:
                yield Name.Kind.ENTITY, str(entity), "", label.value, _degree(store, entity)


def _subjects(store: Store, labels: Sequence[NamedNode]) -> Iterator[NamedNode]:
    """The subjects that are no blank nodes, but for those with a label among triples that follow each other.

    A store on disk gives all triples of a subject so: few are left to look at.
    """
    for subject, quads in groupby(store, key=attrgetter("subject")):
        if isinstance(subject, NamedNode) and not any(_labels_it(quad, labels) for quad in quads):
            yield subject


def _labels_it(quad: Quad, labels: Sequence[NamedNode]) -> bool:
    text = quad.object
    return quad.predicate in labels and isinstance(text, Literal) and bool(text.value.strip())


def _has_label(store: Store, node: NamedNode, labels: Sequence[NamedNode]) -> bool:
    found = (quad for label in labels for quad in store.quads_for_pattern(node, label, None, ALL))
    return any(_labels_it(quad, labels) for quad in found)


def _said(node: NamedNode, degree: int) -> Iterator[NameRow]:
    """The names that an IRI says, but for those of the languages in which graphs are written."""
    if not node.value.startswith(SCHEMA_NAMESPACES):
        for text in names_said(node.value):
            yield Name.Kind.ENTITY, str(node), "", text, degree


def _is_subject(store: Store, node: NamedNode) -> bool:
    return next(store.quads_for_pattern(node, None, None, ALL), None) is not None


def _objects(store: Store, predicate: NamedNode) -> Iterator[NamedNode | Literal]:
    """The nodes and the short texts that a property leads to; each text once, each node seldom twice."""
    seen: set[Literal] = set()
    for value, _ in groupby(store.quads_for_pattern(None, predicate, None, ALL), key=attrgetter("object")):
        if isinstance(value, NamedNode):
            yield value
        elif isinstance(value, Literal) and value not in seen and _is_short_text(value):
            seen.add(value)
            yield value


def _is_short_text(value: Literal) -> bool:
    is_text = value.language or value.datatype.value == _XSD_STRING
    return bool(is_text) and len(value.value) <= _MAX_VALUE_LENGTH


def endpoint_names(store: Queried, profile: Profile) -> Iterator[NameRow]:
    """An endpoint's names: labels, what IRIs say, and the texts of properties, up to a bound."""
    for predicate in profile.labels:
        for entity, label in _endpoint_literals(store, predicate, "?s ?o"):
            if not isinstance(entity, BlankNode) and entity not in profile.texts:
                yield Name.Kind.ENTITY, str(entity), "", label.value, 1
    yield from _endpoint_things_without_label(store, profile)
    for described in profile.predicates:
        if not described.ranges or described.numerals:
            for _, text in _endpoint_literals(store, described.predicate, "?o"):
                yield Name.Kind.VALUE, str(text), str(described.predicate), text.value, 1


def _endpoint_things_without_label(store: Queried, profile: Profile) -> Iterator[NameRow]:
    """What the IRIs of an endpoint's things say that have no label, as far as it tells in time."""
    unlabelled = " ".join(f"FILTER NOT EXISTS {{ ?e {label} ?l }}" for label in profile.labels)
    seen = set(profile.texts)
    for predicate in profile.names:
        ends = f"{{ ?e {predicate} ?o }} UNION {{ ?s {predicate} ?e }}"
        body = f"SELECT DISTINCT ?e WHERE {{ {ends} FILTER isIRI(?e) {unlabelled} }}"
        try:
            for (node,) in _pages(store, body, "?e"):
                if isinstance(node, NamedNode) and node not in seen:
                    seen.add(node)
                    yield from _said(node, 1)
        except QueryError:
            return


def _endpoint_literals(
    store: Queried, predicate: NamedNode, columns: str
) -> Iterator[tuple[RdfTerm | None, Literal]]:
    """The first column and the short literal of each of a property's triples, read in pages.

    `columns` are those that are selected, the literal, `?o`, as the last.
    """
    body = f"SELECT DISTINCT {columns} WHERE {{ ?s {predicate} ?o FILTER isLiteral(?o) }}"
    for row in _pages(store, body, columns):
        first, literal = row[0], row[-1]
        if isinstance(literal, Literal) and len(literal.value) <= MAX_NAME_LENGTH:
            yield first, literal


def _pages(store: Queried, body: str, columns: str) -> Iterator[tuple[RdfTerm | None, ...]]:
    """The rows of a query, up to a bound, read in pages."""
    for offset in range(0, _MAX_ENDPOINT_NAMES, _PAGE):
        rows = store.select(f"{body} ORDER BY {columns} LIMIT {_PAGE} OFFSET {offset}").rows
        yield from rows
        if len(rows) < _PAGE:
            break


def _degree(store: Store, subject: NamedNode) -> int:
    leaving = sum(1 for _ in islice(store.quads_for_pattern(subject, None, None, ALL), _COUNTED_EDGES))
    return leaving + sum(1 for _ in islice(store.quads_for_pattern(None, None, subject, ALL), _COUNTED_EDGES))
