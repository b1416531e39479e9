"""A graph that is served: its queries are evaluated in processes beside, each of which ends with its time.

The engine cannot be told to stop, and bounds within a query bound its solutions, not what is tried for them.
So no query runs in the process that serves, whoever wrote it. The processes stay for the next query, as the
decoder asks many short ones.
"""

import json
import os
import selectors
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from pyoxigraph import QueryBoolean, QueryResultsFormat, parse_query_results

from kbqa.process_pool import AllBusy, PooledProcess, ProcessPool, pool_of
from kbqa.sparql.stores.base import QueryError, Solutions, StoreError
from kbqa.sparql.stores.guarded import Guard, process_command, process_environment, refusal, refused, too_long
from kbqa.sparql.stores.oxigraph import OxigraphStore

_START_SECONDS = 20.0
"""How long a process may take to start, which no query's time counts."""
_PORTION = 1 << 16
_TOLD = {ord("0"): False, ord("1"): True}


class ServedStore(OxigraphStore):
    """A version of a graph in a folder; each query ends within its time, as `guard` or the settings say."""

    _folder: Path
    _guard: Guard | None = None

    @classmethod
    def open(cls, folder: Path, version: str, guard: Guard | None = None) -> "ServedStore":
        """Open a folder for reading. Raises StoreError."""
        opened = super().open(folder, version)
        assert isinstance(opened, cls)
        opened._folder, opened._guard = folder, guard
        return opened

    def select(self, query: str, *, limit: int | None = None) -> Solutions:
        """The solutions of a SELECT, at most `limit`."""
        found = solutions_of(*self._evaluated(query, limit))
        if isinstance(found, bool):
            raise QueryError("This is not a SELECT query.")
        return found

    def ask(self, query: str) -> bool:
        """The answer to an ASK."""
        found = solutions_of(*self._evaluated(query, 1))
        if not isinstance(found, bool):
            raise QueryError("This is not an ASK query.")
        return found

    def any_solution(self, bodies: Sequence[str]) -> Sequence[bool | None]:
        """Whether each body has a solution; None for those of which that was not told in time."""
        if not bodies:
            return []
        task = {"folder": str(self._folder), "bodies": list(bodies)}
        told = _told(task, self._guard or Guard.of_readings())
        known = map(_TOLD.get, told)
        return [*known, *(None for _ in bodies[len(told) :])]

    def _evaluated(self, query: str, limit: int | None) -> tuple[dict[str, Any], bytes]:
        guard = self._guard or Guard.of_queries()
        task = {
            "folder": str(self._folder),
            "query": query,
            "limit": limit,
            "accept": "",
            "bytes": guard.result,
        }
        head, body = _result(task, guard)
        if _let_through(head, guard)["content_type"] != "application/sparql-results+json":
            raise QueryError("This is not a SELECT query.")
        return head, body


class Evaluator(PooledProcess):
    """A process that evaluates queries, one after another."""

    max_tasks = 10_000
    _is_ready = False
    _rest: bytearray

    @classmethod
    def started(cls, memory: int) -> Self:
        """A new one, which may have so many bytes of memory. Raises OSError."""
        made = cls(process_command(), process_environment())
        made._rest = bytearray()
        made.send(json.dumps({"kind": "serve", "memory": memory}).encode() + b"\n")
        return made

    def wait_until_ready(self) -> None:
        """Wait until it takes queries. Raises TimeoutError, EOFError."""
        if not self._is_ready:
            self.line(time.monotonic() + _START_SECONDS)
            self._is_ready = True

    def begin(self, task: Mapping[str, Any], seconds: float, received: bytes = b"") -> None:
        """Give it a task, which it ends with after so many seconds. Raises BrokenPipeError."""
        self._rest.clear()
        self.send(json.dumps({**task, "seconds": seconds}).encode() + b"\n" + received)

    def line(self, until: float) -> bytes:
        """The next line. Raises TimeoutError, EOFError."""
        while b"\n" not in self._rest:
            self._more(until)
        line, _, rest = bytes(self._rest).partition(b"\n")
        self._rest[:] = rest
        return line

    def body(self, number: int, until: float) -> bytes:
        """So many further bytes. Raises TimeoutError, EOFError."""
        while len(self._rest) < number:
            self._more(until)
        return bytes(self._rest)

    @property
    def so_far(self) -> bytes:
        """What was read of what is not complete."""
        return bytes(self._rest)

    def _more(self, until: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.output, selectors.EVENT_READ)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError
        portion = os.read(self.output, _PORTION)
        if not portion:
            raise EOFError
        self._rest += portion


