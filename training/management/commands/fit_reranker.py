"""`manage.py fit_reranker`: the weights of a decoder's reranker, fitted to questions with gold SQL."""

import json
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from kbqa.decoding.pointer_network import load_decoder
from kbqa.language_model import ChatServer, configured_server
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.reranking import FEATURES, SECOND_READER
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
from kbqa.sql.verifier.inference import VERIFIER_FOLDER, load_verifier
from searchapp.commands import SearchappCommand
from training.sql.published import database_file
from training.sql.questions import SqlQuestion, by_database, opened_source, read_sql_questions
from training.sql.reranker import Judged, fitted, judged_answers, keep_ranking
from training.throwaway import throwaway_database


class Command(SearchappCommand):
    """Answer questions on databases that the decoder was not trained on, fit the weights and keep them."""

    help = (
        "Fit the reranker of a SQL decoder to questions with gold SQL and write it into the folder; "
        "the last line is one JSON object."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--questions", type=Path, required=True, help="JSON lines {id?, db_id, question, sql}"
        )
        parser.add_argument(
            "--databases", type=Path, required=True, help="a folder with NAME/NAME.sqlite for each database"
        )
        parser.add_argument("--model", type=Path, required=True, help="the folder of the decoder")
        parser.add_argument(
            "--verifier", type=Path, default=VERIFIER_FOLDER, help="the folder of the verifier of readings"
        )
        parser.add_argument("--limit", type=int, help="only about N questions, spread over the file")

        parser.add_argument(
            "--second-reader",
            action="store_true",
            help="fit what the server of LANGUAGE_MODEL_ADDRESS counts as second reader, nothing else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer, fit and keep."""
        questions = self._questions(options["questions"], options["limit"])
        generator = LocalGenerator(
            load_decoder(options["model"]),
            cross_encoder=load_cross_encoder,
            verifier=partial(load_verifier, options["verifier"]),
        )
        server = self._server() if options["second_reader"] else None
        judged: list[Judged] = []
        with throwaway_database(), tqdm(total=len(questions), unit="question") as bar:
            for name, on_database in by_database(questions).items():
                with opened_source(self._file(options["databases"], name)) as source:
                    for answers in judged_answers(on_database, source, generator, server):
                        judged += [answers] if answers is not None else []
                        bar.update()
        names = SECOND_READER if server else [name for name in FEATURES if name not in SECOND_READER]
        ranking = fitted(judged, names=names, known=generator.ranking)
        keep_ranking(options["model"], ranking)
        self.stdout.write(json.dumps({"questions": len(judged), "ranking": ranking.named()}))

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
