"""`manage.py evaluate_sql`: questions on SQLite databases with gold SQL; the last line is one JSON object."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.test import override_settings
from tqdm import tqdm

from evaluation.json_lines import write_rows
from evaluation.kbqa.descriptions import read_descriptions
from evaluation.kbqa.sql import Prediction, SqlScores, evaluate
from evaluation.kbqa.sql_match import Match
from evaluation.kbqa.sql_questions import (
    GoldQuestion,
    by_database,
    found_file,
    opened_database,
    read_questions,
)
from kbqa.decoding.pointer_network import load_decoder
from kbqa.language_model import ChatServer, configured_server
from kbqa.sql.public import MODEL_FOLDER, VERIFIER_FOLDER, LocalGenerator, load_cross_encoder, load_verifier
from searchapp.commands import SearchappCommand
from training.throwaway import throwaway_database

_MATCH_HELP = (
    "which results are right: exact, with the gold SQL's columns in its order; any-order, with the same "
    "columns in whichever order, where questions leave it open; loose, with others besides, too, fractions "
    "to four digits and numerals equal to their numbers"
)


class Command(SearchappCommand):
    """Score the SQL that questions become, by what it returns."""

    help = (
        "Score the SQL that questions become, by what it returns, and what is refused; "
        "the last line is one JSON object."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--questions",
            type=Path,
            required=True,
            help="JSON lines {id?, db_id, question, evidence?, kind?, sql | gold: [sql, …], ordered?}; any "
            "of the gold queries may be met, and a question with none has to be refused",
        )
        parser.add_argument(
            "--databases",
            type=Path,
            required=True,
            help="a folder with NAME/NAME.sqlite, NAME.sqlite or the script NAME.sql for each database",
        )
        parser.add_argument(
            "--descriptions",
            type=Path,
            help="what is said of columns: JSON lines {db_id, table, column?, description}, or a folder as "
            "BIRD has it (NAME/TABLE.md, NAME/database_description/TABLE.csv)",
        )
        parser.add_argument(
            "--clock", type=_moment, help="ask as if it were then: 2025-03-14, 2025-03-14T10:30"
        )
        parser.add_argument("--match", choices=[*Match], default=Match.EXACT, help=_MATCH_HELP)
        parser.add_argument(
            "--second-reader",
            action="store_true",
            help="let the server of LANGUAGE_MODEL_ADDRESS read what the network is not sure of",
        )
        parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="the folder of a decoder")
        parser.add_argument(
            "--verifier", type=Path, default=VERIFIER_FOLDER, help="the folder of a verifier of readings"
        )
        parser.add_argument("--limit", type=int, help="only about N questions, spread over the file")
        parser.add_argument(
            "--predictions",
            type=Path,
            help="write JSON lines {id, database, kind, question, sql, refused, right, probability, "
            "milliseconds, layer}: the layer is the one that lost the right answer",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Scan each database into a throwaway database, ask, and print the scores."""
        questions = self._questions(options["questions"], options["limit"])
        described = read_descriptions(options["descriptions"]) if options["descriptions"] else {}
        server = self._server() if options["second_reader"] else None
        generator = LocalGenerator(
            load_decoder(options["model"]),
            cross_encoder=load_cross_encoder,
            verifier=partial(load_verifier, options["verifier"]),
        )
        scores = SqlScores()
        asked = by_database(questions)
        files = {name: found_file(options["databases"], name) for name in asked}
        predictions: list[Prediction] = []
        with self._clock(options["clock"]), throwaway_database(), tqdm(total=len(questions)) as bar:
            for name, on_database in asked.items():
                with opened_database(files[name], described.get(name, {})) as source:
                    match = Match(options["match"])
                    for prediction in evaluate(on_database, source, generator, scores, server, match):
                        predictions.append(prediction)
                        bar.update()
        if options["predictions"]:
            write_rows(options["predictions"], map(asdict, predictions))
        self.stdout.write(json.dumps(scores.summary()))

    def _clock(self, moment: str | None) -> AbstractContextManager[Any]:
        return override_settings(CLOCK=moment) if moment else nullcontext()

    def _server(self) -> ChatServer:
        server = configured_server()
        if server is None:
            raise CommandError("Name the server by LANGUAGE_MODEL_ADDRESS and its model by LANGUAGE_MODEL.")
        return server

    def _questions(self, path: Path, limit: int | None) -> list[GoldQuestion]:
        questions = read_questions(path, limit)
        if not questions:
            raise CommandError(f"There is no question in {path}.")
        return questions


def _moment(value: str) -> str:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()
    except ValueError as error:
        raise ArgumentTypeError("not a date or time, as 2025-03-14 or 2025-03-14T10:30") from error
