"""Classes whose members a graph names as those of their subclasses only."""

from collections.abc import Iterator, Mapping

from pyoxigraph import NamedNode

from kbqa.sparql.profile import SCHEMA_NAMESPACES
from kbqa.sparql.query import RDF_TYPE, SUBCLASS_OF
from kbqa.sparql.stores.base import Queried

_MAX_PAIRS, _SAMPLED = 20_000, 1_000


def members_above(store: Queried, classes: Mapping[NamedNode, int]) -> dict[NamedNode, int]:
    """How many members each class has with those of its subclasses, where the graph does not say so of each.

    `classes` have so many of their own. What is in two subclasses counts twice. Raises StoreError.
    """
    below = _below(store)
    with_members = {
        iri: [each for each in subclasses if each in classes] for iri, subclasses in below.items()
    }
    return {
        iri: classes.get(iri, 0) + sum(classes[each] for each in subclasses)
        for iri, subclasses in with_members.items()
        if subclasses and (iri not in classes or _leaves_out(store, iri, subclasses))
    }


def _below(store: Queried) -> dict[NamedNode, list[NamedNode]]:
    """The subclasses of each class, at any level."""
    rows = store.select(f"SELECT ?c ?d WHERE {{ ?c {SUBCLASS_OF} ?d }}", limit=_MAX_PAIRS).rows
    direct: dict[NamedNode, list[NamedNode]] = {}
    for one, other in rows:
        are_named = isinstance(one, NamedNode) and isinstance(other, NamedNode) and one != other
        if are_named and not other.value.startswith(SCHEMA_NAMESPACES):  # type: ignore[union-attr]
            direct.setdefault(other, []).append(one)  # type: ignore[arg-type]
    return {iri: [each for each in dict.fromkeys(_reached(iri, direct)) if each != iri] for iri in direct}


def _reached(iri: NamedNode, direct: Mapping[NamedNode, list[NamedNode]]) -> Iterator[NamedNode]:
    waiting, seen = [iri], set[NamedNode]()
    while waiting:
        for each in direct.get(waiting.pop(), ()):
            if each not in seen:
                seen.add(each)
                waiting.append(each)
                yield each


def _leaves_out(store: Queried, iri: NamedNode, subclasses: list[NamedNode]) -> bool:
    """Whether some member of a subclass is not said to be one of the class."""
    bodies = [
        f"SELECT * WHERE {{ {{ SELECT ?x WHERE {{ ?x {RDF_TYPE} {each} }} LIMIT {_SAMPLED} }} "
        f"FILTER NOT EXISTS {{ ?x {RDF_TYPE} {iri} }} }}"
        for each in subclasses
    ]
    return any(store.any_solution(bodies))
