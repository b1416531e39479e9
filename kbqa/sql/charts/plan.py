"""Which columns are drawn along which axis, as which series, and in which kinds of charts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kbqa.sql.charts.columns import EMPTY, Field, Role

MAX_BARS = 40
_MAX_SERIES, _MAX_MEASURES, _MAX_MARKS = 10, 6, 2_000
_MAX_TIMES_AS_BARS = 60
_MAX_RATIO = 200
"""How many times larger numbers on one axis are at most: smaller ones would not be seen."""


class Kind(StrEnum):
    """A way to show rows."""

    TABLE = "table"
    BAR = "bar"
    STACKED = "stacked"
    LINE = "line"
    POINT = "point"


@dataclass(frozen=True)
class Mark:
    """What is drawn for one number: where along the axis, how high, and of which series."""

    x: int | float | str
    label: str
    y: int | float | None
    value: str
    series: str = ""


@dataclass(frozen=True)
class Plan:
    """A chart that has not been drawn: its axes, its marks, and the kinds that suit it, the best first."""

    x: Field
    measures: tuple[Field, ...]
    marks: tuple[Mark, ...]
    kinds: tuple[Kind, ...]
    series_title: str = ""
    series: tuple[str, ...] = ()
    """The names of the series in their order; none where there is one."""
    order: tuple[str, ...] = ()
    """The names along the axis in their order, where it is one of names."""
    notes: tuple[str, ...] = ()

    @property
    def y_title(self) -> str:
        """What stands at the axis of numbers."""
        first, *others = (measure.title for measure in self.measures)
        return ", ".join([first, *(title[:1].lower() + title[1:] for title in others)])


def plan_of(fields: Sequence[Field], *, ordered: bool) -> Plan | None:
    """How rows are drawn; None where nothing is to be drawn. `ordered` says that the rows have an order."""
    numbers = [each for each in fields if each.role == Role.NUMBER and any(n is not None for n in each.drawn)]
    along = _along(fields)
    if along is None or not numbers:
        return _scattered(numbers)
    x, others = along
    if not _repeats([x]):
        return _drawn(x, _measures(numbers), None, ordered=ordered)
    return _in_series(x, others, numbers, ordered=ordered)


def _in_series(x: Field, others: Sequence[Field], numbers: Sequence[Field], *, ordered: bool) -> Plan | None:
    """A chart over places that are there several times: once in each series, or not told apart."""
    series = _series_of(x, others)
    is_few = series is not None and len(set(series.labels)) <= _MAX_SERIES
    if _is_named(x) and not is_few:
        joined = _joined([x, *filter(_is_named, others)])
        return None if _repeats([joined]) else _drawn(joined, _measures(numbers), None, ordered=ordered)
    if series is None:
        return _marked(x, numbers[-1:], None, (Kind.POINT,))
    if _is_named(x) and len(set(x.labels)) < len(set(series.labels)):
        x, series = series, x
    return _drawn(x, numbers[-1:], series, ordered=ordered)


def _is_named(field: Field) -> bool:
    return field.role in (Role.NAME, Role.IDENTIFIER)


def _along(fields: Sequence[Field]) -> tuple[Field, list[Field]] | None:
    """The column along the axis, and those that may make series."""
    by_role = {role: [each for each in fields if each.role == role] for role in Role}
    times, recurring, names = by_role[Role.TIME], by_role[Role.RECURRING], by_role[Role.NAME]
    # Months beside years, or hours beside days, are drawn over each other.
    found = [*recurring, *times] if recurring else times
    found = [*found, *names, *by_role[Role.IDENTIFIER]]
    return (found[0], found[1:]) if found else None


def _measures(numbers: Sequence[Field]) -> list[Field]:
    """The numbers that share an axis with the last one, which is mostly what was asked for."""
    main = numbers[-1]
    size = _size(main)
    alike = [
        each
        for each in numbers[:-1]
        if each.family == main.family and size and 1 / _MAX_RATIO <= _size(each) / size <= _MAX_RATIO
    ]
    return [*alike[-_MAX_MEASURES + 1 :], main]


def _size(numbers: Field) -> float:
    return max((abs(number) for number in numbers.drawn if number is not None), default=0)


def _repeats(fields: Sequence[Field]) -> bool:
    rows = list(zip(*(each.labels for each in fields), strict=True))
    return len(set(rows)) < len(rows)


def _series_of(x: Field, others: Sequence[Field]) -> Field | None:
    """The column with which each place along the axis is there once, the one with the fewest names."""
    found = [each for each in others if each.role != Role.IDENTIFIER and not _repeats([x, each])]
    return min(found, key=lambda each: len(set(each.labels)), default=None)


def _joined(fields: Sequence[Field]) -> Field:
    """Columns of names as one."""
    labels = tuple(" · ".join(row) for row in zip(*(each.labels for each in fields), strict=True))
    return replace(
        fields[0],
        title=" · ".join(each.title for each in fields),
        role=Role.NAME,
        drawn=labels,
        labels=labels,
    )


def _drawn(x: Field, measures: Sequence[Field], series: Field | None, *, ordered: bool) -> Plan | None:
    """A chart with one mark for each place along the axis in each series."""
    notes: list[str] = []
    rows: Sequence[int] = range(len(x.labels))
    if series is not None and len(set(series.labels)) > _MAX_SERIES:
        rows, note = _largest(rows, series, measures, _MAX_SERIES, ordered=False)
        notes.append(note)
    is_named = _is_named(x)
    if is_named and len({x.labels[row] for row in rows}) > MAX_BARS:
        rows, note = _largest(rows, x, measures, MAX_BARS, ordered=ordered)
        notes.append(note)
    is_several = series is not None or len(measures) > 1
    places = len({x.labels[row] for row in rows})
    adds_up = is_several and all(each.is_added_up for each in measures)
    bars = (Kind.BAR, *((Kind.STACKED,) if adds_up else ()))
    if x.role == Role.TIME:
        kinds = (Kind.LINE, *(bars if places <= _MAX_TIMES_AS_BARS else ()), Kind.POINT)
    elif x.role == Role.RECURRING:
        kinds = (*bars, Kind.LINE, Kind.POINT)
    else:
        kinds = (*bars, Kind.POINT)
    plan = _marked(x, measures, series, kinds, rows)
    if plan is None:
        return None
    order = _order(x, plan.marks, ordered=ordered) if is_named else x.order
    return replace(plan, order=order, notes=(*notes, *plan.notes))


def _marked(
    x: Field,
    measures: Sequence[Field],
    series: Field | None,
    kinds: tuple[Kind, ...],
    rows: Sequence[int] | None = None,
) -> Plan | None:
    """A chart of rows, of all unless they are named; None where there is too little or too much of it."""
    marks = []
    for row in range(len(x.labels)) if rows is None else rows:
        if x.drawn[row] is None:
            continue
        for measure in measures:
            name = series.labels[row] if series else measure.title if len(measures) > 1 else ""
            marks.append(Mark(x.drawn[row], x.labels[row], measure.drawn[row], measure.labels[row], name))
    missing = sum(mark.y is None for mark in marks)
    if not 2 <= len(marks) - missing <= _MAX_MARKS or len({mark.x for mark in marks}) < 2:
        return None
    without = len([value for value in x.drawn if value is None])
    notes = (
        *((f"{_rows(without)} without {x.title[:1].lower()}{x.title[1:]}: not drawn.",) if without else ()),
        *((f"{_rows(missing)} without a number: left empty.",) if missing else ()),
    )
    if x.role == Role.TIME:
        marks.sort(key=lambda mark: mark.x)
    names = tuple(dict.fromkeys(mark.series for mark in marks if mark.series))
    if series is not None and series.order:
        names = tuple(name for name in (*series.order, EMPTY) if name in names)
    elif series is not None and series.role == Role.TIME:
        names = tuple(sorted(names))
    title = series.title if series else ""
    return Plan(x, tuple(measures), tuple(marks), kinds, title, names, notes=notes)


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _scattered(numbers: Sequence[Field]) -> Plan | None:
    """Numbers over numbers, where nothing else is there."""
    if len(numbers) < 2:
        return None
    return _marked(numbers[0], numbers[1:2], None, (Kind.POINT,))


def _largest(
    rows: Sequence[int], field: Field, measures: Sequence[Field], most: int, *, ordered: bool
) -> tuple[list[int], str]:
    """The rows of the names with the largest numbers, or the first ones of an order, and what is left out."""
    names = dict.fromkeys(field.labels[row] for row in rows)
    sums = _sums(rows, field, measures)
    kept = set(list(names)[:most] if ordered else sorted(names, key=lambda name: -sums[name])[:most])
    which = "first" if ordered else "largest"
    left = len(names) - most
    note = (
        f"The {most} {which} of {len(names):,} are drawn; {left:,} {'is' if left == 1 else 'are'} left out."
    )
    return [row for row in rows if field.labels[row] in kept], note


def _sums(rows: Sequence[int], field: Field, measures: Sequence[Field]) -> dict[str, float]:
    """How large each name is: what is far below nothing is large, too."""
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        sums[field.labels[row]] += sum(abs(measure.drawn[row] or 0) for measure in measures)
    return sums


def _order(x: Field, marks: Sequence[Mark], *, ordered: bool) -> tuple[str, ...]:
    """Names in the order of the rows where they have one, else by size."""
    names = list(dict.fromkeys(mark.label for mark in marks))
    if ordered:
        return tuple(names)
    sums: dict[str, float] = defaultdict(float)
    for mark in marks:
        sums[mark.label] += mark.y or 0
    return tuple(sorted(names, key=lambda name: -sums[name]))
