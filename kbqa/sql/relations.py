"""Relations between tables, columns and values, which the networks attend over (RAT-SQL).

They are those of Wang et al. 2020, table 1.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kbqa.decoding.actions import Action
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer, ValuePointer
from kbqa.sql.schema import Schema

RELATIONS = (
    "", "itself", "column of table", "table of column", "key of table", "table of key",
    "column of the same table", "refers", "referred", "table refers", "table referred", "value of column",
    "column of value", "value of table", "table of value", "same name",
)  # fmt: skip
"""The relations of one candidate to another, each with an embedding of its own; new ones go to the end."""
_RELATION = {name: index for index, name in enumerate(RELATIONS)}
Matrix = NDArray[np.int8]


def relate(schema: Schema, actions: Sequence[Action]) -> Matrix:
    """Relations of n candidates to each other, as indices into RELATIONS, int8 [n, n]."""
    related = _relate_columns(actions)
    indices: dict[object, int] = {
        action.key: index
        for index, action in enumerate(actions)
        if isinstance(action, TablePointer | ColumnPointer)
    }
    for index, action in enumerate(actions):
        _relate_to_owner(related, index, action, indices, schema)
    for key in schema.keys:
        _relate_by_key(related, indices, key.source, key.target, "refers", "referred")
        _relate_by_key(related, indices, key.source.table, key.target.table, "table refers", "table referred")
    np.fill_diagonal(related, _RELATION["itself"])
    return related


def _relate_columns(actions: Sequence[Action]) -> Matrix:
    """Relations of columns that share a name or a table; the table counts for more."""
    related = np.zeros((len(actions), len(actions)), dtype=np.int8)
    tables = np.array([_table_of(action) for action in actions], dtype=object)
    texts = np.array([action.text for action in actions], dtype=object)
    is_column = np.array([isinstance(action, ColumnPointer) for action in actions], dtype=bool)
    both = np.outer(is_column, is_column)
    related[both & (texts[:, None] == texts[None])] = _RELATION["same name"]
    related[both & (tables[:, None] == tables[None])] = _RELATION["column of the same table"]
    return related


def _relate_by_key(
    related: Matrix, indices: Mapping[object, int], source: object, target: object, forth: str, back: str
) -> None:
    if source in indices and target in indices and source != target:
        one, other = indices[source], indices[target]
        related[one, other], related[other, one] = _RELATION[forth], _RELATION[back]


def _table_of(action: Action) -> str:
    """Name of the table that a candidate is or lies in; empty for constants."""
    match action:
        case ColumnPointer(key=ref) | ValuePointer(key=(ref, _)):
            return ref.table
        case TablePointer(key=table):
            return table
    return ""


def _relate_to_owner(
    related: Matrix, index: int, action: Action, indices: Mapping[object, int], schema: Schema
) -> None:
    """Relate a column to its table, or a value to its column and table, both ways."""

    def both(owner: int | None, forth: str, back: str) -> None:
        if owner is not None:
            related[index, owner], related[owner, index] = _RELATION[forth], _RELATION[back]

    if isinstance(action, ColumnPointer):
        part = "key" if schema.column(action.key).primary else "column"
        both(indices.get(action.key.table), f"{part} of table", f"table of {part}")
    elif isinstance(action, ValuePointer):
        both(indices.get(action.key[0]), "value of column", "column of value")
        both(indices.get(action.key[0].table), "value of table", "table of value")
