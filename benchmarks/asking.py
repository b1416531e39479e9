"""(g) Questions in plain words on small graphs and databases that nothing was trained on: the share right."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.base import Options, Row
from evaluation.kbqa import sparql, sql
from evaluation.kbqa.graph_questions import GraphQuestion
from evaluation.kbqa.sql_questions import GoldQuestion, opened_database
from kbqa.sparql.public import local_decoder, temporary_graph
from kbqa.sql.public import bundled_generator
from training.throwaway import throwaway_database

ASKED = Path(__file__).parent / "asked"


def run(options: Options) -> list[Row]:
    """Ask the questions of each graph and each database."""
    with throwaway_database():
        return [*_graphs(), *_databases()]


def _graphs() -> list[Row]:
    rows, decoder = [], local_decoder()
    for name, of_graph in asked_questions("graphs.jsonl", "graph").items():
        scores, questions = sparql.SparqlScores(), map(GraphQuestion.from_row, of_graph)
        with temporary_graph(ASKED / "graphs" / f"{name}.ttl") as opened:
            answer_to = sparql.by_reading(opened.version, opened.live, decoder)
            for _ in sparql.evaluate(questions, opened.live, answer_to, scores):
                pass
        exact = scores.summary()["exact"]
        rows.append(_row(f"graph {name}, answers equal", exact, scores.questions))
    return rows


def _databases() -> list[Row]:
    rows, generator = [], bundled_generator()
    for name, of_database in asked_questions("databases.jsonl", "db_id").items():
        scores, questions = sql.SqlScores(), map(GoldQuestion.from_row, of_database)
        with opened_database(ASKED / "databases" / f"{name}.sql", {}) as source:
            for _ in sql.evaluate(questions, source, generator, scores):
                pass
        match = scores.summary()["execution_match"]
        rows.append(_row(f"database {name}, execution match", match, scores.questions))
    return rows


def _row(what: str, share: float, questions: int) -> Row:
    return Row("asking", what, share, "", f"{questions} questions")


def asked_questions(file: str, owner: str) -> dict[str, list[dict[str, Any]]]:
    """The questions of a file by the graph or database that they are asked of."""
    questions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (ASKED / file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        questions[row[owner]].append(row)
    return questions