def evaluators() -> ProcessPool[Evaluator]:
    """The processes of this one, as the settings want them."""
    return pool_of(Evaluator, settings.GRAPH_QUERY_PROCESSES, settings.GRAPH_QUERY_MEMORY_BYTES)


def received_result(
    body: bytes, kind: str, sender: str, guard: Guard, *, accept: str = "", limit: int | None = None
) -> tuple[dict[str, Any], bytes]:
    """The head and the body of a result that somebody else's server sent, `kind` being its media type.

    It is read where it can do no harm, whatever it is, and written anew in the form that is liked best, with
    at most `limit` rows. Raises QueryError, StoreError.
    """
    task = {"received": len(body), "media_type": kind, "accept": accept, "limit": limit}
    head, read = _result({**task, "bytes": guard.result}, guard, body, sender)
    if head.get("refused") == "query":
        raise _unreadable(sender, head["message"])
    return _let_through(head, guard), read


def _unreadable(sender: str, why: str) -> StoreError:
    return StoreError(f"{sender} answers with a result that cannot be read: {why}")


def solutions_of(head: Mapping[str, Any], body: bytes) -> Solutions | bool:
    """The solutions of a SELECT, or the answer to an ASK, of a result that a process here wrote in JSON."""
    parsed = parse_query_results(body, format=QueryResultsFormat.JSON)
    if isinstance(parsed, QueryBoolean):
        return bool(parsed)
    names = tuple(variable.value for variable in parsed.variables)
    return Solutions(names, [tuple(row) for row in parsed], head["cut"])


def _let_through(head: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """The head of a result that was not refused. Raises QueryError, StoreError."""
    if "refused" in head:
        raise refusal(head, guard, "query")
    return head


def _result(
    task: Mapping[str, Any], guard: Guard, received: bytes = b"", sender: str = ""
) -> tuple[dict[str, Any], bytes]:
    """The head and the body of a query's result, or of what was received. Raises QueryError, StoreError."""
    with _evaluator() as evaluator:
        until = time.monotonic() + guard.seconds
        try:
            evaluator.begin(task, guard.seconds, received)
            head = json.loads(evaluator.line(until))
            return head, evaluator.body(head["bytes"], until)
        except TimeoutError:
            raise too_long(guard, "query") from None
        except (EOFError, BrokenPipeError):
            if time.monotonic() >= until:
                raise too_long(guard, "query") from None
            if sender:
                raise _unreadable(sender, "too much stands in it, or inside each other") from None
            raise refused("memory", "", guard, "query") from None


def _told(task: Mapping[str, Any], guard: Guard) -> bytes:
    """A letter for each body, in their order, as far as they were told in time. Raises StoreError."""
    with _evaluator() as evaluator:
        until = time.monotonic() + guard.seconds
        try:
            evaluator.begin(task, guard.seconds)
            letters = evaluator.body(len(task["bodies"]), until)
        except (TimeoutError, EOFError, BrokenPipeError):
            letters = evaluator.so_far
            evaluator.end()
    if b"!" in letters:
        raise StoreError("The graph could not be read.", transient=True)
    return letters


@contextmanager
def _evaluator() -> Iterator[Evaluator]:
    """A process that is ready for a query. Raises StoreError."""
    try:
        with evaluators().process() as evaluator:
            try:
                evaluator.wait_until_ready()
            except (TimeoutError, EOFError) as error:
                raise StoreError("A process that asks the graph did not start.", transient=True) from error
            yield evaluator
    except AllBusy:
        raise StoreError(
            "Too many questions are being read at the moment; try again in some seconds.", transient=True
        ) from None
