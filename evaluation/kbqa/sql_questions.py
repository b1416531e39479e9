"""Questions on databases as sets give them, and the databases that they are put to."""

import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.kbqa.descriptions import Descriptions, described
from kbqa.sql.public import Source
from searchapp.errors import InvalidInput
from training.json_lines import read_as, spread
from training.sql.execution_match import is_ordered
from training.sql.published import bird_question, database_file
from training.sql.questions import opened_source

_REFUSE = "refuse"
"""The kind of questions that shall be refused, whatever stands as their gold SQL."""


@dataclass(frozen=True)
class GoldQuestion:
    """A question on a database with what answers it; `id` and `kind` are as the set has them."""

    database: str
    text: str
    golds: tuple[str, ...]
    """SQL of which any may be met; none where the database does not hold the answer."""
    ordered: bool = False
    """Whether the rows have to come in the order of the gold SQL."""
    id: int | str | None = None
    kind: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the database holds the answer."""
        return bool(self.golds)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "GoldQuestion":
        """The question of a row `{id?, db_id, question, evidence?, kind?, sql | gold: [sql, …], ordered?}`.

        Without `ordered`, a single `sql` is ordered where its outermost query is. Raises KeyError.

        >>> row = {"db_id": "zoo", "question": "which animals?", "sql": "SELECT name FROM animal ORDER BY 1"}
        >>> GoldQuestion.from_row(row).ordered
        True
        >>> GoldQuestion.from_row({"db_id": "zoo", "question": "what for?", "gold": []}).answerable
        False
        """
        kind = str(row.get("kind") or "")
        golds = tuple(map(str, row["gold"])) if "gold" in row else (str(row["sql"]),)
        ordered = bool(row["ordered"]) if "ordered" in row else "sql" in row and is_ordered(row["sql"])
        golds = () if kind == _REFUSE else tuple(sql for sql in golds if sql)
        return cls(str(row["db_id"]), bird_question(row), golds, ordered, row.get("id"), kind)


def read_questions(path: Path, limit: int | None = None) -> list[GoldQuestion]:
    """The questions of a JSON lines file, about `limit` of them. Raises MalformedFile."""
    return spread(read_as(path, GoldQuestion.from_row), limit)


def by_database(questions: Sequence[GoldQuestion]) -> dict[str, list[GoldQuestion]]:
    """The questions of each database, in the order of the databases' first questions."""
    grouped: dict[str, list[GoldQuestion]] = defaultdict(list)
    for question in questions:
        grouped[question.database].append(question)
    return dict(grouped)


class NoDatabaseError(InvalidInput):
    """There is no file of a database that questions are put to."""


def found_file(folder: Path, name: str) -> Path:
    """NAME/NAME.sqlite, NAME.sqlite or the script NAME.sql of a folder. Raises NoDatabaseError."""
    usual = database_file(folder, name)
    for path in (usual, folder / f"{name}.sqlite", folder / f"{name}.sql"):
        if path.is_file():
            return path
    raise NoDatabaseError(f"There is no database {usual}, nor {name}.sqlite or {name}.sql in {folder}.")


@contextmanager
def opened_database(path: Path, descriptions: Descriptions) -> Iterator[Source]:
    """The database of a file or script, scanned for the block, with what is said of its columns."""
    with _sqlite_file(path) as file, opened_source(file) as source:
        yield replace(source, schema=described(source.schema, descriptions))


@contextmanager
def _sqlite_file(path: Path) -> Iterator[Path]:
    if path.suffix != ".sql":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{path.stem}.sqlite")
        connection = sqlite3.connect(file)
        with connection:
            connection.executescript(path.read_text(encoding="utf-8"))
        connection.close()
        yield file
