"""Percentages as people write them in SQL: conditional sums and counts over the whole, times a hundred."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from kbqa.sql.schema import Schema

_WRAPPINGS = exp.Paren | exp.Alias | exp.Cast | exp.Round | exp.Nullif


@dataclass(frozen=True)
class Percentage:
    """The condition that a percentage is of, and the column that is summed up; None for rows."""

    condition: exp.Expr
    summed: exp.Expr | None


def percentage_of(tree: exp.Expr) -> Percentage | None:
    """The percentage that an expression is, if it is one.

    >>> import sqlglot
    >>> sql = "100.0 * SUM(CASE WHEN city = 'Bonn' THEN 1 ELSE 0 END) / COUNT(*)"
    >>> percentage_of(sqlglot.parse_one(sql)).condition.sql()
    "city = 'Bonn'"
    """
    tree = _bare(tree)
    if isinstance(tree, exp.Avg):
        return _mean(tree)
    if isinstance(tree, exp.Mul):
        quotient = next((_bare(side) for side, other in _sides(tree) if _is_hundred(other)), None)
        return _share(quotient.this, quotient.expression) if isinstance(quotient, exp.Div) else None
    if not isinstance(tree, exp.Div):
        return None
    product = _bare(tree.this)
    if not isinstance(product, exp.Mul):
        return None
    part = next((side for side, other in _sides(product) if _is_hundred(other)), None)
    return None if part is None else _share(part, tree.expression)


def _mean(tree: exp.Avg) -> Percentage | None:
    """The percentage that a mean of hundreds and zeros is."""
    chosen = _chosen(_bare(tree.this))
    if chosen is None or not _is_hundred(chosen[1]) or not _is_number(chosen[2], 0):
        return None
    return Percentage(chosen[0], None)


def finest(tables: Sequence[str], schema: Schema) -> str | None:
    """The table of which each row of a join has a row of its own; None where no keys tell."""
    return next((table for table in tables if _reached(table, tables, schema) >= set(tables)), None)


def _reached(table: str, tables: Sequence[str], schema: Schema) -> set[str]:
    """Those of some tables that rows of one lead to by their keys, itself included."""
    reached = {table}
    while more := {
        key.target.table
        for key in schema.keys
        if key.source.table in reached and key.target.table in set(tables) - reached
    }:
        reached |= more
    return reached


def _sides(tree: exp.Binary) -> tuple[tuple[exp.Expr, exp.Expr], ...]:
    return ((tree.left, tree.right), (tree.right, tree.left))


def _is_hundred(tree: exp.Expr) -> bool:
    tree = _bare(tree)
    return isinstance(tree, exp.Literal) and not tree.is_string and float(tree.name) == 100


def _share(part: exp.Expr, whole: exp.Expr) -> Percentage | None:
    part, whole = _bare(part), _bare(whole)
    if not isinstance(part, exp.Sum | exp.Count) or not isinstance(whole, exp.Sum | exp.Count):
        return None
    inner = part.this.expressions[0] if isinstance(part.this, exp.Distinct) else part.this
    chosen = _chosen(_bare(inner))
    if chosen is None:
        return None
    condition, value, otherwise = chosen
    if isinstance(whole, exp.Sum):
        same = isinstance(part, exp.Sum) and _bare(whole.this) == value and _is_number(otherwise, 0)
        return Percentage(condition, value) if same and isinstance(value, exp.Column) else None
    counts = isinstance(part, exp.Count) and (otherwise is None or isinstance(otherwise, exp.Null))
    sums = isinstance(part, exp.Sum) and _is_number(value, 1) and _is_number(otherwise, 0)
    return Percentage(condition, None) if counts or sums else None


def _chosen(tree: exp.Expr) -> tuple[exp.Expr, exp.Expr, exp.Expr | None] | None:
    """(condition, value where it is met, value otherwise) of a CASE or an IIF."""
    if isinstance(tree, exp.Case) and tree.this is None and len(tree.args["ifs"]) == 1:
        branch, otherwise = tree.args["ifs"][0], tree.args.get("default")
    elif isinstance(tree, exp.If):
        branch, otherwise = tree, tree.args.get("false")
    else:
        return None
    return branch.this, _bare(branch.args["true"]), None if otherwise is None else _bare(otherwise)


def _is_number(tree: exp.Expr | None, number: int) -> bool:
    return isinstance(tree, exp.Literal) and not tree.is_string and float(tree.name) == number


def _bare(tree: exp.Expr) -> exp.Expr:
    """What brackets, an alias, a cast or rounding stand around."""
    while isinstance(tree, _WRAPPINGS):
        tree = tree.this
    return tree
