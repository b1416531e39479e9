"""The interface of a graph store, wherever its triples lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from searchapp.errors import InvalidInput, Unavailable

RdfTerm = NamedNode | BlankNode | Literal | Triple


class StoreError(Unavailable):
    """The graph cannot be asked: its store or its endpoint is away, or answers with what cannot be read."""


class QueryError(InvalidInput):
    """A query is wrong, or asks for too much."""

    field = "query"


class QueryTimeout(QueryError):  # noqa: N818 - reads as what it is
    """A query took longer than it may: nothing is wrong with it, and it may be quicker another time."""

    status = 503
    title = "Took too long"
    code = "timeout"
    transient = True


class NoSuchForm(QueryError):  # noqa: N818 - reads as what it is
    """A result has none of the media types that were asked for."""

    status = 406
    title = "Not acceptable"
    code = "not_acceptable"
    field = "Accept"


@dataclass(frozen=True)
class Solutions:
    """The solutions of a SELECT: a term or None for each variable of each row.

    `cut` if there are more rows than were asked for.
    """

    variables: tuple[str, ...]
    rows: list[tuple[RdfTerm | None, ...]]
    cut: bool = False


class Queried(Protocol):
    """What answers queries, as far as a graph's vocabulary and names are read by them."""

    def select(self, query: str, *, limit: int | None = None) -> Solutions:
        """The solutions of a SELECT. Raises QueryError, StoreError."""
        ...

    def any_solution(self, bodies: Sequence[str]) -> Sequence[bool | None]:
        """Whether each body, `SELECT … { … }` without a limit, has a solution; None if that takes too long.

        Raises StoreError.
        """
        ...


@dataclass(frozen=True)
class Paced:
    """A graph before each query of which something is called, which may end the work by an exception."""

    store: Queried
    may_go_on: Callable[[], None]

    def select(self, query: str, *, limit: int | None = None) -> Solutions:
        """The solutions of a SELECT, at most `limit`."""
        self.may_go_on()
        return self.store.select(query, limit=limit)

    def any_solution(self, bodies: Sequence[str]) -> Sequence[bool | None]:
        """Whether each body has a solution."""
        self.may_go_on()
        return self.store.any_solution(bodies)


class GraphStore(Queried, Protocol):
    """A graph that answers SPARQL."""

    version: str
    """Changes whenever the graph does: answers are remembered by it."""
    is_elsewhere: bool
    """Whether each question takes a request to another server."""

    def ask(self, query: str) -> bool:
        """The answer to an ASK. Raises QueryError, StoreError."""
        ...

    def relations_of_sample(
        self, origin: str, limit: int
    ) -> tuple[set[RdfTerm | None], set[RdfTerm | None]] | None:
        """The predicates that leave, and that enter, what a pattern binds `?x` to.

        None where the pattern has `limit` solutions or more. Raises QueryError, StoreError.
        """
        ...

    def relations(
        self, term: NamedNode | Literal, candidates: Sequence[NamedNode]
    ) -> tuple[list[NamedNode], list[NamedNode]]:
        """The candidates that leave a term, and those that enter it. Raises StoreError."""
        ...

    def surroundings(self, terms: Sequence[NamedNode | Literal]) -> list[set[NamedNode]]:
        """Some of the predicates of each term's edges, either way. Raises StoreError."""
        ...

    def held_by(
        self, nodes: Sequence[BlankNode], limit: int
    ) -> dict[BlankNode, list[tuple[NamedNode, RdfTerm]]]:
        """The predicate and object of each edge that leaves a blank node, at most `limit` of each.

        Nothing where blank nodes cannot be asked for. Raises StoreError.
        """
        ...

    def leading_to(self, node: BlankNode, limit: int) -> list[tuple[RdfTerm, NamedNode]]:
        """The subject and predicate of each edge that enters a blank node. Raises StoreError."""
        ...
