"""Schemas from the JSON in which scans keep them."""

from collections.abc import Mapping
from typing import Any

from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, StoredTime, Table


def schema_from_json(data: Mapping[str, Any]) -> Schema:
    """A schema from its JSON."""
    tables = tuple(map(_table_from_json, data["tables"]))
    keys = tuple(
        ForeignKey(ColumnRef(**key["source"]), ColumnRef(**key["target"]), key["declared"])
        for key in data["keys"]
    )
    return Schema(tables, keys, data["dialect"])


def _table_from_json(data: Mapping[str, Any]) -> Table:
    columns = tuple(map(_column_from_json, data["columns"]))
    return Table(**{**data, "columns": columns})


def _column_from_json(data: Mapping[str, Any]) -> Column:
    holds, stored = data.get("holds"), data.get("stored")
    parsed = {
        "type": ColumnType(data["type"]),
        "holds": ColumnType(holds) if holds else None,
        "stored": StoredTime(stored) if stored else None,
        "blanks": tuple(data.get("blanks", ())),
        "sources": tuple(ColumnRef(**source) for source in data.get("sources", ())),
    }
    return Column(**{**data, **parsed})
