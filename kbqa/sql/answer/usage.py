"""What of a question a query uses: its mentions of values and names, and the words that nothing explains."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kbqa.linking.measures import parse_measure
from kbqa.linking.time_values import is_time
from kbqa.linking.words import Span, overlap
from kbqa.sql.answer.schema_linking import is_mention
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, NumberPointer, TablePointer, ValuePointer, value_of
from kbqa.sql.query import Condition, Query, columns_of
from kbqa.sql.schema import ColumnRef

_YEAR = re.compile(r"(?:19|20)\d{2}")


class Use(NamedTuple):
    """A span of the question that mentions something, and whether the query uses that."""

    span: Span
    is_used: bool


@dataclass(frozen=True)
class Usage:
    """The parts of a question that a query, with all within it, uses."""

    query: Query
    linked: LinkedQuestion

    @cached_property
    def tables(self) -> list[tuple[str, ...]]:
        """Tables of each SELECT, those that only connect others included."""
        return [self.linked.schema.closure(part.tables()) for part in self.query.queries()]

    @cached_property
    def conditions(self) -> list[Condition]:
        """All conditions, those of groups included."""
        return [condition for part in self.query.queries() for condition in part.conditions]

    @cached_property
    def columns(self) -> set[ColumnRef]:
        """All columns that are named."""
        parts = list(self.query.queries())
        operands = {operand for part in parts for operand in part.operands()}
        operands |= {term.operand for part in parts for order in part.order for term in order.item.terms}
        return {ref for operand in operands for ref in columns_of(operand)}

    @cached_property
    def values(self) -> set[str]:
        """All constants and limits, without capitals."""
        texts = {value.text.casefold() for condition in self.conditions for value in condition.values}
        limits = [part.offset + (part.limit or 0) for part in self.query.queries()]
        return texts | {str(limit) for limit in limits if limit}

    def mentions(self) -> tuple[list[Use], ...]:
        """The question's mentions of cells, bare numbers, quotations, all else, columns and tables.

        All else are names that no cell explains, times, and numbers that are said with a unit or as an age.
        """
        linked, constants = self.linked, self.linked.numbers
        quoted = [number for number in constants if number.features.quoted]
        digits = list(_bare_numbers(constants))
        names = [number for number in constants if number not in digits and number not in quoted]
        return (
            list(self._values_used(value for value in linked.values if value.features.exact)),
            list(self._values_used(digits)),
            list(self._values_used(quoted)),
            list(self._values_used(names)),
            list(_names_used(linked.columns, self.columns)),
            list(_names_used(linked.tables, {name for joined in self.tables for name in joined})),
        )

    def _values_used(self, pointers: Iterable[ValuePointer | NumberPointer]) -> Iterator[Use]:
        for pointer in pointers:
            if pointer.span is not None:
                yield Use(pointer.span, text_of(pointer) in self.values)

    def columns_that_nobody_named(self) -> float:
        """How many columns are used of which the question has no word and no cell."""
        features = [column.features for column in self.linked.columns if column.key in self.columns]
        return float(sum(1 for used in features if not used.similarity and not used.has_mentioned_cell))

    def values_that_nobody_said(self) -> float:
        """How many constants are compared with that the question does not have."""
        cells = {text_of(value) for value in self.linked.values if value.span}
        said = cells | {text_of(number) for number in self.linked.numbers}
        values = [value.text.casefold() for condition in self.conditions for value in condition.values]
        return float(sum(1 for value in values if value not in said))


def _bare_numbers(constants: Sequence[NumberPointer]) -> Iterator[NumberPointer]:
    """Numbers that are no year, and stand in no measure, age or time."""
    says_more = [number.span for number in constants if number.span is not None and _says_more(number.key)]
    for number in constants:
        if number.key.isdecimal() and not _YEAR.fullmatch(number.key):
            span = number.span
            if span is None or not any(overlap(span, other) for other in says_more):
                yield number


def _says_more(text: str) -> bool:
    return is_time(text) or parse_measure(text) is not None


def _names_used(pointers: Iterable[TablePointer | ColumnPointer], used: Container[object]) -> Iterator[Use]:
    """The tables or columns whose whole names stand together in the question."""
    for pointer in pointers:
        if pointer.features.exact and pointer.span is not None and is_mention(pointer.span, pointer.text):
            yield Use(pointer.span, pointer.key in used)


def text_of(pointer: ValuePointer | NumberPointer) -> str:
    """A cell's value or a constant without capitals."""
    return value_of(pointer).casefold()
