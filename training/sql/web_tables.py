"""Questions that people wrote on tables of the web (Zhong et al. 2017, WikiSQL), each table a database.

A table is known by the columns and values that its questions use; its rows are what they tell.
"""

import random
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from kbqa.sql.query import Comparison, Condition, Item, Query, Term, Value
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from training.json_lines import read_rows

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")
_NAMES = ("data", "table", "records", "results", "sheet1", "items", "list", "entries", "t1", "rows", "export")
"""What people call a table that they have only one of."""
_FEWEST = 3
"""How many questions a table has at least, and columns."""
_COMPARISONS = {"=": Comparison.EQUAL, ">": Comparison.GREATER, "<": Comparison.LESS}

Asked = tuple[str, Query]


class WebTable:
    """A table of the web as an SQLite file, with what was asked of it."""

    def __init__(self, questions: Sequence[dict[str, Any]], file: Path, rng: random.Random) -> None:
        self.file, self._name = file, rng.choice(_NAMES)
        values: dict[str, list[str]] = defaultdict(list)
        for asked in questions:
            values[asked["select"]] += ()
            for column, _, value in asked["conditions"]:
                values[column].append(str(value))
        names = list(values)
        rng.shuffle(names)
        self._types = {name: _type(values[name]) for name in names}
        declared = {ColumnType.NUMBER: "REAL", ColumnType.TEXT: "TEXT"}
        columns = tuple(Column(name, self._types[name], declared[self._types[name]]) for name in names)
        self.schema = Schema((Table(self._name, columns),))
        self.asked = [pair for question in questions if (pair := self._read(question)) is not None]
        self._write(questions, names)

    def _read(self, question: dict[str, Any]) -> Asked | None:
        """A question with its query; None where one of its comparisons does not fit the column."""
        where = []
        for column, operator, value in question["conditions"]:
            if operator != "=" and self._types[column] != ColumnType.NUMBER:
                return None
            item = Item(Term(ColumnRef(self._name, column)))
            where.append(Condition(item, _COMPARISONS[operator], (Value(str(value)),)))
        shown = Item(Term(ColumnRef(self._name, question["select"])))
        return question["question"], Query(items=(shown,), where=tuple(where))

    def _write(self, questions: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        """A row for each question, with the values that its conditions name."""
        quoted = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names]
        declared = [
            f"{name} {'REAL' if self._types[plain] == ColumnType.NUMBER else 'TEXT'}"
            for name, plain in zip(quoted, names, strict=True)
        ]
        marks = ", ".join("?" for _ in names)
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(f'CREATE TABLE "{self._name}" ({", ".join(declared)})')
            for question in questions:
                row = {column: value for column, _, value in question["conditions"]}
                connection.execute(
                    f'INSERT INTO "{self._name}" VALUES ({marks})', [row.get(name) for name in names]
                )


def web_tables(folder: Path, number: int, into: Path, rng: random.Random) -> Iterator[WebTable]:
    """So many tables of a folder of WikiSQL, by chance; their files lie in `into`."""
    by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(folder / "questions.jsonl.gz"):
        by_table[row["table"]].append(row)
    many = [
        name for name, asked in by_table.items() if len(asked) >= _FEWEST and len(_columns(asked)) >= _FEWEST
    ]
    for name in rng.sample(many, min(number, len(many))):
        yield WebTable(by_table[name], into / f"{name}.sqlite", rng)


def _columns(questions: Sequence[dict[str, Any]]) -> set[str]:
    return {
        name for asked in questions for name in (asked["select"], *(part[0] for part in asked["conditions"]))
    }


def _type(values: Sequence[str]) -> ColumnType:
    if values and all(_NUMBER.match(value) for value in values):
        return ColumnType.NUMBER
    return ColumnType.TEXT
