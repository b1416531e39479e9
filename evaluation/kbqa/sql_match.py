"""Whether an answer's rows are those of the gold SQL, as strictly as the questions decide it."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from evaluation.kbqa.sql_questions import GoldQuestion
from kbqa.sql.public import Source
from training.sql.execution_match import judge, same_rows

_MAX_COLUMNS = 9
"""How many columns an answer has at most that may have others besides: all columns of a table are none."""

Rows = Sequence[tuple[Any, ...]]


class Match(StrEnum):
    """What of a result's form the question decides."""

    EXACT = "exact"
    """The columns of the gold SQL in its order, as Spider's execution match wants them."""
    ANY_ORDER = "any-order"
    """The same columns, in whichever order."""
    LOOSE = "loose"
    """Other columns besides as well, fractions to four digits, and numerals equal to their numbers."""


def is_met(question: GoldQuestion, sql: str, source: Source, match: Match) -> bool:
    """Whether valid SQL returns what one of the question's gold queries does."""
    rows = _rows(sql, source)
    return any(
        matches(rows, _rows(gold, source), ordered=question.ordered, match=match) for gold in question.golds
    )


def is_valid(sql: str, source: Source) -> bool:
    """Whether a statement passes the check and runs."""
    return bool(sql) and judge(sql, "SELECT 1", source).valid


def _rows(sql: str, source: Source) -> Rows:
    with source.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql).fetchall()]


def matches(rows: Rows, gold: Rows, *, ordered: bool, match: Match) -> bool:
    """Whether two results are the same, but for what `match` leaves open.

    >>> rows, gold = [("a", 1), ("b", 2)], [(2, "b"), (1, "a")]
    >>> [matches(rows, gold, ordered=False, match=match) for match in Match]
    [False, True, True]
    >>> matches(rows, gold, ordered=True, match=Match.LOOSE)
    False
    >>> matches([("a", "x", 0.33333)], [(0.333333333, "a")], ordered=False, match=Match.ANY_ORDER)
    False
    >>> matches([("a", "x", 0.33333), ("b", "y", 2)], [(0.3333, "a"), (2, "b")], ordered=False,
    ...         match=Match.LOOSE)
    True
    """
    if match is Match.EXACT:
        return same_rows(rows, gold, ordered=ordered)
    if match is Match.LOOSE:
        rows, gold = _loosened(rows), _loosened(gold)
    if len(rows) != len(gold) or not rows:
        return len(rows) == len(gold)
    return _fits(len(rows[0]), len(gold[0]), match) and any(
        same_rows([tuple(row[place] for place in places) for row in rows], gold, ordered=ordered)
        for places in _placements(rows, gold)
    )


def _fits(width: int, wanted: int, match: Match) -> bool:
    return wanted <= width <= max(wanted, _MAX_COLUMNS) if match is Match.LOOSE else width == wanted


def _placements(rows: Rows, gold: Rows, begun: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """For each gold column a column that has its values; every way to choose different ones."""
    if len(begun) == len(gold[0]):
        yield begun
        return
    wanted = [(row[len(begun)],) for row in gold]
    for place in range(len(rows[0])):
        if place not in begun and same_rows([(row[place],) for row in rows], wanted, ordered=False):
            yield from _placements(rows, gold, (*begun, place))


def _loosened(rows: Rows) -> Rows:
    return [tuple(map(_loose, row)) for row in rows]


def _loose(value: Any) -> Any:
    """A value as readers take it: 2, "02" and 2.0 are the same, and fractions are as long as they are shown.

    >>> [_loose(value) for value in (2, "02", 12345678, 66.35071, " Rome ", "2024-01-01T00:00:00", None)]
    ['2', '2', '12345678', '66.35', 'Rome', '2024-01-01', '']
    """
    text = "" if value is None else str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text.removesuffix(" 00:00:00").removesuffix("T00:00:00")
    return str(int(number)) if number.is_integer() else f"{number:.4g}"
