"""Units and ages that a question asks for: what is shown is shown in them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from kbqa.linking.measures import UNITS, Dimension, parse_measure
from kbqa.linking.words import Span
from kbqa.sql.dates import counts_years, is_of_days, tells_age
from kbqa.sql.durations import is_duration, seconds_in
from kbqa.sql.query import Aggregate, Condition, Expression, Item, Query, Term
from kbqa.sql.schema import ColumnRef, ColumnType, Schema
from kbqa.sql.units import POUNDS, dimensions_of, factor_to

_SHORT = ("km", "cm", "mm", "kg", "mg", "gb", "mb", "kb", "tb", "ms", "ml", "mins", "hrs", "%")
"""Short words, and signs, that are nothing but units."""
_NAMES = sorted(
    (
        word
        for word, unit in UNITS.items()
        if unit.dimension not in (Dimension.COUNT,) and (len(word) > len("mins") or word in _SHORT)
    ),
    key=len,
    reverse=True,
)
_ASKED = re.compile(
    rf"(?<!\w)(?:in(?: full| whole)?|how many|number of|as an?) (?P<unit>{'|'.join(map(re.escape, _NAMES))})"
    r"(?!\w)(?! (?:ago|old))",
    re.IGNORECASE,
)
_AGE = re.compile(r"\bhow old\b|\b(?<!the age )ages?\b", re.IGNORECASE)
_BIRTH = re.compile(r"\b(?:birth|born|birthdays?|built|year)\b", re.IGNORECASE)
"""Words by which the date or the year itself is asked for."""
_OLDEST, _YOUNGEST = re.compile(r"\b(?:oldest|eldest)\b", re.I), re.compile(r"\b(?:youngest|newest)\b", re.I)
_TIMES = frozenset((Dimension.TIME, Dimension.MONTHS))
_OF_OTHER_UNIT, _OF_NO_TIME = 0.1, 0.3
"""How much a query counts that shows another unit than is asked for, or no time where one is."""
_TURNED = {Aggregate.MIN: Aggregate.MAX, Aggregate.MAX: Aggregate.MIN}
_OF_VALUES = (None, Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX)


def asks_for_age(question: str) -> bool:
    """Whether a question asks how old something is."""
    return _AGE.search(question) is not None


def units_asked(question: str) -> Iterator[str]:
    """The units that a question wants something in.

    >>> list(units_asked("How many hours does a repair take, and what does it cost in euros?"))
    ['hours', 'euros']
    """
    for match in _ASKED.finditer(question):
        word = match["unit"].lower()
        yield UNITS[word].name if seconds_in(word) is not None or word == "%" else word


def spans_of_units(question: str, query: Query) -> Iterator[Span]:
    """The words for the units and ages that a query shows."""
    terms = [term for each in query.queries() for item in each.items for term in item.terms]
    if any(term.unit for term in terms):
        yield from (match.span() for match in _ASKED.finditer(question))
    if any(term.until for term in terms):
        yield from (match.span() for form in (_AGE, _OLDEST, _YOUNGEST) for match in form.finditer(question))


def in_asked_units(query: Query, question: str, schema: Schema, today: date) -> Query:
    """A query that shows numbers in the units that are asked for, and ages where these are."""
    asked = _Asked(question, schema, today)

    def shown(item: Item) -> Item:
        other = item.other and asked.term(item.other)
        return replace(item, term=asked.term(item.term), other=other)

    right = query.right and in_asked_units(query.right, question, schema, today)
    return replace(
        query,
        items=tuple(map(shown, query.items)),
        where=tuple(map(asked.condition, query.where)),
        which=tuple(map(asked.condition, query.which)),
        having=tuple(map(asked.condition, query.having)),
        right=right,
    )


def weight_of_units(query: Query, question: str, schema: Schema) -> float:
    """How much a query counts by the units that are asked for: less where it shows something else."""
    units = list(units_asked(question))
    measured = [term for item in query.items for term in item.terms if _is_measured(term, schema)]
    if not units or not measured or any(term.aggregate == Aggregate.COUNT for term in measured):
        return 1.0
    wanted = {UNITS[unit].dimension for unit in units}
    wanted |= {Dimension.MONEY} if set(units) & set(POUNDS) else set()
    known = [_dimensions(term, schema) for term in measured]
    if any(dimensions & wanted for dimensions in known):
        return 1.0
    if all(known):
        return _OF_OTHER_UNIT
    return _OF_NO_TIME if wanted <= _TIMES else 1.0


def _is_measured(term: Term, schema: Schema) -> bool:
    """Whether a term is a number that may have a unit."""
    operand = term.operand
    if isinstance(operand, ColumnRef):
        kind = schema.column(operand).kind
        return (
            term.aggregate == Aggregate.COUNT or kind == ColumnType.NUMBER or term.aggregate == Aggregate.AVG
        )
    return isinstance(operand, Expression) or term.aggregate == Aggregate.COUNT


def _dimensions(term: Term, schema: Schema) -> set[Dimension]:
    operand = term.operand
    if is_duration(term, schema):
        return set(_TIMES)
    if isinstance(operand, ColumnRef) and schema.column(operand).kind == ColumnType.DATE:
        return set(_TIMES)
    found = dimensions_of(operand, schema)
    return found | _TIMES if found & _TIMES else found


class _Asked:
    """What a question asks for, and when."""

    def __init__(self, question: str, schema: Schema, today: date) -> None:
        self.question, self.schema, self.today = question, schema, today
        self.units = list(units_asked(question))

    def term(self, term: Term) -> Term:
        """A term in the first unit that suits it, or as an age."""
        if term.aggregate not in _OF_VALUES:
            return term
        if self.is_of_age(term):
            return self.age(term)
        for unit in self.units:
            if is_duration(term, self.schema):
                if seconds_in(unit) is not None:
                    return replace(term, unit=unit)
            elif factor_to(unit, term.operand, self.schema) not in (None, 1):
                return replace(term, unit=unit)
        return term

    def condition(self, condition: Condition) -> Condition:
        """A condition on a duration, in the unit of what it is compared with."""
        measures = [parse_measure(value.text) for value in condition.values]
        units = {measure[1].name for measure in measures if measure is not None}
        term = condition.item.term
        if None in measures or len(units) != 1 or not is_duration(term, self.schema):
            return condition
        return replace(condition, item=replace(condition.item, term=replace(term, unit=units.pop())))

    def age(self, term: Term) -> Term:
        """A term of ages; the earliest date is the highest age."""
        unit = next((unit for unit in self.units if seconds_in(unit) is not None), "years")
        assert isinstance(term.operand, ColumnRef)
        if self.schema.column(term.operand).kind != ColumnType.DATE:
            unit = "years"
        aggregate = term.aggregate
        if aggregate in _TURNED:
            aggregate = _TURNED[aggregate]
            aggregate = Aggregate.MAX if _OLDEST.search(self.question) else aggregate
            aggregate = Aggregate.MIN if _YOUNGEST.search(self.question) else aggregate
        return replace(
            term, aggregate=aggregate, unit="" if unit == "years" else unit, until=self.today.isoformat()
        )

    def is_of_age(self, term: Term) -> bool:
        """Whether a date or a year stands for an age; a mean of dates is nothing else."""
        if not isinstance(term.operand, ColumnRef):
            return False
        column = self.schema.column(term.operand)
        is_mean = term.aggregate in (Aggregate.SUM, Aggregate.AVG)
        if column.kind == ColumnType.DATE and is_of_days(column):
            return is_mean or (self.is_age_asked() and tells_age(column))
        is_year = counts_years(column) and self.is_age_asked()
        return is_year and (is_mean or tells_age(column))

    def is_age_asked(self) -> bool:
        """Whether ages are asked for, and not also dates or years."""
        question = self.question.replace("in years", "")
        return asks_for_age(question) and not _BIRTH.search(question)
