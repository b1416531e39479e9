"""Tables of the web: what is made of their questions."""

import gzip
import json
import random
import sqlite3
from contextlib import closing

from kbqa.sql.rendering import query_text
from kbqa.sql.schema import ColumnType
from training.sql.web_tables import web_tables

ASKED = [
    ("Who drove for Lotus?", "driver", [["team", "=", "Lotus"]]),
    ("Which team has more than 3 wins?", "team", [["no. of wins", ">", "3"]]),
    ("How fast was Moss in 1961?", "speed (km/h)", [["driver", "=", "Moss"], ["year", "=", "1961"]]),
    ("Which driver comes after Lotus?", "driver", [["team", ">", "Lotus"]]),
]
FEW = [("Who won?", "winner", [["year", "=", "1999"]])]


def tables(tmp_path, number=5):
    rows = [
        {"table": name, "question": question, "select": select, "aggregate": "", "conditions": conditions}
        for name, asked in (("1-1", ASKED), ("1-2", FEW))
        for question, select, conditions in asked
    ]
    lines = "\n".join(map(json.dumps, rows))
    with gzip.open(tmp_path / "questions.jsonl.gz", "wt") as file:
        file.write(lines)
    return list(web_tables(tmp_path, number, tmp_path, random.Random(0)))


def test_a_table_is_a_database_with_what_its_questions_tell(tmp_path):
    (table,) = tables(tmp_path)
    types = {column.name: column.type for column in table.schema.tables[0].columns}
    assert types == {
        "driver": ColumnType.TEXT,
        "team": ColumnType.TEXT,
        "speed (km/h)": ColumnType.TEXT,
        "no. of wins": ColumnType.NUMBER,
        "year": ColumnType.NUMBER,
    }
    with closing(sqlite3.connect(table.file)) as connection:
        name = table.schema.tables[0].name
        assert connection.execute(f'SELECT driver, year FROM "{name}" WHERE year').fetchall() == [
            ("Moss", 1961)
        ]


def test_every_question_that_fits_its_columns_has_its_query(tmp_path):
    (table,) = tables(tmp_path)
    questions = [question for question, _ in table.asked]
    assert questions == [asked[0] for asked in ASKED[:3]], "texts have no order that could be meant"
    written = query_text(table.asked[2][1], table.schema)
    with closing(sqlite3.connect(table.file)) as connection:
        assert connection.execute(written).fetchall() == [(None,)]
