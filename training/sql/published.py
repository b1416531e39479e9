"""Spider and BIRD as they lie in a folder: questions, databases with rows, and schemas without."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table, column_type, readable

_ABOUT = re.compile(
    r"^(?:Database ID:.*?Description: )?(?:[^.]*?\b(?:column|table)\b[^.]*?\b(?:stores|contains|indicates|represent(?:s|ing)|records|holds|denotes|"
    r"specifies|captures|provides|shows|lists|describes|refers to|identifies|is)\b )?",
    re.IGNORECASE | re.DOTALL,
)
"""What of a column's description in BIRD only says where the column lies."""

HELD_OUT_DATABASES = (
    "products_for_hire",
    "sakila_1",
    "book_2",
    "hr_1",
    "tracking_share_transactions",
    "student_1",
    "railway",
    "machine_repair",
)
"""Databases of Spider's training set that are only measured on, whatever the seed: weights that go on from
others must not have seen them.
"""

Describe = Callable[[str, str], str]
"""Returns what is written about a column of a table."""


def database_file(folder: Path, name: str) -> Path:
    """Return where the SQLite file of a database lies in Spider's folder of databases."""
    return folder / name / f"{name}.sqlite"


def bird_question(row: Mapping[str, Any]) -> str:
    """Return a question of BIRD with the evidence that comes with it."""
    evidence = str(row.get("evidence") or "").strip()
    return f"{row['question']} {evidence}" if evidence else str(row["question"])


def bird_schemas(folder: Path) -> dict[str, Schema]:
    """Return the schemas of BIRD's train databases, with what is written about their columns."""
    statements = json.loads((folder / "train_schemas.json").read_text(encoding="utf-8"))
    meanings: dict[str, str] = json.loads((folder / "train_column_meaning.json").read_text(encoding="utf-8"))
    about = {
        tuple(place.lower().split("|")): _ABOUT.sub("", text.strip("# ")) for place, text in meanings.items()
    }

    def describe(database: str) -> Describe:
        return lambda table, column: about.get((database.lower(), table.lower(), column.lower()), "")

    return {name: schema_of_statements(text, describe(name)) for name, text in statements.items()}


def schema_of_statements(statements: str, describe: Describe = lambda table, column: "") -> Schema:
    """Return the schema that CREATE TABLE statements make; what does not parse is left out."""
    tables, wanted = [], []
    for part in re.split(r";\s*(?=CREATE|$)", statements.strip(), flags=re.IGNORECASE):
        try:
            tree = sqlglot.parse_one(part, dialect="sqlite") if part.strip() else None
        except SqlglotError:
            continue
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            table, keys = _table(tree.this, describe)
            tables.append(table)
            wanted += keys
    schema = Schema(tuple(tables))
    declared = list(_found_keys(schema, wanted))
    return Schema(tuple(tables), all_keys(tables, declared))


def _table(tree: exp.Schema, describe: Describe) -> tuple[Table, list[tuple[str, str, str, str]]]:
    name = tree.this.name
    primary = {each.name for key in tree.find_all(exp.PrimaryKey) for each in key.expressions}
    columns, keys = [], []
    for each in tree.expressions:
        if isinstance(each, exp.ColumnDef):
            declared = each.kind.sql() if each.kind else ""
            alone = any(
                isinstance(constraint.kind, exp.PrimaryKeyColumnConstraint) for constraint in each.constraints
            )
            columns.append(
                Column(
                    each.name,
                    column_type(declared),
                    declared,
                    alone or each.name in primary,
                    describe(name, each.name),
                )
            )
            keys += [
                (name, each.name, *_target(constraint.kind))
                for constraint in each.constraints
                if isinstance(constraint.kind, exp.Reference)
            ]
    for key in tree.find_all(exp.ForeignKey):
        reference = key.args.get("reference")
        if reference is not None:
            table, _ = _target(reference)
            targets = [each.name for each in reference.this.expressions] or [""] * len(key.expressions)
            keys += [
                (name, source.name, table, target)
                for source, target in zip(key.expressions, targets, strict=False)
            ]
    return Table(name, tuple(columns)), keys


def _target(reference: exp.Expr) -> tuple[str, str]:
    target = reference.this
    return (
        (target.this.name, target.expressions[0].name)
        if isinstance(target, exp.Schema)
        else (target.name, "")
    )


def _found_keys(schema: Schema, wanted: list[tuple[str, str, str, str]]) -> Iterator[ForeignKey]:
    for name, source, target, column in wanted:
        try:
            table = schema.table(target)
            referred = column or next(each.name for each in table.columns if each.primary)
            yield ForeignKey(
                ColumnRef(name, schema.table(name).column(source).name),
                ColumnRef(table.name, table.column(referred).name),
            )
        except (KeyError, StopIteration):
            continue


def flat_schema(rows: Sequence[Mapping[str, Any]]) -> Schema:
    """Return the schema of rows that each describe a column: table, column, and where known type and
    description.
    """
    by_table: dict[str, list[Column]] = {}
    for row in rows:
        declared = str(row.get("type") or "")
        by_table.setdefault(str(row["table"]), []).append(
            Column(
                str(row["column"]),
                column_type(declared),
                declared,
                description=str(row.get("description") or ""),
            )
        )
    tables = [Table(name, tuple(_with_key(name, columns))) for name, columns in by_table.items()]
    return Schema(tuple(tables), all_keys(tables, []))


def _with_key(table: str, columns: list[Column]) -> list[Column]:
    """Take the first column for the key where it is called so: descriptions seldom say."""
    first, one = columns[0], table.lower().removesuffix("s")
    called = readable(first.name).split()[-1:] == ["id"] and readable(first.name) in (
        "id",
        f"{readable(table)} id",
        f"{readable(one)} id",
    )
    return [replace(first, primary=True), *columns[1:]] if called else columns
