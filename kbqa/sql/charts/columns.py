"""What the columns of a result hold, as far as a chart needs to know."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from kbqa.sql.answer.formatting import shown
from kbqa.sql.charts.times import Grain, recurring_of, times_of
from kbqa.sql.schema import readable
from kbqa.sql.stores.executor import Result

EMPTY = "(empty)"
"""What stands for a missing name."""
_MAX_NAME_LENGTH = 60
_IDENTIFYING = frozenset(
    ("id", "key", "code", "uuid", "guid", "zip", "zipcode", "postcode", "phone", "isbn", "sku", "ean", "ssn")
)
"""Last words of columns whose values name something."""
_NUMBERING = frozenset(("number", "no", "nr", "num"))
"""Last words of more than one, as in `house number`."""
_COMPUTED = ("number of ", "total ", "average ", "lowest ", "highest ", "count ", "sum ", "avg ")
"""How the headings of numbers begin that were computed."""
_OF_HUNDRED = frozenset(("percent", "percentage", "pct"))
_OF_ONE = frozenset(("share", "fraction", "proportion"))
_NOT_ADDED_UP = frozenset(
    ("average", "avg", "mean", "median", "lowest", "highest", "minimum", "maximum", "min", "max")
)
_MONEY = frozenset(
    ("price", "cost", "costs", "revenue", "profit", "budget", "sales", "income", "spend", "expenses")
)


class Role(StrEnum):
    """What a column can be in a chart."""

    TIME = "time"
    RECURRING = "recurring"
    NUMBER = "number"
    NAME = "name"
    IDENTIFIER = "identifier"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Field:
    """A column: its title, what it can be, and for each row what is drawn and what is read."""

    title: str
    role: Role
    drawn: tuple[Any, ...]
    """Milliseconds of times, numbers, and names; None where there is none."""
    labels: tuple[str, ...]
    grain: Grain | None = None
    order: tuple[str, ...] = ()
    """All names in the order of the calendar."""
    percent: int = 0
    """What the whole is, where numbers are parts of one: 1 or 100."""
    words: tuple[str, ...] = ()

    @property
    def is_added_up(self) -> bool:
        """Whether its numbers can be put on top of each other."""
        is_plain = not _NOT_ADDED_UP.intersection(self.words)
        return is_plain and all(number >= 0 for number in self.drawn if number is not None)

    @property
    def family(self) -> tuple[str, str]:
        """What it measures, and how it was computed: numbers of one family share an axis."""
        if self.percent:
            return "%", str(self.percent)
        if self.words[:2] == ("number", "of"):
            return "number", ""
        how = "total" if self.words[:1] == ("total",) else ""
        last = self.words[-1] if self.words else ""
        return "money" if last in _MONEY else last, how


def fields_of(result: Result, keys: Collection[str]) -> list[Field]:
    """The columns of a result; `keys` are the names of those that a schema uses as keys, in small letters."""
    columns = list(zip(*result.rows, strict=True)) or [()] * len(result.columns)
    return [
        _field(name, values, name.lower() in keys)
        for name, values in zip(result.columns, columns, strict=True)
    ]


def in_words(heading: str) -> str:
    """A heading as people would write it above an axis.

    >>> in_words("customer_id"), in_words("number of DVDs"), in_words("% of orders")
    ('Customer id', 'Number of DVDs', '% of orders')
    """
    words = heading if " " in heading.strip() else readable(heading) or heading
    return words[:1].upper() + words[1:]


def _field(heading: str, values: Sequence[Any], is_key: bool) -> Field:
    name = readable(heading)
    title, labels = in_words(heading), tuple(shown(value) or EMPTY for value in values)
    present = [value for value in values if value is not None]
    is_computed = name.startswith(_COMPUTED) or "%" in heading
    names_something = not is_computed and _identifies(name)
    if not present:
        return Field(title, Role.NOTHING, (), labels)
    if not is_computed and not names_something:
        found = _in_time(title, name, values)
        if found is not None:
            return found
    if all(map(_is_numeric, present)):
        is_whole = all(float(value).is_integer() for value in present if math.isfinite(value))
        if is_whole and (names_something or (is_key and not is_computed)):
            # A number that names something has no commas.
            plain = tuple(EMPTY if value is None else str(value) for value in values)
            return Field(title, Role.IDENTIFIER, plain, plain)
        return _of_numbers(title, heading, values, labels)
    if names_something and all(isinstance(value, str | UUID) for value in present):
        return Field(title, Role.IDENTIFIER, labels, labels)
    are_names = all(
        isinstance(value, str | bool) and len(str(value)) <= _MAX_NAME_LENGTH for value in present
    )
    return Field(title, Role.NAME if are_names else Role.NOTHING, labels, labels)


def _in_time(title: str, name: str, values: Sequence[Any]) -> Field | None:
    """A column of times, or of parts of them."""
    if times := times_of(name, values):
        labels = tuple(label or EMPTY for label in times.labels)
        return Field(title, Role.TIME, times.points, labels, times.grain)
    if recurring := recurring_of(name, values):
        labels = tuple(label or EMPTY for label in recurring.labels)
        return Field(title, Role.RECURRING, labels, labels, order=recurring.order)
    return None


def _of_numbers(title: str, heading: str, values: Sequence[Any], labels: tuple[str, ...]) -> Field:
    drawn, words = tuple(map(_number, values)), tuple(readable(heading).split())
    percent = _percent(heading, words, drawn)
    return Field(title, Role.NUMBER, drawn, labels, percent=percent, words=words)


def _identifies(name: str) -> bool:
    words = name.split()
    return bool(words) and (
        words[-1] in _IDENTIFYING or name.endswith("id") or (len(words) > 1 and words[-1] in _NUMBERING)
    )


def _is_numeric(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _number(value: Any) -> int | float | None:
    """A number as a chart has it: what has no place on an axis is left out."""
    if value is None or not math.isfinite(value):
        return None
    return float(value) if isinstance(value, Decimal) else value


def _percent(heading: str, words: Sequence[str], drawn: Sequence[int | float | None]) -> int:
    if "%" in heading or _OF_HUNDRED.intersection(words):
        return 100
    is_part = all(-1 <= number <= 1 for number in drawn if number is not None)
    return 1 if is_part and _OF_ONE.intersection(words) else 0
