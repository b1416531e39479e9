"""What is overdue or came late, of tables that say when something is due and when it was done."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kbqa.linking.numbers import numbers_of
from kbqa.linking.words import words_of
from kbqa.sql.dates import is_of_days
from kbqa.sql.query import ORDERED, Comparison, Condition, Item, Query, Term, Value
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, Table, readable

_DUE = frozenset(("due", "deadline", "promised", "required"))
_DONE = frozenset(
    (
        "paid", "pd", "payment", "returned", "delivered", "completed", "finished", "received", "settled",
        "arrived", "submitted", "shipped", "closed", "resolved",
    )
)  # fmt: skip
_OVERDUE = re.compile(
    r"(?:(?P<more>more than|over|at least) )?(?:(?P<number>\d+|[a-z]+) days? )?"
    r"\b(?:overdue|past due|past (?:the|its|their) due date)\b",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"\b(?:(?:paid|pays?|returned|delivered|finished|completed|shipped|arrived?|submitted|came|come|brought"
    r"|back) (?:back )?(?:too )?late|late (?:payments?|returns?|deliver(?:y|ies)|shipments?|submissions?)"
    r"|after (?:the|its|their) (?:due date|deadline))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Deadline:
    """The columns that say when something is due, and when it was done."""

    due: ColumnRef
    done: ColumnRef


def deadline_of(table: Table) -> Deadline | None:
    """The deadline of a table's rows, where just one column says each."""
    columns = [
        (ColumnRef(table.name, column.name), set(readable(column.name).split()))
        for column in table.columns
        if column.kind == ColumnType.DATE and is_of_days(column) and not column.excluded
    ]
    due = [ref for ref, words in columns if words & _DUE]
    done = [ref for ref, words in columns if words & _DONE and not words & _DUE]
    return Deadline(due[0], done[0]) if len(due) == 1 and len(done) == 1 else None


def kept_deadlines(query: Query, question: str, schema: Schema, today: date) -> Query:
    """A query for what is overdue today, or was done late, where a question asks for that.

    What it compared the due date with instead, that is no time of the question, is left out.
    """
    overdue, late = _OVERDUE.search(question), _LATE.search(question)
    deadlines = list(_deadlines(query, schema))
    is_flat = not any(condition.follows_or for condition in query.where)
    if len(deadlines) != 1 or not is_flat or (overdue is None) == (late is None):
        return query
    (deadline,) = deadlines
    kept = tuple(condition for condition in query.where if not _is_guess(condition, deadline))
    if any(condition.item.term.operand == deadline.due for condition in kept):
        return query
    if overdue is None:
        late_done = Condition(Item(Term(deadline.done)), Comparison.GREATER, column=deadline.due)
        return replace(query, where=(*kept, late_done))
    if any(condition.item.term.operand == deadline.done for condition in kept):
        return replace(query, where=(*kept, _past(overdue, deadline, today)))
    undone = Condition(Item(Term(deadline.done)), Comparison.IS_NULL)
    return replace(query, where=(*kept, undone, _past(overdue, deadline, today)))


def _deadlines(query: Query, schema: Schema) -> Iterator[Deadline]:
    for name in query.tables():
        if (deadline := deadline_of(schema.table(name))) is not None:
            yield deadline


def _is_guess(condition: Condition, deadline: Deadline) -> bool:
    """Whether a condition orders one of the dates by another column, or by what a query finds."""
    is_of_dates = condition.item.term.operand in (deadline.due, deadline.done)
    has_no_time = condition.column is not None or condition.query is not None
    return is_of_dates and has_no_time and condition.comparison in (*ORDERED, Comparison.EQUAL)


def _past(overdue: re.Match[str], deadline: Deadline, today: date) -> Condition:
    """That something was due before today, or more than so many days ago."""
    said = overdue["number"] or ""
    number = next(iter(numbers_of(said, words_of(said))), "")
    days = int(number) if number.isdecimal() and int(number) < 10_000 else 0
    at_least = days and (overdue["more"] or "").lower() not in ("more than", "over")
    day = Value((today - timedelta(days=days)).isoformat())
    return Condition(Item(Term(deadline.due)), Comparison.AT_MOST if at_least else Comparison.LESS, (day,))
