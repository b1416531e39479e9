"""What people say of the columns of databases, as it comes beside sets of questions."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from evaluation.prepared_sets import described_columns
from kbqa.sql.public import Schema, Table
from training.json_lines import read_as

Descriptions = Mapping[tuple[str, str], str]
"""What is said of each (table, column), both in lower case; of a table, the column is empty."""
_IN_CSV = ("column_name", "column_description", "value_description")


def read_descriptions(path: Path) -> dict[str, Descriptions]:
    """The descriptions of each database, of JSON lines or of a folder as BIRD has it.

    Lines are `{db_id, table, column?, description}`. A folder has a table of columns for each database table:
    `DATABASE/TABLE.md`, or `DATABASE/database_description/TABLE.csv`. Raises MalformedFile, OSError.
    """
    found: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for database, table, column, text in _in_folder(path) if path.is_dir() else _in_lines(path):
        if text:
            found[database][table.lower(), column.lower()] = text
    return dict(found)


def _in_lines(path: Path) -> list[tuple[str, str, str, str]]:
    return read_as(
        path,
        lambda row: (
            str(row["db_id"]),
            str(row["table"]),
            str(row.get("column") or ""),
            str(row["description"]),
        ),
    )


def _in_folder(path: Path) -> Iterator[tuple[str, str, str, str]]:
    for folder in sorted(each for each in path.iterdir() if each.is_dir()):
        for file in sorted(folder.rglob("*.md")):
            for column, text in described_columns(file.read_text(encoding="utf-8")):
                yield folder.name, file.stem, column, text
        for file in sorted(folder.rglob("*.csv")):
            for column, text in _in_csv(file):
                yield folder.name, file.stem, column, text


def _in_csv(file: Path) -> Iterator[tuple[str, str]]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        for row in csv.DictReader(lines):
            said = (" ".join((row.get(field) or "").split()) for field in _IN_CSV)
            yield (row.get("original_column_name") or "").strip(), ". ".join(part for part in said if part)


def described(schema: Schema, descriptions: Descriptions) -> Schema:
    """A schema with descriptions in place of what the database itself says of its tables and columns."""

    def of_table(table: Table) -> Table:
        name = table.name.lower()
        columns = tuple(
            replace(
                column, description=descriptions.get((name, column.name.lower()), "") or column.description
            )
            for column in table.columns
        )
        return replace(table, columns=columns, description=descriptions.get((name, "")) or table.description)

    return replace(schema, tables=tuple(map(of_table, schema.tables))) if descriptions else schema
