"""Processes that end with the one that started them, so that no half of the product stays behind.

Only the standard library is imported: run as a script, the module is the launcher of `bound_to_parent`.
"""

import ctypes
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent ends; does nothing beside Linux.

    The kernel forgets it in children: each has to ask for itself, and `exec` keeps it.
    """
    _prctl(_SET_PARENT_DEATH_SIGNAL, number)


def adopt_orphans() -> None:
    """Become the parent of each descendant whose own parent ends; does nothing beside Linux."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def bound_to_parent(command: list[str]) -> list[str]:
    """A command that runs `command` in the same process, which ends with the one that starts it."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _launch(parent: int, command: list[str]) -> None:
    die_with_parent()
    # A parent that ended before it was asked for sends nothing any more.
    if os.getppid() == parent:
        os.execvp(command[0], command)


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])
