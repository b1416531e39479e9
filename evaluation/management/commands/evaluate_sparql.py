"""`manage.py evaluate_sparql`: questions on a graph with known answers; the last line is one JSON object."""

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from evaluation.kbqa.calibration import keep_temperature
from evaluation.kbqa.sparql import Scores, by_known_query, by_reading, evaluate, loaded_graph
from kbqa.sparql.public import LoadError, local_decoder
from searchapp.throwaway import throwaway_database
from training.sparql.published import held_out, read_rows


class Command(BaseCommand):
    """Score the answers to questions about a graph."""

    help = "Score the answers to questions about a graph, asked without gold entities; the last line is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--graph",
            type=Path,
            required=True,
            help="an RDF file; or a folder, where each question names its graph",
        )
        parser.add_argument(
            "--questions",
            type=Path,
            required=True,
            help="JSON lines {question, sparql?, answers?, graph?}, also with .gz",
        )
        parser.add_argument("--limit", type=int, help="only about N questions, spread over the file")
        parser.add_argument(
            "--held-out",
            action="store_true",
            help="only the tenth of the questions that training never takes",
        )
        parser.add_argument("--where", default="", help="only questions with FIELD=VALUE, for example hops=2")
        parser.add_argument(
            "--model", type=Path, help="the folder of a decoder; by default the configured one"
        )
        parser.add_argument(
            "--fit-temperature",
            action="store_true",
            help="with --model: keep there what makes its sureness fit these questions",
        )
        parser.add_argument(
            "--known-queries",
            action="store_true",
            help="answer by the known queries: the most that this graph allows",
        )
        parser.add_argument("--predictions", type=Path, help="write JSON lines {question, sparql, answers}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each graph into a database of its own, ask, and print the scores."""
        if options["fit_temperature"] and not options["model"]:
            raise CommandError("--fit-temperature needs --model.")
        if options["known_queries"] and options["model"]:
            raise CommandError("--known-queries asks no --model.")
        rows = self._rows(options)
        if not rows:
            raise CommandError("There is no question to ask.")
        by_graph: dict[Path, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_graph[self._graph(options["graph"], row)].append(row)
        scores, predictions = Scores(), []
        with throwaway_database():
            bar = tqdm(total=len(rows), unit="question")
            for path, asked in by_graph.items():
                for prediction in self._evaluate(path, asked, options, scores):
                    predictions.append(prediction)
                    bar.update()
            bar.close()
        if options["predictions"]:
            options["predictions"].write_text(
                "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in predictions), encoding="utf-8"
            )
        if options["fit_temperature"] and options["model"]:
            keep_temperature(options["model"], scores.judged)
        self.stdout.write(json.dumps(scores.summary()))

    def _evaluate(
        self, path: Path, rows: list[dict[str, Any]], options: dict[str, Any], scores: Scores
    ) -> Iterator[dict[str, Any]]:
        decoder = None if options["known_queries"] else local_decoder(options["model"])
        try:
            with loaded_graph(path, 0 if decoder is None else None) as (version, live):
                yield from evaluate(
                    rows,
                    live,
                    by_known_query(version, live) if decoder is None else by_reading(version, live, decoder),
                    scores,
                )
        except (LoadError, OSError) as error:
            raise CommandError(f"{path}: {error}") from error

    def _rows(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            rows = list(read_rows(options["questions"]))
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['questions']} cannot be read: {error}") from error
        field, _, value = options["where"].partition("=")
        rows = [row for row in rows if not field or str(row.get(field)) == value]
        rows = [row for row in rows if not options["held_out"] or held_out(row["question"])]
        return (
            rows[:: max(1, len(rows) // options["limit"])][: options["limit"]] if options["limit"] else rows
        )

    def _graph(self, path: Path, row: dict[str, Any]) -> Path:
        if not path.is_dir():
            return path
        name = str(row.get("graph", ""))
        found = next(
            (
                each
                for suffix in (".nt.gz", ".nt", ".ttl", ".ttl.gz")
                if (each := path / f"{name}{suffix}").is_file()
            ),
            None,
        )
        if found is None:
            raise CommandError(f"There is no graph {name!r} in {path}.")
        return found
