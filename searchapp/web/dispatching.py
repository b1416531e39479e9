"""Threads for each kind of work, and places to wait in, which are few and for a short time."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

from searchapp.admission import Work, kind_of

# It would be said of each request that waits.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class _Pool(ThreadedTaskDispatcher):  # type: ignore[misc]
    """The threads of one kind, and the connections whose requests wait for one of them."""

    def __init__(self, threads: int, places: int) -> None:
        super().__init__()
        self._places = places
        self.set_thread_count(threads)

    def offer(self, channel: HTTPChannel) -> bool:
        """Take a connection's request; False where no place is left."""
        with self.lock:
            if len(self.queue) >= self._places:
                return False
        channel.waits_since = time.monotonic()
        self.add_task(channel)
        return True

    @property
    def is_full(self) -> bool:
        """Whether all threads are at work."""
        with self.lock:
            return bool(self.active_count >= len(self.threads))

    def take_late(self, seconds: float) -> list[HTTPChannel]:
        """Take those out that have waited for longer."""
        before, late = time.monotonic() - seconds, []
        with self.lock:
            while self.queue and self.queue[0].waits_since < before:
                late.append(self.queue.popleft())
        return late


@dataclass(frozen=True)
class Places:
    """How much of each kind is done at once, and how many may wait for how long."""

    threads: dict[Work, int]
    waiting: int
    """Of each kind."""
    seconds: float


class Dispatcher:
    """Hands each request to a thread of its kind; beyond the places, to one that refuses it."""

    def __init__(self, places: Places) -> None:
        self._seconds = places.seconds
        self._pools = {kind: _Pool(places.threads[kind], places.waiting) for kind in Work}
        self._has_answered = False

    def answered(self) -> None:
        """Note that a thread has answered something."""
        self._has_answered = True

    def gets_on(self) -> bool:
        """Whether threads answered something since this was asked, or one is free that tells of health."""
        has_answered, self._has_answered = self._has_answered, False
        return has_answered or not self._pools[Work.HEALTH].is_full

    def add_task(self, channel: HTTPChannel) -> None:
        """Let the first complete request of a connection be answered."""
        kind = _kind(channel.requests[0])
        if not self._pools[kind].offer(channel):
            self._refuse(channel, kind)

    def refuse_late(self) -> None:
        """Refuse what has waited for too long."""
        for kind, pool in self._pools.items():
            if kind is not Work.HEALTH:
                for channel in pool.take_late(self._seconds):
                    self._refuse(channel, kind)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads; as waitress calls it."""
        deadline = time.monotonic() + timeout
        return all(
            pool.shutdown(cancel_pending, max(0.0, deadline - time.monotonic()))
            for pool in self._pools.values()
        )

    def _refuse(self, channel: HTTPChannel, kind: Work) -> None:
        channel.requests[0].refused = kind
        channel.waits_since = time.monotonic()
        self._pools[Work.HEALTH].add_task(channel)


def _kind(request: Any) -> Work:
    # What waitress refuses itself is answered without the product.
    if request.error:
        return Work.HEALTH
    path = request.path.encode("latin-1").decode(errors="replace")
    return kind_of(request.command, path, request.query)
