"""Calculations that people define: read from what they write, and written into statements."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.sql.schema import ColumnRef, Formula, Schema
from searchapp.errors import InvalidInput

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "SUM",
    exp.Avg: "AVG",
    exp.Min: "MIN",
    exp.Max: "MAX",
    exp.Count: "COUNT",
}
_REFUSED = (exp.Query, exp.Window, exp.AggFunc, exp.Star)
"""What a calculation over the columns of a row has none of."""


class FormulaError(InvalidInput):
    """A calculation cannot be read, or names what is not there."""

    field = "meaning"


@dataclass(frozen=True)
class ReadFormula:
    """A calculation, and the columns that it is made of."""

    formula: Formula
    refs: tuple[ColumnRef, ...]


def read_formula(text: str, table: str, schema: Schema) -> ReadFormula:
    """A calculation over columns of a table and, with their tables before them, of others.

    It may stand in SUM, AVG, MIN, MAX or COUNT. Raises FormulaError.
    """
    try:
        tree = sqlglot.parse_one(text, dialect=schema.dialect, into=exp.Condition)
    except (SqlglotError, RecursionError) as error:
        raise FormulaError("This is no calculation that can be read. Write one as SUM(price * 2).") from error
    aggregate = _AGGREGATES.get(type(tree), "")
    inner = tree.this if aggregate else tree
    if not isinstance(inner, exp.Expr) or next(inner.find_all(*_REFUSED), None) is not None:
        raise FormulaError(
            "Write one calculation over columns, at most one SUM, AVG, MIN, MAX or COUNT around it."
        )
    refs = {id(node): _ref(node, table, schema) for node in inner.find_all(exp.Column)}
    if not refs:
        raise FormulaError("A calculation names at least one column.")
    written = inner.transform(
        lambda node: _qualified(refs[id(node)]) if id(node) in refs else node, copy=False
    )
    used = tuple(dict.fromkeys(refs.values()))
    tables = tuple(dict.fromkeys([schema.table(table).lasting_name, *(ref.table for ref in used)]))
    return ReadFormula(Formula(written.sql(dialect=schema.dialect), tables, aggregate), used)


def write_formula(formula: Formula, dialect: str, column: Callable[[ColumnRef], exp.Expr]) -> exp.Expr:
    """A calculation with its columns as they are written in a statement."""
    tree = sqlglot.parse_one(formula.sql, dialect=dialect)
    return exp.paren(
        tree.transform(
            lambda node: column(ColumnRef(node.table, node.name)) if isinstance(node, exp.Column) else node
        )
    )


def _ref(node: exp.Column, table: str, schema: Schema) -> ColumnRef:
    try:
        owner = schema.table(f"{node.db}.{node.table}" if node.db else node.table or table)
        return ColumnRef(owner.lasting_name, owner.column(node.name).name)
    except KeyError:
        raise FormulaError(f"There is no column {node.name} in {node.table or table}.") from None


def _qualified(ref: ColumnRef) -> exp.Column:
    return exp.column(
        exp.to_identifier(ref.column, quoted=True), table=exp.to_identifier(ref.table, quoted=True)
    )
