"""Threads that meet: what a process shares is asked by many at once, switching as often as can be."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def in_threads(number: int, work: Callable[[int], T]) -> list[T]:
    """What `work` gives for 0 … number - 1, each in a thread of its own that begins with the others.

    Raises what any of them raised first.
    """
    together, results = threading.Barrier(number), dict[int, T]()
    errors: list[BaseException] = []

    def run(index: int) -> None:
        together.wait()
        try:
            results[index] = work(index)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    with switching():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return [results[index] for index in range(number)]


@contextmanager
def switching() -> Iterator[None]:
    """Let Python change threads as often as it can for the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
