"""Reading the names in a graph: labels, what IRIs say, and the texts that properties have."""

from collections.abc import Iterator
from itertools import islice

from pyoxigraph import BlankNode, Literal, NamedNode, Store

from kbqa.linking.names import MAX_NAME_LENGTH, NameRow
from kbqa.sparql.models import Name
from kbqa.sparql.profile import Profile, entity_text
from kbqa.sparql.stores.base import GraphStore

_MAX_VALUE_LENGTH = 80
_COUNTED_EDGES = 200
_PAGE, _MAX_ENDPOINT_NAMES = 5_000, 500_000
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def names_in(store: Store, profile: Profile) -> Iterator[NameRow]:
    """Read all names: labels, or what an IRI says where a graph has no labels, and the texts that properties
    have.
    """
    if profile.labels:
        for predicate in profile.labels:
            for quad in store.quads_for_pattern(None, predicate, None):
                if (
                    isinstance(quad.subject, NamedNode)
                    and isinstance(quad.object, Literal)
                    and quad.subject not in profile.texts
                ):
                    yield (
                        Name.Kind.ENTITY,
                        str(quad.subject),
                        "",
                        quad.object.value,
                        _degree(store, quad.subject),
                    )
    else:
        yield from _speaking_iris(store, profile)
    for predicate in profile.names:
        yield from _values(store, predicate)


def endpoint_names(store: GraphStore, profile: Profile) -> Iterator[NameRow]:
    """Read an endpoint's names in pages: labels, and the texts of properties, up to a bound."""
    sources = [(Name.Kind.ENTITY, predicate) for predicate in profile.labels]
    sources += [(Name.Kind.VALUE, each.predicate) for each in profile.predicates if not each.ranges]
    for kind, predicate in sources:
        for offset in range(0, _MAX_ENDPOINT_NAMES, _PAGE):
            what = "?s ?o" if kind == Name.Kind.ENTITY else "?o"
            body = f"SELECT DISTINCT {what} WHERE {{ ?s {predicate} ?o FILTER isLiteral(?o) }}"
            rows = store.select(f"{body} ORDER BY {what} LIMIT {_PAGE} OFFSET {offset}").rows
            for row in rows:
                subject, value = (row[0], row[-1])
                if (
                    isinstance(value, Literal)
                    and len(value.value) <= MAX_NAME_LENGTH
                    and not isinstance(subject, BlankNode)
                    and subject not in profile.texts
                ):
                    yield (
                        kind,
                        str(subject),
                        "" if kind == Name.Kind.ENTITY else str(predicate),
                        value.value,
                        1,
                    )
            if len(rows) < _PAGE:
                break


def _degree(store: Store, subject: NamedNode) -> int:
    leaving = sum(1 for _ in islice(store.quads_for_pattern(subject, None, None), _COUNTED_EDGES))
    return leaving + sum(1 for _ in islice(store.quads_for_pattern(None, None, subject), _COUNTED_EDGES))


def _speaking_iris(store: Store, profile: Profile) -> Iterator[NameRow]:
    seen = {iri.value for iri in profile.texts}
    for predicate in profile.names:
        for quad in store.quads_for_pattern(None, predicate, None):
            for end in (quad.subject, quad.object):
                if isinstance(end, NamedNode) and end.value not in seen:
                    seen.add(end.value)
                    yield Name.Kind.ENTITY, str(end), "", entity_text(end.value), 1


def _values(store: Store, predicate: NamedNode) -> Iterator[NameRow]:
    """Read the distinct short texts of a property."""
    seen: set[Literal] = set()
    for quad in store.quads_for_pattern(None, predicate, None):
        value = quad.object
        if not isinstance(value, Literal) or value in seen or len(value.value) > _MAX_VALUE_LENGTH:
            continue
        if value.language or value.datatype.value == _XSD_STRING:
            seen.add(value)
            yield Name.Kind.VALUE, str(value), str(predicate), value.value, 1
