"""`manage.py evaluate_sql`: questions on SQLite databases with gold SQL; the last line is one JSON object."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from evaluation.json_lines import write_rows
from evaluation.kbqa.sql import Prediction, SqlScores, evaluate
from kbqa.decoding.pointer_network import load_decoder
from kbqa.language_model import ChatServer, configured_server
from kbqa.sql.public import MODEL_FOLDER, LocalGenerator, load_cross_encoder
from searchapp.commands import SearchappCommand
from training.sql.published import database_file
from training.sql.questions import SqlQuestion, by_database, opened_source, read_sql_questions
from training.throwaway import throwaway_database


class Command(SearchappCommand):
    """Score the SQL that questions become, by what it returns."""

    help = "Score the SQL that questions become, by what it returns; the last line is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--questions", type=Path, required=True, help="JSON lines {id?, db_id, question, sql}"
        )
        parser.add_argument(
            "--databases", type=Path, required=True, help="a folder with NAME/NAME.sqlite for each database"
        )
        parser.add_argument(
            "--generator",
            choices=("local", "server"),
            default="local",
            help="what writes the SQL: the network, or LANGUAGE_MODEL",
        )
        parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="the folder of a decoder")
        parser.add_argument("--limit", type=int, help="only about N questions, spread over the file")
        parser.add_argument("--predictions", type=Path, help="write JSON lines {id, sql, right}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Scan each database into a throwaway database, ask, and print the scores."""
        questions = self._questions(options["questions"], options["limit"])
        server = self._server() if options["generator"] == "server" else None
        generator = LocalGenerator(load_decoder(options["model"]), cross_encoder=load_cross_encoder)
        scores = SqlScores()
        predictions = self._evaluate(questions, options["databases"], generator, scores, server)
        if options["predictions"]:
            write_rows(options["predictions"], map(asdict, predictions))
        self.stdout.write(json.dumps(scores.summary()))

    def _evaluate(
        self,
        questions: Sequence[SqlQuestion],
        databases: Path,
        generator: LocalGenerator,
        scores: SqlScores,
        server: ChatServer | None,
    ) -> list[Prediction]:
        predictions: list[Prediction] = []
        with throwaway_database(), tqdm(total=len(questions), unit="question") as bar:
            for name, on_database in by_database(questions).items():
                with opened_source(self._file(databases, name)) as source:
                    for prediction in evaluate(on_database, source, generator, scores, server):
                        predictions.append(prediction)
                        bar.update()
        return predictions

    def _server(self) -> ChatServer:
        server = configured_server()
        if server is None:
            raise CommandError("Name the server by LANGUAGE_MODEL_ADDRESS and its model by LANGUAGE_MODEL.")
        return server

    def _questions(self, path: Path, limit: int | None) -> list[SqlQuestion]:
        questions = read_sql_questions(path, limit)
        if not questions:
            raise CommandError(f"There is no question in {path}.")
        return questions

    def _file(self, folder: Path, name: str) -> Path:
        file = database_file(folder, name)
        if not file.is_file():
            raise CommandError(f"There is no database {file}.")
        return file
