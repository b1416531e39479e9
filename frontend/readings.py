"""The readings of a question as a page lists them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Reading = TypeVar("Reading")


def told_apart(
    readings: Sequence[Reading], words: Callable[[Reading], str]
) -> list[tuple[int, Reading, str]]:
    """Return the readings with their numbers and wordings; of those that are worded alike, which nobody can
    tell apart, the likeliest.
    """
    found: dict[str, tuple[int, Reading, str]] = {}
    for number, each in enumerate(readings):
        text = words(each)
        found.setdefault(text, (number, each, text))
    return list(found.values())
