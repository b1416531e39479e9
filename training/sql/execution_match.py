"""Whether SQL answers a question: execution match with the gold SQL, and the question's difficulty class."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked

_LIMITS = Limits(seconds=30.0, rows=100_000, bytes=200_000_000)


@dataclass(frozen=True)
class Judgement:
    """Whether a statement runs, and whether it returns what the gold statement returns."""

    valid: bool
    right: bool


def judge(sql: str, gold: str, source: Source) -> Judgement:
    """Judgement of `sql` by its rows; an empty or refused statement is neither valid nor right."""
    try:
        statement, dialect = checked(sql, source.schema), source.schema.dialect
        rows = execute(source.engine, statement, _LIMITS, dialect=dialect).rows
    except (StatementError, ExecutionError):
        return Judgement(valid=False, right=False)
    with source.engine.connect() as connection:
        gold_rows = [tuple(row) for row in connection.exec_driver_sql(gold).fetchall()]
    return Judgement(valid=True, right=same_rows(rows, gold_rows, ordered=is_ordered(gold)))


def same_rows(rows: Sequence[tuple[Any, ...]], gold: Sequence[tuple[Any, ...]], *, ordered: bool) -> bool:
    """Whether two results have the same rows, as often each, and in the same order where it matters.

    >>> same_rows([(1,), (2,)], [(2,), (1.0,)], ordered=False)
    True
    >>> same_rows([(1,), (2,)], [(2,), (1,)], ordered=True)
    False
    >>> same_rows([(1,), (1,)], [(1,)], ordered=False)
    False
    """
    actual, expected = ([tuple(map(_comparable, row)) for row in result] for result in (rows, gold))
    return actual == expected if ordered else Counter(actual) == Counter(expected)


def _comparable(value: Any) -> Any:
    """A value as it is compared: 3 and 3.0 are equal, and fractions to six digits."""
    return round(float(value), 6) if isinstance(value, int | float) else value


def is_ordered(sql: str) -> bool:
    """Whether the outermost query has an ORDER BY.

    >>> is_ordered("SELECT a FROM t ORDER BY a"), is_ordered("SELECT a FROM (SELECT a FROM t ORDER BY a)")
    (True, False)
    """
    try:
        tree = sqlglot.parse_one(sql, dialect="sqlite")
    except SqlglotError:
        return "order by" in sql.lower()
    return tree.args.get("order") is not None


def question_class(gold: str) -> str:
    """DIN-SQL's class of a question by its gold SQL (Pourreza and Rafiei 2023, section 4.2).

    "easy" has one table, "non-nested" joins, "nested" has a query within or beside a query.

    >>> question_class("SELECT a FROM t"), question_class("SELECT a FROM t JOIN u ON t.id = u.id")
    ('easy', 'non-nested')
    >>> question_class("SELECT a FROM t WHERE b IN (SELECT c FROM u)")
    'nested'
    """
    try:
        tree = sqlglot.parse_one(gold, dialect="sqlite")
    except SqlglotError:
        return "nested"
    if isinstance(tree, exp.SetOperation) or sum(1 for _ in tree.find_all(exp.Select)) > 1:
        return "nested"
    return "non-nested" if sum(1 for _ in tree.find_all(exp.Table)) > 1 else "easy"
