"""What the threads of a process keep between requests, so that each value is made once."""

import os
import weakref
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
_caches: "weakref.WeakSet[SharedCache[Any, Any]]" = weakref.WeakSet()


class SharedCache(Generic[K, V]):
    """At most `most` values by their keys; the one that was asked for the longest ago goes first.

    A key holds all that its value depends on. One thread makes a value while others that want it wait; those
    with other keys do not. Of a forked process it is empty: models have threads, and those stay behind.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.clear()
        _caches.add(self)

    def clear(self) -> None:
        """Forget everything, whoever holds the lock."""
        self._lock = Lock()
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key, made where there is none. What `make` raises is passed on, and not kept."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        try:
            return entry.value_of(make)
        except BaseException:
            with self._lock:
                if self._entries.get(key) is entry:
                    del self._entries[key]
            raise


class _Entry(Generic[V]):
    """The place of one value."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: tuple[V] | None = None

    def value_of(self, make: Callable[[], V]) -> V:
        with self._lock:
            if self._made is None:
                self._made = (make(),)
            return self._made[0]


def forget_all() -> None:
    """Empty all caches, as in a process that begins: while nobody asks, for measuring."""
    for cache in list(_caches):
        cache.clear()


# Whoever held a lock when the process forked is not there to release it.
os.register_at_fork(after_in_child=forget_all)
