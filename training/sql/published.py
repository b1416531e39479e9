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
    r"^(?:Database ID:.*?Description: )?(?:[^.]*?\b(?:column|table)\b[^.]*?\b"
    r"(?:stores|contains|indicates|represent(?:s|ing)|records|holds|denotes|"
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
"""Databases of Spider's training set that are only measured on.

They are the same for every seed: weights that go on from others must not have seen them.
"""

Describe = Callable[[str, str], str]
"""(table, column) → what is written about the column; empty where nothing is."""


def database_file(folder: Path, name: str) -> Path:
    """Where the SQLite file of a database lies in Spider's folder of databases."""
    return folder / name / f"{name}.sqlite"


def bird_question(row: Mapping[str, Any]) -> str:
    """A question of BIRD with the evidence that comes with it."""
    evidence = str(row.get("evidence") or "").strip()
    return f"{row['question']} {evidence}" if evidence else str(row["question"])


def bird_schemas(folder: Path) -> dict[str, Schema]:
    """The schemas of BIRD's train databases, with what is written about their columns."""
    statements = json.loads((folder / "train_schemas.json").read_text(encoding="utf-8"))
    meanings: dict[str, str] = json.loads((folder / "train_column_meaning.json").read_text(encoding="utf-8"))
    about = {
        tuple(path.lower().split("|")): _ABOUT.sub("", text.strip("# ")) for path, text in meanings.items()
    }

    def describe(database: str) -> Describe:
        return lambda table, column: about.get((database.lower(), table.lower(), column.lower()), "")

    return {name: schema_of_statements(text, describe(name)) for name, text in statements.items()}


def schema_of_statements(statements: str, describe: Describe = lambda table, column: "") -> Schema:
    """The schema that CREATE TABLE statements make; what does not parse is left out."""
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
    primary = {column.name for key in tree.find_all(exp.PrimaryKey) for column in key.expressions}
    columns, keys = [], []
    for part in (part for part in tree.expressions if isinstance(part, exp.ColumnDef)):
        declared = part.kind.sql() if part.kind else ""
        constraints = [constraint.kind for constraint in part.constraints]
        alone = any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in constraints)
        is_primary, description = alone or part.name in primary, describe(name, part.name)
        columns.append(Column(part.name, column_type(declared), declared, is_primary, description))
        references = [kind for kind in constraints if isinstance(kind, exp.Reference)]
        keys += [(name, part.name, *_target(reference)) for reference in references]
    for key in tree.find_all(exp.ForeignKey):
        reference = key.args.get("reference")
        if reference is not None:
            table, _ = _target(reference)
            targets = [column.name for column in reference.this.expressions] or [""] * len(key.expressions)
            ends = zip(key.expressions, targets, strict=False)
            keys += [(name, source.name, table, target) for source, target in ends]
    return Table(name, tuple(columns)), keys


def _target(reference: exp.Expr) -> tuple[str, str]:
    """(table, column) that a key refers to; the column is empty where the statement leaves it out."""
    target = reference.this
    if isinstance(target, exp.Schema):
        return target.this.name, target.expressions[0].name
    return target.name, ""


def _found_keys(schema: Schema, wanted: list[tuple[str, str, str, str]]) -> Iterator[ForeignKey]:
    for name, source, target, column in wanted:
        try:
            table = schema.table(target)
            referred = column or next(candidate.name for candidate in table.columns if candidate.primary)
            yield ForeignKey(
                ColumnRef(name, schema.table(name).column(source).name),
                ColumnRef(table.name, table.column(referred).name),
            )
        except (KeyError, StopIteration):
            continue


def flat_schema(rows: Sequence[Mapping[str, Any]]) -> Schema:
    """The schema of rows {table, column, type?, description?}, one for each column."""
    by_table: dict[str, list[Column]] = {}
    for row in rows:
        declared, description = str(row.get("type") or ""), str(row.get("description") or "")
        column = Column(str(row["column"]), column_type(declared), declared, description=description)
        by_table.setdefault(str(row["table"]), []).append(column)
    tables = [Table(name, tuple(_with_key(name, columns))) for name, columns in by_table.items()]
    return Schema(tuple(tables), all_keys(tables, []))


def _with_key(table: str, columns: list[Column]) -> list[Column]:
    """Take the first column for the key where it is called so: descriptions seldom say."""
    first, one = columns[0], table.lower().removesuffix("s")
    names = ("id", f"{readable(table)} id", f"{readable(one)} id")
    return [replace(first, primary=True), *columns[1:]] if readable(first.name) in names else columns
