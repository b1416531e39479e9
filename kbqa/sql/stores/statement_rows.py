"""The rows of a statement as JSON, as far as its limits let them through: all at once, or in portions.

Needs nothing but the standard library, so that a process that runs one statement starts quickly.
"""

import contextlib
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from kbqa.sql.stores.values import value_json

GRACE_SECONDS = 0.5
"""How long an engine has to end a statement by itself before the process ends."""
PORTION_BYTES = 65_536
"""How large a portion is before it is told, but for its last row."""
_PORTION_SECONDS = 0.5

Take = Callable[[list[str], Iterable[Sequence[Any]]], dict[str, Any]]
"""What becomes of a statement's columns and rows."""


class StatementFailed(Exception):  # noqa: N818 - it is told, not raised, on the other side
    """A statement that failed; `kind` is `refused`, `time`, `memory`, `size` or `away`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


class StatementLimits:
    """The limits of one statement, or of several together, and the time at which they end.

    Several share the time and the size; `rows` are those of each. With `first_seconds` the first row of one
    has to come within these, and all of them within `seconds`.
    """

    def __init__(self, seconds: float, rows: int, size: int, first_seconds: float | None = None) -> None:
        self.seconds, self.rows, self.size = seconds, rows, size
        self.first_seconds = min(seconds, first_seconds or seconds)
        self.has_rows = False
        self._begun = self._ends = 0.0

    def begin(self) -> None:
        """Begin to count the time, or go on."""
        if not self._begun:
            self._begun = time.monotonic()
            self._end_after(self.first_seconds)

    def go_on(self) -> None:
        """Note that the first row is there: the rest has all the time. Raises StatementFailed if it is late.

        A server that is told to stop may call what it has by then its rows.
        """
        if self.are_over:
            raise StatementFailed("time", "")
        self.has_rows = True
        self._end_after(self.seconds)

    @property
    def left(self) -> float:
        """The seconds that are left, more than none."""
        return max(0.001, self._begun + self.seconds - time.monotonic())

    @property
    def are_over(self) -> bool:
        """Whether the time is."""
        return time.monotonic() >= self._ends

    def _end_after(self, seconds: float) -> None:
        self._ends = self._begun + seconds
        # Nothing would be left of a time that is over; 0 would let the process live.
        end_after(max(0.001, self._ends + GRACE_SECONDS - time.monotonic()))


def end_after(seconds: float) -> None:
    """Let the system end this process after so many seconds; 0 lets it live."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    put_off_end(seconds)


def put_off_end(seconds: float) -> None:
    """Let the system end this process after so many seconds from now; any thread may say so."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


@contextlib.contextmanager
def timed(limits: StatementLimits) -> Iterator[None]:
    """Begin to count the time; an error after its end is that of the time."""
    limits.begin()
    try:
        yield
    except StatementFailed:
        raise
    except Exception as error:
        if limits.are_over:
            raise StatementFailed("time", "") from error
        raise


def whole(limits: StatementLimits) -> Take:
    """Take columns and rows as one table; its size is taken off what the next may have."""

    def take(columns: list[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
        taken: list[list[Any]] = []
        size = 0
        for row in rows:
            size += _bytes_of(row)
            if size > limits.size and not taken:
                raise StatementFailed("size", "")
            if len(taken) == limits.rows or size > limits.size:
                return {"columns": columns, "rows": taken, "truncated": True}
            if limits.are_over:
                raise StatementFailed("time", "")
            taken.append([value_json(value) for value in row])
        limits.size -= size
        return {"columns": columns, "rows": taken, "truncated": False}

    return take


def in_portions(limits: StatementLimits, tell: Callable[[Any], None]) -> Take:
    """Tell the columns, then the rows in lists, of which one at a time is held.

    What is left to give is how many rows were told, and whether there are more. The size of each row is
    limited, not that of all.
    """

    def take(columns: list[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
        limits.go_on()
        tell(columns)
        portion, size, told, since = list[list[Any]](), 0, 0, time.monotonic()
        for row in rows:
            bytes_of_row = _bytes_of(row)
            if told + len(portion) == limits.rows:
                tell(portion)
                return {"rows": limits.rows, "truncated": True}
            if bytes_of_row > limits.size:
                raise StatementFailed("size", "")
            if limits.are_over:
                raise StatementFailed("time", "")
            portion.append([value_json(value) for value in row])
            size += bytes_of_row
            if size >= PORTION_BYTES or time.monotonic() - since > _PORTION_SECONDS:
                tell(portion)
                portion, size, told, since = [], 0, told + len(portion), time.monotonic()
        tell(portion)
        return {"rows": told + len(portion), "truncated": False}

    return take


def _bytes_of(row: Sequence[Any]) -> int:
    """About how many bytes a row takes."""
    return sum(map(_bytes_of_value, row))


def _bytes_of_value(value: Any) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if value is None or isinstance(value, int | float):
        return 16
    return len(value) if isinstance(value, bytes | memoryview) else len(str(value))
