"""`manage.py evaluate_focus`: whether the focused schema holds what queries need.

The last line of what it prints is one JSON object.
"""

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import CommandError
from tqdm import tqdm

from evaluation.kbqa.focus import FocusQuestion, FocusScores, evaluate_focus, merged
from kbqa.decoding.pointer_network import load_decoder
from kbqa.sql.public import BUNDLED_FOLDER as CROSS_ENCODER_FOLDER
from kbqa.sql.public import MODEL_FOLDER, NARROW, ROOMY, LocalGenerator, Schema, load_cross_encoder
from searchapp.commands import SearchappCommand
from training.json_lines import read_as, spread
from training.sql.published import flat_schema

T = TypeVar("T")
_BUDGETS = {"narrow": NARROW, "roomy": ROOMY}


class Command(SearchappCommand):
    """Score the part of a schema that is kept for a question."""

    help = "Score the part of a schema that is kept for a question; the last line is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--questions",
            type=Path,
            required=True,
            help="JSON lines {db_id, question, evidence?, sql | gold_tables, gold_columns}",
        )
        parser.add_argument(
            "--schema",
            type=Path,
            required=True,
            help="JSON lines {db_id, table, column, type?, description?}",
        )
        parser.add_argument(
            "--budget",
            choices=_BUDGETS,
            default="narrow",
            help="narrow: a fifth on average; roomy: what is decoded over",
        )
        parser.add_argument(
            "--merge",
            action="store_true",
            help="ask every question of one schema of all databases in the file",
        )
        parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="the folder of a decoder")
        parser.add_argument(
            "--cross-encoder", type=Path, default=CROSS_ENCODER_FOLDER, help="the folder of a cross-encoder"
        )
        parser.add_argument(
            "--without-cross-encoder", action="store_true", help="focus by the decoder's own relevance alone"
        )
        parser.add_argument("--limit", type=int, help="only about N questions, spread over the file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Focus each question and print the scores."""
        schemas = self._schemas(options["schema"])
        questions = self._questions(options["questions"], options["limit"])
        if missing := sorted({question.database for question in questions} - set(schemas)):
            raise CommandError(f"The schema file has no {', '.join(missing[:5])}.")
        generator, scores = self._generator(options), FocusScores()
        with tqdm(total=len(questions), unit="question") as bar:
            for schema, of_schema in _sets(schemas, questions, merge=options["merge"]):
                for _ in evaluate_focus(of_schema, schema, generator, _BUDGETS[options["budget"]], scores):
                    bar.update()
        self.stdout.write(json.dumps(scores.summary()))

    def _generator(self, options: dict[str, Any]) -> LocalGenerator:
        load = partial(load_cross_encoder, options["cross_encoder"])
        return LocalGenerator(
            load_decoder(options["model"]),
            cross_encoder=None if options["without_cross_encoder"] else load,
        )

    def _schemas(self, path: Path) -> dict[str, Schema]:
        columns: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for database, row in self._read(path, lambda row: (str(row["db_id"]), row)):
            columns[database].append(row)
        return {name: flat_schema(rows) for name, rows in columns.items()}

    def _questions(self, path: Path, limit: int | None) -> list[FocusQuestion]:
        return spread(self._read(path, FocusQuestion.from_row), limit)

    def _read(self, path: Path, make: Callable[[Mapping[str, Any]], T]) -> list[T]:
        made = read_as(path, make)
        if not made:
            raise CommandError(f"{path} is empty.")
        return made


def _sets(
    schemas: Mapping[str, Schema], questions: Sequence[FocusQuestion], *, merge: bool
) -> Iterator[tuple[Schema, list[FocusQuestion]]]:
    """Each schema with its questions; with `merge`, one schema of all with all questions, by database."""
    by_database: dict[str, list[FocusQuestion]] = defaultdict(list)
    for question in questions:
        by_database[question.database].append(question)
    if merge:
        yield merged(schemas, chain.from_iterable(by_database.values()))
        return
    for name, of_database in by_database.items():
        yield schemas[name], of_database
