"""The chart of a result, where there is something to draw: in all kinds that suit it, one of them chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.sql.charts.columns import fields_of
from kbqa.sql.charts.description import description_of, heading_of
from kbqa.sql.charts.plan import Kind, plan_of
from kbqa.sql.charts.specification import specification_of, values_of
from kbqa.sql.schema import Schema
from kbqa.sql.stores.executor import Result

_LABELS = {
    Kind.TABLE: "Table only",
    Kind.BAR: "Bars",
    Kind.STACKED: "Stacked bars",
    Kind.LINE: "Lines",
    Kind.POINT: "Points",
}


@dataclass(frozen=True)
class Chart:
    """A chart, in each kind that suits its rows."""

    kind: Kind
    kinds: tuple[tuple[Kind, str], ...]
    """All kinds with their labels, that of a table last."""
    description: str
    notes: tuple[str, ...]
    drawing: dict[str, Any]
    """What a page draws it from."""


def chart_of(
    result: Result, *, kind: str = "", title: str = "", keys: Collection[str] = (), ordered: bool = False
) -> Chart | None:
    """The chart of rows; None where there is nothing to draw.

    It is of the `kind` that is asked for where that suits, else of the one that suits best. It is called by
    its `title`, else by what it shows. `keys` are the columns that a schema uses as such, in small letters;
    `ordered` says that the rows have an order.
    """
    if len(result.rows) < 2 or len(set(result.columns)) < 2:
        return None
    plan = plan_of(fields_of(result, keys), ordered=ordered)
    if plan is None:
        return None
    kinds = (*plan.kinds, Kind.TABLE)
    chosen = next((each for each in kinds if each == kind), kinds[0])
    cut = (f"It is of the first {len(result.rows):,} rows; there are more.",) if result.truncated else ()
    return Chart(
        chosen,
        tuple((each, _LABELS[each]) for each in kinds),
        " ".join([description_of(plan), *cut]),
        (*plan.notes, *cut),
        {
            "title": title or heading_of(plan),
            "subtitle": " ".join([*plan.notes, *cut]),
            "values": values_of(plan),
            "kinds": {each: specification_of(plan, each) for each in plan.kinds},
        },
    )


def key_names(schema: Schema) -> frozenset[str]:
    """The names of the columns that a schema uses as keys, in small letters."""
    referring = {ref.column.lower() for key in schema.keys for ref in (key.source, key.target)}
    primary = {column.name.lower() for table in schema.tables for column in table.columns if column.primary}
    return frozenset(referring | primary)


def gives_an_order(sql: str, dialect: str) -> bool:
    """Whether a statement says in which order its rows come."""
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
    except (SqlglotError, RecursionError):
        return False
    return isinstance(tree, exp.Query) and tree.args.get("order") is not None
