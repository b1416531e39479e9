"""Questions on databases with gold SQL, read from JSON lines and grouped by their databases."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbqa.sql.ingest.cells import CellReport, told_by_cells
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source
from training.json_lines import read_as, spread
from training.sql.cell_index import indexed_cells


@dataclass(frozen=True)
class SqlQuestion:
    """A question on a database, with the SQL that answers it; `id` is what the set calls it, if anything."""

    database: str
    text: str
    sql: str
    id: int | str | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "SqlQuestion":
        """The question of a row `{id?, db_id, question, sql}`. Raises KeyError."""
        return cls(str(row["db_id"]), str(row["question"]), str(row["sql"]), row.get("id"))


def read_sql_questions(path: Path, limit: int | None = None) -> list[SqlQuestion]:
    """The questions of a JSON lines file, about `limit` of them. Raises MalformedFile."""
    return spread(read_as(path, SqlQuestion.from_row), limit)


def by_database(questions: Sequence[SqlQuestion]) -> dict[str, list[SqlQuestion]]:
    """The questions of each database, in the order of the databases' first questions."""
    grouped: dict[str, list[SqlQuestion]] = defaultdict(list)
    for question in questions:
        grouped[question.database].append(question)
    return dict(grouped)


@contextmanager
def opened_source(path: Path) -> Iterator[Source]:
    """An SQLite file scanned into the present database for the block, as a scan does it."""
    schema = read_schema(sqlite_engine(path, introspects=True))
    report = CellReport()
    with indexed_cells(schema, path, report) as cells:
        yield Source(told_by_cells(schema, report), cells, sqlite_engine(path))
