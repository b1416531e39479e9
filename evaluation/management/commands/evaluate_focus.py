"""`manage.py evaluate_focus`: whether the focused schema holds what queries need; the last line is one JSON
object.
"""

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from evaluation.kbqa.focus import FocusScores, evaluate_focus, merged
from kbqa.decoding.pointer_network import load_decoder
from kbqa.sql.answer.generator import MODEL_FOLDER, LocalGenerator
from kbqa.sql.focus.cross_encoder.inference import BUNDLED_FOLDER as CROSS_ENCODER_FOLDER
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
from kbqa.sql.focus.selection import NARROW, ROOMY
from kbqa.sql.schema import Schema
from training.sql.published import flat_schema, read_rows

_BUDGETS = {"narrow": NARROW, "roomy": ROOMY}


class Command(BaseCommand):
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
        schemas: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows(options["schema"]):
            schemas[str(row["db_id"])].append(row)
        rows = self._rows(options["questions"])
        if options["limit"]:
            rows = rows[:: max(1, len(rows) // options["limit"])][: options["limit"]]
        asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            asked[str(row["db_id"])].append(row)
        if missing := sorted(set(asked) - set(schemas)):
            raise CommandError(f"The schema file has no {', '.join(missing[:5])}.")
        cross_encoder = (
            None
            if options["without_cross_encoder"]
            else partial(load_cross_encoder, options["cross_encoder"])
        )
        generator = LocalGenerator(load_decoder(options["model"]), cross_encoder=cross_encoder)
        scores = FocusScores()
        with tqdm(total=len(rows), unit="question") as bar:
            for schema, questions in self._sets(schemas, asked, merge=options["merge"]):
                for _ in evaluate_focus(questions, schema, generator, _BUDGETS[options["budget"]], scores):
                    bar.update()
        self.stdout.write(json.dumps(scores.summary()))

    def _sets(
        self, schemas: dict[str, list[dict[str, Any]]], asked: dict[str, list[dict[str, Any]]], *, merge: bool
    ) -> Iterator[tuple[Schema, list[dict[str, Any]]]]:
        if merge:
            yield merged(
                {name: flat_schema(rows) for name, rows in schemas.items()},
                [row for rows in asked.values() for row in rows],
            )
            return
        for name, rows in asked.items():
            yield flat_schema(schemas[name]), rows

    def _rows(self, path: Path) -> list[dict[str, Any]]:
        try:
            rows = list(read_rows(path))
        except (OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        if not rows:
            raise CommandError(f"{path} is empty.")
        return rows
