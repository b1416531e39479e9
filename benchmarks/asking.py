"""(g) Questions in plain words on small graphs and databases that nothing was trained on: how many are
answered as they should be.
"""

import json
import sqlite3
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.base import Options, Row
from evaluation.kbqa import sparql, sql
from evaluation.kbqa.graph_questions import GraphQuestion
from kbqa.sparql.public import local_decoder, temporary_graph
from kbqa.sql.public import bundled_generator
from searchapp.throwaway import throwaway_database
from training.sql.questions import SqlQuestion, opened_source

ASKED = Path(__file__).parent / "asked"


def run(options: Options) -> list[Row]:
    """Ask the questions of each graph and each database."""
    with throwaway_database():
        return [*_graphs(), *_databases()]


def _graphs() -> list[Row]:
    rows, decoder = [], local_decoder()
    for name, asked in _questions("graphs.jsonl", "graph").items():
        scores = sparql.SparqlScores()
        with temporary_graph(ASKED / "graphs" / f"{name}.ttl") as (version, live):
            for _ in sparql.evaluate(
                map(GraphQuestion.from_row, asked), live, sparql.by_reading(version, live, decoder), scores
            ):
                pass
        rows.append(
            Row(
                "asking",
                f"graph {name}, answers equal",
                scores.summary()["exact"],
                "",
                f"{scores.questions} questions",
            )
        )
    return rows


def _databases() -> list[Row]:
    rows, generator = [], bundled_generator()
    for name, asked in _questions("databases.jsonl", "db_id").items():
        scores = sql.SqlScores()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{name}.sqlite")
            with sqlite3.connect(file) as connection:
                connection.executescript((ASKED / "databases" / f"{name}.sql").read_text(encoding="utf-8"))
            with opened_source(file) as source:
                for _ in sql.evaluate(map(SqlQuestion.from_row, asked), source, generator, scores):
                    pass
        found = scores.summary()
        rows.append(
            Row(
                "asking",
                f"database {name}, execution match",
                found["execution_match"],
                "",
                f"{scores.questions} questions",
            )
        )
    return rows


def _questions(file: str, owner: str) -> dict[str, list[dict[str, Any]]]:
    """Return the questions of a file by the graph or database that they are asked of."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (ASKED / file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found[row[owner]].append(row)
    return found
