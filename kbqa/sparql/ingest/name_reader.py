"""Reading the names in a graph: labels, what IRIs say, and the texts that properties have."""

from collections.abc import Iterator
from itertools import islice

from pyoxigraph import BlankNode, Literal, NamedNode, Store

from kbqa.linking.names import MAX_NAME_LENGTH, NameRow
from kbqa.sparql.models import Name
from kbqa.sparql.profile import Profile, entity_text
from kbqa.sparql.stores.base import Queried, RdfTerm
from kbqa.sparql.stores.oxigraph import ALL

_MAX_VALUE_LENGTH = 80
_COUNTED_EDGES = 200
_PAGE, _MAX_ENDPOINT_NAMES = 5_000, 500_000
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def names_in(store: Store, profile: Profile) -> Iterator[NameRow]:
    """All names: labels, or what IRIs say in a graph without labels, and the texts that properties have."""
    yield from _labels(store, profile) if profile.labels else _speaking_iris(store, profile)
    for predicate in profile.names:
        yield from _values(store, predicate)


def _labels(store: Store, profile: Profile) -> Iterator[NameRow]:
    """The labels of entities, which are neither classes nor predicates."""
    for predicate in profile.labels:
        for quad in store.quads_for_pattern(None, predicate, None, ALL):
            entity, label = quad.subject, quad.object
            if isinstance(entity, NamedNode) and isinstance(label, Literal) and entity not in profile.texts:
                yield Name.Kind.ENTITY, str(entity), "", label.value, _degree(store, entity)


def endpoint_names(store: Queried, profile: Profile) -> Iterator[NameRow]:
    """An endpoint's names: labels, and the texts of properties, up to a bound."""
    for predicate in profile.labels:
        for entity, label in _endpoint_literals(store, predicate, "?s ?o"):
            if not isinstance(entity, BlankNode) and entity not in profile.texts:
                yield Name.Kind.ENTITY, str(entity), "", label.value, 1
    for described in profile.predicates:
        if not described.ranges:
            for _, text in _endpoint_literals(store, described.predicate, "?o"):
                yield Name.Kind.VALUE, str(text), str(described.predicate), text.value, 1


def _endpoint_literals(
    store: Queried, predicate: NamedNode, columns: str
) -> Iterator[tuple[RdfTerm | None, Literal]]:
    """The first column and the short literal of each of a property's triples, read in pages.

    `columns` are those that are selected, the literal, `?o`, as the last.
    """
    body = f"SELECT DISTINCT {columns} WHERE {{ ?s {predicate} ?o FILTER isLiteral(?o) }}"
    for offset in range(0, _MAX_ENDPOINT_NAMES, _PAGE):
        rows = store.select(f"{body} ORDER BY {columns} LIMIT {_PAGE} OFFSET {offset}").rows
        for row in rows:
            first, literal = row[0], row[-1]
            if isinstance(literal, Literal) and len(literal.value) <= MAX_NAME_LENGTH:
                yield first, literal
        if len(rows) < _PAGE:
            break


def _degree(store: Store, subject: NamedNode) -> int:
    leaving = sum(1 for _ in islice(store.quads_for_pattern(subject, None, None, ALL), _COUNTED_EDGES))
    return leaving + sum(1 for _ in islice(store.quads_for_pattern(None, None, subject, ALL), _COUNTED_EDGES))


def _speaking_iris(store: Store, profile: Profile) -> Iterator[NameRow]:
    seen = {iri.value for iri in profile.texts}
    for predicate in profile.names:
        for quad in store.quads_for_pattern(None, predicate, None, ALL):
            for end in (quad.subject, quad.object):
                if isinstance(end, NamedNode) and end.value not in seen:
                    seen.add(end.value)
                    yield Name.Kind.ENTITY, str(end), "", entity_text(end.value), 1


def _values(store: Store, predicate: NamedNode) -> Iterator[NameRow]:
    """The distinct short texts of a property."""
    seen: set[Literal] = set()
    for quad in store.quads_for_pattern(None, predicate, None, ALL):
        value = quad.object
        if not isinstance(value, Literal) or value in seen or len(value.value) > _MAX_VALUE_LENGTH:
            continue
        if value.language or value.datatype.value == _XSD_STRING:
            seen.add(value)
            yield Name.Kind.VALUE, str(value), str(predicate), value.value, 1
