"""A pipe on which a process says again and again that it works, for a supervisor that hears when it stops.

Asked over the network, a healthy process may not answer: its connections may all be taken.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress

PATIENCE_SECONDS = 60.0
"""After how much silence a process hangs: the busiest machine makes less than that of a second."""
START_SECONDS = 600.0
"""How long it may take to begin: it reads its models."""
_MOST_COUNTED = 1.0
_PORTION = 4096


class Listener:
    """The end of the pipe that listens, and how long nothing was heard.

    Only time counts in which whoever listens was awake: a machine that slept, or had no moment for the
    supervisor either, says nothing about its processes.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._reading, self.speaking = os.pipe()
        os.set_blocking(self._reading, False)
        self._looked, self._silent, self._has_begun = now(), 0.0, False

    def started(self) -> None:
        """Leave the other end to the process that has it."""
        os.close(self.speaking)

    def hears_nothing(self) -> bool:
        """Whether nothing was heard for too long; to be asked several times a second."""
        now = self._now()
        self._silent += min(now - self._looked, _MOST_COUNTED)
        self._looked = now
        with suppress(BlockingIOError):
            if os.read(self._reading, _PORTION):
                self._silent, self._has_begun = 0.0, True
        return self._silent > (PATIENCE_SECONDS if self._has_begun else START_SECONDS)

    def close(self) -> None:
        """Listen no more."""
        os.close(self._reading)


def speaker(descriptor: int | None) -> Callable[[], None]:
    """A function that says on a pipe that this process works, whether or not anybody listens."""
    if descriptor is None:
        return lambda: None
    os.set_blocking(descriptor, False)

    def beat() -> None:
        with suppress(OSError):
            os.write(descriptor, b".")

    return beat
