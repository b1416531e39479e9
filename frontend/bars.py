"""Stacked bars: how large the parts of a whole are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from codesearch.parsing import language_label

_COLOURS = 6
"""How many parts have a colour of their own; all others share one."""


@dataclass(frozen=True)
class LanguageShare:
    """How many units of a repository are in a language, and how many of a hundred."""

    label: str
    units: int
    percent: float


@dataclass(frozen=True)
class BarPart:
    """A part of a bar that is 100 wide: where it begins, its width, and its colour's number."""

    start: str
    width: str
    colour: int


def language_shares(units: Mapping[str, int]) -> list[LanguageShare]:
    """The languages of a repository, those with the most units first."""
    total = sum(units.values())
    ranked = sorted(units.items(), key=lambda entry: -entry[1]) if total else []
    return [LanguageShare(language_label(name), count, 100 * count / total) for name, count in ranked]


def bar_parts(shares: Iterable[LanguageShare]) -> Iterator[BarPart]:
    """The parts of a bar, from left to right."""
    start = 0.0
    for number, share in enumerate(shares):
        yield BarPart(f"{start:.2f}", f"{share.percent:.2f}", min(number, _COLOURS))
        start += share.percent
