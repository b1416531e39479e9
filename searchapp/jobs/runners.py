"""The processes that run jobs: what they are called, whether they live, and how much memory they have."""

import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


def this_process() -> str:
    """The name of this process: no other one, here or elsewhere, has the same or had it."""
    return f"{socket.gethostname()}/{os.getpid()}/{_begun(os.getpid())}"


def is_alive(runner: str) -> bool:
    """Whether a process lives; one of another machine is taken to be gone."""
    host, _, process = runner.rpartition("/")[0].rpartition("/")
    if host != socket.gethostname() or not process.isdecimal():
        return False
    return runner == f"{host}/{process}/{_begun(int(process))}"


def has_ended(runner: str) -> bool:
    """Whether a process is known to have ended: it was one of this machine."""
    return runner.startswith(f"{socket.gethostname()}/") and not is_alive(runner)


@contextmanager
def limited_memory(most_bytes: int) -> Iterator[None]:
    """Limit the memory of this process as `limit_memory` does, until the end of the block."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit_memory(most_bytes)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def limit_memory(most_bytes: int) -> None:
    """Let this process have no more memory of its own than so many bytes, where the system can (Linux).

    What is mapped from files, as the weights of models and the triples of graphs, does not count.
    """
    if most_bytes > 0:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _begun(process: int) -> str:
    try:
        return str(psutil.Process(process).create_time())
    except psutil.Error:
        return ""
