"""A graph behind somebody else's SPARQL 1.1 endpoint."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import httpx
from django.conf import settings
from pyoxigraph import BlankNode, Literal, NamedNode

from kbqa.sparql.stores.base import QueryError, QueryTimeout, RdfTerm, Solutions, StoreError
from kbqa.sparql.stores.guarded import Guard
from kbqa.sparql.stores.served import received_result, solutions_of
from searchapp.addresses import AddressError, pinned_address
from searchapp.connection_deadline import connection_deadline

_ACCEPT = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_TABLES = {
    "application/sparql-results+json", "application/json", "application/sparql-results+xml", "text/xml",
}  # fmt: skip
_FORWARDED = {
    "application/xml", "application/x-turtle", "text/n3", "text/csv", "text/tab-separated-values",
    "text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml",
}  # fmt: skip
_AT_ONCE, _LOOKED_AT = 60, 40
_BUSY = {429, 502, 503, 504}
_TOO_LONG = 408
_ATTEMPTS = 3
T = TypeVar("T")


class EndpointStore:
    """Asks by POST; where the server is busy it waits as long as that says, within the time limit."""

    def __init__(self, address: str, version: str, token: str = "") -> None:
        self.address, self.version = address, version
        self._headers = {"User-Agent": "Searchapp"} | ({"Authorization": f"Bearer {token}"} if token else {})

    is_elsewhere = True

    def select(self, query: str, *, limit: int | None = None) -> Solutions:
        """The solutions of a SELECT, at most `limit`."""
        result = self._run(query, limit)
        if isinstance(result, bool):
            raise QueryError("This is not a SELECT query.")
        return result

    def ask(self, query: str) -> bool:
        """The answer to an ASK."""
        result = self._run(query, None)
        if not isinstance(result, bool):
            raise QueryError("This is not an ASK query.")
        return result

    def any_solution(self, bodies: Sequence[str]) -> list[bool]:
        """Whether each body has a solution; many are asked in one request."""
        solved: set[int] = set()
        for chunk in _portions(list(enumerate(bodies))):
            parts = " UNION ".join(
                f"{{ SELECT ({number} AS ?k) WHERE {{ {{ {body} LIMIT 1 }} }} }}" for number, body in chunk
            )
            solved |= {
                int(row[0].value)
                for row in self.select(f"SELECT ?k WHERE {{ {parts} }}").rows
                if isinstance(row[0], Literal)
            }
        return [number in solved for number in range(len(bodies))]

    def relations(
        self, term: NamedNode | Literal, candidates: Sequence[NamedNode]
    ) -> tuple[list[NamedNode], list[NamedNode]]:
        """The candidates that leave a term, and those that enter it."""
        if not candidates:
            return [], []
        values = f"VALUES ?p {{ {' '.join(map(str, candidates))} }}"
        sides = [] if isinstance(term, Literal) else [f"{term} ?p ?y"]
        sides.append(f"?y ?p {term}")
        parts = " UNION ".join(
            f"{{ SELECT ({number} AS ?k) ?p WHERE {{ {values} FILTER EXISTS {{ {side} }} }} }}"
            for number, side in enumerate(sides, start=2 - len(sides))
        )
        found = set(map(tuple, self.select(f"SELECT ?k ?p WHERE {{ {parts} }}").rows))
        existing = {(int(key.value), end) for key, end in found if isinstance(key, Literal)}
        return (
            [each for each in candidates if (0, each) in existing],
            [each for each in candidates if (1, each) in existing],
        )

    def relations_of_sample(
        self, origin: str, limit: int
    ) -> tuple[set[RdfTerm | None], set[RdfTerm | None]] | None:
        """The predicates that leave, and that enter, what a pattern binds `?x` to, in one request.

        None where the pattern has `limit` solutions or more.
        """
        sample = f"SELECT * WHERE {{ {origin} }} LIMIT {limit}"
        members = f"{{ SELECT DISTINCT ?x WHERE {{ {origin} }} LIMIT {limit} }}"
        parts = [f"{{ SELECT (2 AS ?k) (COUNT(*) AS ?p) WHERE {{ {sample} }} }}"]
        parts += [
            f"{{ SELECT DISTINCT ({number} AS ?k) ?p WHERE {{ {members} {edge} }} }}"
            for number, edge in enumerate(("?x ?p ?y", "?y ?p ?x"))
        ]
        found: tuple[set[RdfTerm | None], set[RdfTerm | None]] = (set(), set())
        for key, value in self.select(f"SELECT ?k ?p WHERE {{ {' UNION '.join(parts)} }}").rows:
            assert isinstance(key, Literal)
            if key.value == "2" and isinstance(value, Literal) and int(value.value) >= limit:
                return None
            if key.value != "2":
                found[int(key.value)].add(value)
        return found

    def surroundings(self, terms: Sequence[NamedNode | Literal]) -> list[set[NamedNode]]:
        """The predicates of some of each term's edges."""
        surroundings: list[set[NamedNode]] = [set() for _ in terms]
        for chunk in _portions(list(enumerate(terms))):
            sides = [(number, f"{term} ?p ?y") for number, term in chunk if isinstance(term, NamedNode)]
            sides += [(number, f"?y ?p {term}") for number, term in chunk]
            parts = " UNION ".join(
                f"{{ SELECT ({number} AS ?k) ?p WHERE {{ {side} }} LIMIT {_LOOKED_AT} }}"
                for number, side in sides
            )
            for key, predicate in self.select(f"SELECT DISTINCT ?k ?p WHERE {{ {parts} }}").rows:
                if isinstance(key, Literal) and isinstance(predicate, NamedNode):
                    surroundings[int(key.value)].add(predicate)
        return surroundings

    def held_by(
        self, nodes: Sequence[BlankNode], limit: int
    ) -> dict[BlankNode, list[tuple[NamedNode, RdfTerm]]]:
        """Nothing: an endpoint cannot be asked for one of its blank nodes."""
        return {}

    def leading_to(self, node: BlankNode, limit: int) -> list[tuple[RdfTerm, NamedNode]]:
        """Nothing, neither."""
        return []

    def forward(self, query: str, accept: str, limit: int | None = None) -> tuple[str, bytes, bool]:
        """(media type, body, cut) of what the endpoint answers to a query that somebody wrote.

        Of tables in JSON or XML there are at most `limit` rows, and whether they were cut. Raises QueryError,
        StoreError. Only SPARQL's results are passed on, lest somebody's pages be shown as this server's.
        """
        until = time.monotonic() + settings.GRAPH_QUERY_TIMEOUT_MS / 1000
        status, kind, body, _ = self._send(query, until, accept or _ACCEPT)
        if status in _BUSY or status == _TOO_LONG:
            raise QueryTimeout(
                f"{self.address} is busy, or took too long ({status}). Try again later, add a LIMIT, or "
                "narrow the query's pattern."
            )
        if status != 200:
            raise QueryError(f"{self.address} answers {status}: {body[:500].decode(errors='replace')}")
        if kind in _TABLES:
            head, table = self._received(kind, body, until, accept, limit)
            return head["content_type"], table, head["cut"]
        if kind not in _FORWARDED:
            raise self._no_result(kind)
        return kind, body, False

    def _run(self, query: str, limit: int | None) -> Solutions | bool:
        until = time.monotonic() + settings.GRAPH_QUERY_TIMEOUT_MS / 1000
        for attempt in range(_ATTEMPTS):
            status, kind, body, wait = self._send(query, until)
            if status not in _BUSY:
                self._check(status, kind, body)
                return solutions_of(*self._received(kind, body, until, limit=limit))
            pause = wait or 0.5 * 2**attempt
            if time.monotonic() + pause > until:
                break
            time.sleep(pause)
        raise StoreError(f"{self.address} is busy; try again later.", transient=True)

    def _send(self, query: str, until: float, accept: str = _ACCEPT) -> tuple[int, str, bytes, float]:
        """Status, media type, body, and how long the server asks to wait. Raises QueryError, StoreError."""
        try:
            return self._posted(query, max(0.1, until - time.monotonic()), accept)
        except AddressError as error:
            raise StoreError(str(error), transient=error.transient) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise QueryTimeout(
                f"{self.address} took longer than {settings.GRAPH_QUERY_TIMEOUT_MS / 1000:g} seconds. "
                "Try again later, add a LIMIT, or narrow the query's pattern."
            ) from error
        except httpx.HTTPError as error:
            raise StoreError(
                f"{self.address} cannot be reached: {error or type(error).__name__}", transient=True
            ) from error

    def _posted(self, query: str, seconds: float, accept: str) -> tuple[int, str, bytes, float]:
        """As `_send`. Raises AddressError, httpx.HTTPError; QueryError for a body that is too large."""
        url, headers, extensions = pinned_address(self.address)
        headers = self._headers | headers | {"Accept": accept, "Accept-Encoding": "identity"}
        with (
            connection_deadline(seconds) as trace,
            httpx.Client(timeout=seconds, trust_env=False) as client,
            client.stream(
                "POST", url, data={"query": query}, headers=headers, extensions={**extensions, "trace": trace}
            ) as response,
        ):
            body = self._body(response)
            wait = response.headers.get("retry-after", "")
            kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
            return response.status_code, kind, body, float(wait) if wait.isdecimal() else 0.0

    def _body(self, response: httpx.Response) -> bytes:
        """The body as it was sent: a packed one could unpack to any size. Raises QueryError, StoreError."""
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise StoreError(f"{self.address} packs its answers though it was asked not to.")
        body, most = bytearray(), settings.GRAPH_MAX_RESULT_BYTES
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > most:
                raise QueryError(f"{self.address} answers with more than {most / 1_000_000:,g} MB.")
        return bytes(body)

    def _check(self, status: int, kind: str, body: bytes) -> None:
        """Raises QueryError, StoreError for what is no result."""
        if status in (401, 403):
            raise StoreError(f"{self.address} refuses access; check the token.")
        if 300 <= status < 400:
            raise StoreError(f"{self.address} redirects elsewhere; give the address that it redirects to.")
        if status != 200:
            raise QueryError(f"{self.address} answers {status}: {body[:200].decode(errors='replace')}")
        if kind not in _TABLES:
            raise self._no_result(kind)

    def _no_result(self, kind: str) -> StoreError:
        return StoreError(
            f"{self.address} answers with {kind or 'no media type'}, which is not a SPARQL result. "
            "Is this the endpoint's address?"
        )

    def _received(
        self, kind: str, body: bytes, until: float, accept: str = "", limit: int | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Head and body of a result, read within what is left of the time. Raises QueryError, StoreError."""
        left = replace(Guard.of_queries(), seconds=max(1.0, until - time.monotonic()))
        return received_result(body, kind, self.address, left, accept=accept, limit=limit)


def _portions(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
