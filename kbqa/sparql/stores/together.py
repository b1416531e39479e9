"""Work that asks a graph, several pieces at once: what all of them wait for is asked in one request.

A graph that lives elsewhere takes a request's time for each question, however small. Pieces of work run in
threads; as soon as each waits for an answer or has ended, what they want to know goes out together.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kbqa.sparql.stores.base import GraphStore

T = TypeVar("T")
_Told = Sequence[bool | None]


class _Round:
    """Questions that wait to be asked together, and their answers once they were."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.told: _Told | None = None
        self.error: Exception | None = None


class Together:
    """Asks a store whether bodies have solutions, for several threads in one request.

    Threads that take part are `entered` before any of them begins.
    """

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._working = self._waiting = 0
        self._round = _Round()
        self._taking_part = threading.local()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """The results of pieces of work, in their order. Raises what one of them raises."""
        if len(jobs) < 2:
            return [job() for job in jobs]
        with self._changed:
            self._working += len(jobs)
        with ThreadPoolExecutor(len(jobs)) as threads:
            return [made.result() for made in [threads.submit(self._one, job) for job in jobs]]

    def any_solution(self, bodies: Sequence[str]) -> _Told:
        """Whether each body has a solution; asked with what other threads want to know. Raises StoreError."""
        if not getattr(self._taking_part, "now", False):
            return self._store.any_solution(bodies)
        with self._changed:
            own, begin = self._round, len(self._round.bodies)
            own.bodies += bodies
            self._waiting += 1
            while own.told is None and own.error is None:
                if own is self._round and self._waiting == self._working:
                    self._ask()
                else:
                    self._changed.wait()
        if own.error is not None:
            raise own.error
        assert own.told is not None
        return own.told[begin : begin + len(bodies)]

    def _one(self, job: Callable[[], T]) -> T:
        self._taking_part.now = True
        try:
            return job()
        finally:
            self._taking_part.now = False
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def _ask(self) -> None:
        """Ask what all wait for. Nobody else works meanwhile, so that it is asked with the lock held."""
        asked, self._round, self._waiting = self._round, _Round(), 0
        try:
            unique = list(dict.fromkeys(asked.bodies))
            told = dict(zip(unique, self._store.any_solution(unique), strict=True))
            asked.told = [told[body] for body in asked.bodies]
        except Exception as error:
            asked.error = error
        self._changed.notify_all()
