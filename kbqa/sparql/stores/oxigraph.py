"""A graph in a folder of its own, asked through pyoxigraph. A folder is never changed once it is served."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, Store

from kbqa.sparql.stores.base import QueryError, RdfTerm, Solutions, StoreError
from kbqa.sparql.stores.named_graphs import OVERLAP

ALL = DefaultGraph()
"""The graph of all triples of a store: those without a graph, and those of every named one."""
_LOOKED_AT, _LINES_AT_ONCE = 40, 5_000


class OxigraphStore:
    """A version of a graph, read-only. The triples of its named graphs stand among all others, too."""

    is_elsewhere = False

    def __init__(self, store: Store, version: str) -> None:
        self.store, self.version = store, version

    @classmethod
    def open(cls, folder: Path, version: str) -> "OxigraphStore":
        """Open a folder for reading. Raises StoreError."""
        try:
            return cls(Store.read_only(str(folder)), version)
        except OSError as error:
            raise StoreError(
                f"The graph's folder {folder} cannot be opened: {error}", transient=True
            ) from error

    def select(self, query: str, *, limit: int | None = None) -> Solutions:
        """The solutions of a SELECT, at most `limit`."""
        result = self._run(query)
        if not isinstance(result, QuerySolutions):
            raise QueryError("This is not a SELECT query.")
        names = tuple(variable.value for variable in result.variables)
        rows: list[tuple[object, ...]] = []
        try:
            for solution in result:
                if limit is not None and len(rows) == limit:
                    return Solutions(names, rows, cut=True)  # type: ignore[arg-type]
                rows.append(tuple(solution))
        except (OSError, RuntimeError) as error:
            raise QueryError(str(error)) from error
        return Solutions(names, rows)  # type: ignore[arg-type]

    def ask(self, query: str) -> bool:
        """The answer to an ASK."""
        result = self._run(query)
        if not isinstance(result, QueryBoolean):
            raise QueryError("This is not an ASK query.")
        return bool(result)

    def lines(self, *, with_graphs: bool = False) -> Iterator[str]:
        """All triples as N-Triples, or with their graphs as N-Quads, some thousand lines at a time."""
        quads = self.store.quads_for_pattern(None, None, None, ALL)
        while portion := self._portion(quads):
            with _read():
                written = [quad for quad in portion if not with_graphs or self._is_unnamed(quad)]
            yield "".join(f"{quad.triple} .\n" for quad in written)
        for name in self._names() if with_graphs else ():
            quads = self.store.quads_for_pattern(None, None, None, name)
            while portion := self._portion(quads):
                yield "".join(f"{quad.triple} {name} .\n" for quad in portion)

    def _names(self) -> list[NamedNode | BlankNode]:
        with _read():
            return [name for name in self.store.named_graphs() if name != OVERLAP]

    def _is_unnamed(self, quad: Quad) -> bool:
        """Whether a triple stands in no named graph, or also without one."""
        everywhere = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        names = {each.graph_name for each in everywhere} - {ALL}
        return not names or OVERLAP in names

    @staticmethod
    def _portion(quads: Iterator[Quad]) -> list[Quad]:
        with _read():
            return list(islice(quads, _LINES_AT_ONCE))

    def count(self) -> int:
        """How many triples there are. Raises StoreError."""
        with _read():
            if next(self.store.named_graphs(), None) is None:
                return len(self.store)
        [[number]] = self.select("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }").rows
        assert isinstance(number, Literal)
        return int(number.value)

    def relations_of_sample(
        self, origin: str, limit: int
    ) -> tuple[set[RdfTerm | None], set[RdfTerm | None]] | None:
        """The predicates that leave, and that enter, what a pattern binds `?x` to; None for much."""
        sample = f"SELECT * WHERE {{ {origin} }} LIMIT {limit}"
        [[counted]] = self.select(f"SELECT (COUNT(*) AS ?n) WHERE {{ {sample} }}").rows
        if isinstance(counted, Literal) and int(counted.value) >= limit:
            return None
        members = f"{{ SELECT DISTINCT ?x WHERE {{ {origin} }} }}"
        return self._predicates(f"{members} ?x ?p ?y"), self._predicates(f"{members} ?y ?p ?x")

    def _predicates(self, pattern: str) -> set[RdfTerm | None]:
        """The terms that a pattern binds `?p` to."""
        return {row[0] for row in self.select(f"SELECT DISTINCT ?p WHERE {{ {pattern} }}").rows}

    def any_solution(self, bodies: Sequence[str]) -> Sequence[bool | None]:
        """Whether each body has a solution."""
        return [bool(self.select(f"{body} LIMIT 1").rows) for body in bodies]

    def relations(
        self, term: NamedNode | Literal, candidates: Sequence[NamedNode]
    ) -> tuple[list[NamedNode], list[NamedNode]]:
        """The candidates that leave a term, and those that enter it.

        Each costs one look at the index, however many edges there are.
        """
        has = self.store.quads_for_pattern
        with _read():
            entering = [predicate for predicate in candidates if next(has(None, predicate, term, ALL), None)]
            if isinstance(term, Literal):
                return [], entering
            return [each for each in candidates if next(has(term, each, None, ALL), None)], entering

    def surroundings(self, terms: Sequence[NamedNode | Literal]) -> list[set[NamedNode]]:
        """The predicates of each term's first edges."""
        has, surroundings = self.store.quads_for_pattern, []
        with _read():
            for term in terms:
                leaving = () if isinstance(term, Literal) else islice(has(term, None, None, ALL), _LOOKED_AT)
                entering = islice(has(None, None, term, ALL), _LOOKED_AT)
                surroundings.append({quad.predicate for quad in (*leaving, *entering)})
        return surroundings

    def held_by(
        self, nodes: Sequence[BlankNode], limit: int
    ) -> dict[BlankNode, list[tuple[NamedNode, RdfTerm]]]:
        """The predicate and object of each edge that leaves a blank node."""
        has = self.store.quads_for_pattern
        with _read():
            return {
                node: [(quad.predicate, quad.object) for quad in islice(has(node, None, None, ALL), limit)]
                for node in nodes
            }

    def leading_to(self, node: BlankNode, limit: int) -> list[tuple[RdfTerm, NamedNode]]:
        """The subject and predicate of each edge that enters a blank node."""
        with _read():
            quads = islice(self.store.quads_for_pattern(None, None, node, ALL), limit)
            return [(quad.subject, quad.predicate) for quad in quads]

    def _run(self, query: str) -> object:
        try:
            return self.store.query(query)
        except (SyntaxError, ValueError) as error:
            raise QueryError(str(error)) from error
        except (OSError, RuntimeError) as error:
            raise _unreadable(error) from error


@contextmanager
def _read() -> Iterator[None]:
    """Read from the store in the block. Raises StoreError."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> StoreError:
    return StoreError(f"The graph could not be read: {error}", transient=True)
