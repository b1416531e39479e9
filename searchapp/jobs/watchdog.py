"""Ends a worker that lives but begins nothing, so that whoever keeps it running starts it again.

A process of its pool that hangs, or a consumer that does not come back after an outage of the broker, leaves
messages waiting beside idle processes, and nothing of that ends by itself.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery.worker import state
from kombu.exceptions import ChannelError
from kombu.exceptions import OperationalError as BrokerError

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS, PATIENCE_SECONDS = 5.0, 60.0


@dataclass(frozen=True)
class Sight:
    """What a worker does at one moment, as numbers of tasks and processes."""

    begun: int
    """Tasks that it has begun in its life."""
    running: int
    waiting: int
    """Tasks that it could begin: in its queues, or taken from them and not begun."""
    processes: int

    @property
    def idles(self) -> bool:
        """Whether it should be about to begin something."""
        return self.waiting > 0 and self.running < self.processes


class Watch:
    """Notes since when a worker has idled beside work."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._since: tuple[int, float] | None = None

    def is_stalled(self, sight: Sight | None, now: float) -> bool:
        """Whether it has begun nothing for too long; None is a moment at which the broker was away."""
        if sight is None or not sight.idles:
            self._since = None
            return False
        if self._since is None or self._since[0] != sight.begun:
            self._since = (sight.begun, now)
        return now - self._since[1] >= self._patience_seconds


def watch(consumer: Any) -> None:
    """Watch the worker of a Celery consumer in a thread, for as long as its process lives."""
    threading.Thread(target=_watch, args=(lambda: _sight(consumer),), name="watchdog", daemon=True).start()


def _watch(look: Callable[[], Sight | None]) -> None:
    watched = Watch(PATIENCE_SECONDS)
    while not watched.is_stalled(look(), time.monotonic()):
        time.sleep(LOOK_EVERY_SECONDS)
    logger.critical("The worker has begun nothing for %s s although jobs wait; ending it.", PATIENCE_SECONDS)
    # Nothing gentler is sure to reach it; its pool ends with it.
    os.kill(os.getpid(), signal.SIGKILL)


def _sight(consumer: Any) -> Sight | None:
    queues = [queue.name for queue in list(consumer.task_consumer.queues)]
    try:
        with consumer.app.connection_for_read() as connection:
            waiting = sum(_length(connection.default_channel, queue) for queue in queues)
    except (BrokerError, OSError):
        return None
    running = set(state.active_requests)
    held = [each for each in set(state.reserved_requests) - running if not each.eta]
    begun = sum(state.total_count.values())
    return Sight(begun, len(running), waiting + len(held), consumer.pool.num_processes)


def _length(channel: Any, queue: str) -> int:
    try:
        return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except ChannelError:
        # A queue without messages is not there.
        return 0
