"""A graph that is served: its queries are evaluated in processes beside, each of which ends with its time.

The engine cannot be told to stop, and bounds within a query bound its solutions, not what is tried for them.
So no query runs in the process that serves, whoever wrote it. The processes stay for the next query, as the
decoder asks many short ones.
"""

import atexit
import json
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from pyoxigraph import QueryBoolean, QueryResultsFormat, parse_query_results

from kbqa.sparql.stores.base import QueryError, Solutions, StoreError
from kbqa.sparql.stores.guarded import Guard, process_command, process_environment, refused, too_long
from kbqa.sparql.stores.oxigraph import OxigraphStore

_WAIT_SECONDS = 5.0
"""How long a query waits for a process to become free."""
_START_SECONDS = 20.0
"""How long a process may take to start, which no query's time counts."""
_PORTION = 1 << 16
_MAX_QUERIES = 10_000
"""After how many queries a process is replaced: what the engine never gives back goes with it."""
_making = threading.Lock()


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
        head, body = self._evaluated(query, limit)
        parsed = parse_query_results(body, format=QueryResultsFormat.JSON)
        if isinstance(parsed, QueryBoolean):
            raise QueryError("This is not a SELECT query.")
        names = tuple(variable.value for variable in parsed.variables)
        return Solutions(names, [tuple(row) for row in parsed], head["cut"])

    def ask(self, query: str) -> bool:
        """The answer to an ASK."""
        _, body = self._evaluated(query, 1)
        parsed = parse_query_results(body, format=QueryResultsFormat.JSON)
        if not isinstance(parsed, QueryBoolean):
            raise QueryError("This is not an ASK query.")
        return bool(parsed)

    def any_solution(self, bodies: Sequence[str]) -> Sequence[bool | None]:
        """Whether each body has a solution; None for those of which that was not told in time."""
        if not bodies:
            return []
        guard = self._guard or Guard.of_readings()
        told = evaluators().told({"folder": str(self._folder), "bodies": list(bodies)}, guard)
        known = [letter == ord("1") for letter in told]
        return [*known, *(None for _ in bodies[len(known) :])]

    def _evaluated(self, query: str, limit: int | None) -> tuple[dict[str, Any], bytes]:
        guard = self._guard or Guard.of_queries()
        task = {
            "folder": str(self._folder),
            "query": query,
            "limit": limit,
            "accept": "",
            "bytes": guard.result,
        }
        head, body = evaluators().result(task, guard)
        if "refused" in head:
            raise refused(head["refused"], head["message"], guard, "query")
        if head["content_type"] != "application/sparql-results+json":
            raise QueryError("This is not a SELECT query.")
        return head, body


class _Evaluator:
    """A process that evaluates queries, one after another."""

    def __init__(self, memory: int) -> None:
        self._process = subprocess.Popen(
            process_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=process_environment(),
            bufsize=0,
        )
        self.queries = 0
        self._rest = bytearray()
        try:
            self._write({"kind": "serve", "memory": memory})
            self.line(time.monotonic() + _START_SECONDS)
        except (TimeoutError, EOFError, BrokenPipeError) as error:
            self.end()
            raise StoreError("A process that asks the graph did not start.", transient=True) from error

    def _write(self, task: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task).encode() + b"\n")

    def begin(self, task: Mapping[str, Any], seconds: float) -> None:
        """Give it a task, which it ends with after so many seconds. Raises BrokenPipeError."""
        self.queries += 1
        self._rest.clear()
        self._write({**task, "seconds": seconds})

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
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError
        portion = os.read(self._process.stdout.fileno(), _PORTION)
        if not portion:
            raise EOFError
        self._rest += portion

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


class Evaluators:
    """At most `number` processes, each for one query at a time."""

    def __init__(self, number: int, memory: int) -> None:
        self._memory = memory
        self._free: list[_Evaluator] = []
        self._places = threading.BoundedSemaphore(number)

    def result(self, task: Mapping[str, Any], guard: Guard) -> tuple[dict[str, Any], bytes]:
        """The head and the body of a query's result. Raises QueryError, StoreError."""
        evaluator = self._taken()
        until = time.monotonic() + guard.seconds
        try:
            evaluator.begin(task, guard.seconds)
            head = json.loads(evaluator.line(until))
            body = evaluator.body(head["bytes"], until)
        except TimeoutError:
            raise self._lost(evaluator, too_long(guard, "query")) from None
        except (EOFError, BrokenPipeError):
            late = time.monotonic() >= until
            error = too_long(guard, "query") if late else refused("memory", "", guard, "query")
            raise self._lost(evaluator, error) from None
        except BaseException:
            self._lost(evaluator)
            raise
        self._give_back(evaluator)
        return head, body

    def told(self, task: Mapping[str, Any], guard: Guard) -> bytes:
        """A letter for each body, in their order, as far as they were told in time. Raises StoreError."""
        evaluator = self._taken()
        until = time.monotonic() + guard.seconds
        try:
            evaluator.begin(task, guard.seconds)
            letters = evaluator.body(len(task["bodies"]), until)
        except (TimeoutError, EOFError, BrokenPipeError):
            letters = evaluator.so_far
            self._lost(evaluator)
        except BaseException:
            self._lost(evaluator)
            raise
        else:
            self._give_back(evaluator)
        if b"!" in letters:
            raise StoreError("The graph could not be read.", transient=True)
        return letters

    def _taken(self) -> _Evaluator:
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise StoreError(
                "Too many questions are being read at the moment; try again in some seconds.", transient=True
            )
        try:
            return self._free.pop()
        except IndexError:
            return self._made()

    def _made(self) -> _Evaluator:
        try:
            return _Evaluator(self._memory)
        except BaseException:
            self._places.release()
            raise

    def _give_back(self, evaluator: _Evaluator) -> None:
        if evaluator.queries < _MAX_QUERIES:
            self._free.append(evaluator)
        else:
            evaluator.end()
        self._places.release()

    def _lost(self, evaluator: _Evaluator, error: Exception | None = None) -> Exception:
        """End a process that is of no use any more; returns the error that is given."""
        evaluator.end()
        self._places.release()
        return error or StoreError("The graph could not be read.", transient=True)

    def close(self) -> None:
        """End the processes that wait."""
        while self._free:
            self._free.pop().end()


def evaluators() -> Evaluators:
    """The processes of this one, as the settings want them."""
    with _making:
        return _evaluators(os.getpid(), settings.GRAPH_QUERY_PROCESSES, settings.GRAPH_QUERY_MEMORY_BYTES)


@lru_cache(4)
def _evaluators(_: int, number: int, memory: int) -> Evaluators:
    made = Evaluators(number, memory)
    atexit.register(made.close)
    return made
