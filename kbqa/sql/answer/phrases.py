"""The words and small phrases that queries are told in."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from kbqa.linking.measures import parse_measure
from kbqa.linking.time_values import in_words
from kbqa.plurals import as_singular
from kbqa.sql.headings import plural
from kbqa.sql.query import Across, Aggregate, Comparison, Condition, Item, Operator, Part, SetOperation, Value
from kbqa.sql.schema import ColumnType, readable

COMPARISONS = {
    Comparison.EQUAL: "is",
    Comparison.UNEQUAL: "is not",
    Comparison.LESS: "is less than",
    Comparison.GREATER: "is more than",
    Comparison.AT_MOST: "is at most",
    Comparison.AT_LEAST: "is at least",
    Comparison.CONTAINS: "contains",
    Comparison.LACKS: "does not contain",
    Comparison.STARTS: "starts with",
    Comparison.ENDS: "ends with",
    Comparison.IN: "is among",
    Comparison.NOT_IN: "is not among",
    Comparison.BETWEEN: "is between",
    Comparison.IS_NULL: "is empty",
    Comparison.IS_NOT_NULL: "is not empty",
}
OF_DATES = {
    Comparison.LESS: "is before",
    Comparison.GREATER: "is after",
    Comparison.AT_MOST: "is not later than",
    Comparison.AT_LEAST: "is not earlier than",
}
OPERATORS = {
    Operator.PLUS: "plus",
    Operator.MINUS: "minus",
    Operator.TIMES: "times",
    Operator.DIVIDE: "divided by",
    Operator.PERCENT: "in percent of",
}
ACROSS = {
    Across.RUNNING: "the running total of {}",
    Across.DIFFERENCE: "the change of {} from one to the next",
    Across.CHANGE: "the change in percent of {} from one to the next",
}
SETS = {
    SetOperation.UNION: "together with",
    SetOperation.INTERSECT: "only those that are also among",
    SetOperation.EXCEPT: "without",
}
PARTS = {
    Part.YEAR: "year",
    Part.MONTH: "month",
    Part.QUARTER: "quarter",
    Part.MONTH_OF_YEAR: "month of the year",
    Part.WEEK: "week",
    Part.DAY: "day",
    Part.WEEKDAY: "weekday",
    Part.HOUR: "hour",
}
TOGETHER = {
    Aggregate.SUM: "total",
    Aggregate.AVG: "average",
    Aggregate.MIN: "lowest",
    Aggregate.MAX: "highest",
    Aggregate.COUNT: "number of",
}
"""Aggregates of what is computed, or of what groups come to."""
EXTREMES = {
    ColumnType.DATE: ("earliest", "latest"),
    ColumnType.TEXT: ("first", "last"),
}
LOWEST, HIGHEST = "lowest", "highest"
_BARE = re.compile(r"[-+]?\d[\d.,:/ -]*")
"""Numbers and dates, which need no quotation marks."""
PERIOD = re.compile(r"\d{4}(?:-\d\d)?")
"""A year, or a month of one."""


def one(table: str) -> str:
    """What a row of a table is called."""
    return as_singular(readable(table))


def rows(table: str) -> str:
    """The rows of a table, as they are counted."""
    several = plural(table)
    return f"rows of {several}" if several == one(table) else several


def is_plain(item: Item) -> bool:
    """Whether an item is a column, or all of them, as it stands."""
    return item.operator is None and item.across is None and item.term.aggregate is None


def shown_value(value: Value) -> str:
    """A constant: numbers, measures, dates and times bare, texts in quotation marks."""
    text = in_words(value.text)
    is_bare = text != value.text or _BARE.fullmatch(text) or parse_measure(text) is not None
    return text if is_bare else f"“{text.strip()}”"


def alternatives(conditions: Sequence[Condition]) -> Iterator[list[Condition]]:
    """Conditions in groups: all of a group must hold, of some group."""
    values = [value for condition in conditions for value in condition.values]
    if len(conditions) > 1 and all(_adds_value(condition, conditions[0]) for condition in conditions[1:]):
        yield [replace(conditions[0], values=tuple(values))]
        return
    group: list[Condition] = []
    for index, condition in enumerate(conditions):
        if condition.follows_or and index:
            yield group
            group = []
        group.append(condition)
    if group:
        yield group


def _adds_value(condition: Condition, first: Condition) -> bool:
    """Whether a condition says only that a first one's item may have another value, too."""
    is_value = all(each.comparison == Comparison.EQUAL and each.values for each in (condition, first))
    return is_value and condition.follows_or and condition.item == first.item


def joined(conditions: Sequence[Condition], text: Callable[[Condition], str]) -> str:
    """Conditions with what stands between them."""
    groups = list(alternatives(conditions))
    texts = [" and ".join(map(text, group)) for group in groups]
    return (", or " if any(len(group) > 1 for group in groups) else " or ").join(texts)
