"""`manage.py evaluate_sql`: questions on SQLite databases with known SQL; the last line is one JSON object."""

import json
from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from evaluation.kbqa.sql import Scores, evaluate, opened_source
from kbqa.decoding.pointer_network import load_decoder
from kbqa.language_model import configured_server
from kbqa.sql.answer.generator import MODEL_FOLDER, LocalGenerator
from kbqa.sql.answer.reranking import fitted, keep_ranking
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
from searchapp.throwaway import throwaway_database
from training.sql.published import database_file, read_rows


class Command(BaseCommand):
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
        parser.add_argument(
            "--fit-ranking",
            action="store_true",
            help="keep in --model how its readings are ranked best for these questions",
        )
        parser.add_argument("--limit", type=int, help="only about N questions, spread over the file")
        parser.add_argument("--predictions", type=Path, help="write JSON lines {id, sql, right}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Scan each database into a database of its own, ask, and print the scores."""
        by_database: dict[str, list[dict[str, Any]]] = defaultdict(list)
        rows = self._rows(options["questions"], options["limit"])
        for row in rows:
            by_database[row["db_id"]].append(row)
        server = configured_server() if options["generator"] == "server" else None
        if options["generator"] == "server" and server is None:
            raise CommandError("Name the server by LANGUAGE_MODEL_ADDRESS and its model by LANGUAGE_MODEL.")
        generator, scores, predictions = (
            LocalGenerator(load_decoder(options["model"]), cross_encoder=load_cross_encoder),
            Scores(),
            list[dict[str, Any]](),
        )
        with throwaway_database(), tqdm(total=len(rows), unit="question") as bar:
            for name, asked in by_database.items():
                with opened_source(self._file(options["databases"], name)) as source:
                    for prediction in evaluate(asked, source, generator, scores, server):
                        predictions.append(prediction)
                        bar.update()
        if options["predictions"]:
            options["predictions"].write_text(
                "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in predictions), encoding="utf-8"
            )
        if options["fit_ranking"]:
            keep_ranking(options["model"], fitted(scores.rankings))
        self.stdout.write(json.dumps(scores.summary()))

    def _rows(self, path: Path, limit: int | None) -> list[dict[str, Any]]:
        try:
            rows = list(read_rows(path))
        except (OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        if not rows:
            raise CommandError(f"There is no question in {path}.")
        return rows[:: max(1, len(rows) // limit)][:limit] if limit else rows

    def _file(self, folder: Path, name: str) -> Path:
        file = database_file(folder, name)
        if not file.is_file():
            raise CommandError(f"There is no database {file}.")
        return file
