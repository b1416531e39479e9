"""`manage.py evaluate_sparql`: questions on a graph with known answers; the last line is one JSON object."""

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from evaluation.json_lines import write_rows
from evaluation.kbqa.calibration import keep_temperature
from evaluation.kbqa.graph_questions import GraphQuestion, read_graph_questions
from evaluation.kbqa.sparql import (
    Prediction,
    SparqlScores,
    by_known_query,
    by_reading,
    evaluate,
)
from kbqa.sparql.public import local_decoder, temporary_graph
from searchapp.commands import SearchappCommand
from training.throwaway import throwaway_database

_SUFFIXES = (".nt.gz", ".nt", ".ttl", ".ttl.gz")


class Command(SearchappCommand):
    """Score the answers to questions about a graph."""

    help = (
        "Score the answers to questions about a graph, asked without gold entities; "
        "the last line is one JSON object."
    )

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
        """Load each graph into a throwaway database, ask, and print the scores."""
        self._check(options)
        questions = self._questions(options)
        by_graph: dict[Path, list[GraphQuestion]] = defaultdict(list)
        for question in questions:
            by_graph[graph_file(options["graph"], question)].append(question)
        scores, predictions = SparqlScores(), list[Prediction]()
        with throwaway_database(), tqdm(total=len(questions), unit="question") as bar:
            for path, on_graph in by_graph.items():
                for prediction in self._evaluate(path, on_graph, options, scores):
                    predictions.append(prediction)
                    bar.update()
        if options["predictions"]:
            write_rows(options["predictions"], (prediction.as_row() for prediction in predictions))
        if options["fit_temperature"]:
            keep_temperature(options["model"], scores.judged)
        self.stdout.write(json.dumps(scores.summary()))

    def _check(self, options: dict[str, Any]) -> None:
        if options["fit_temperature"] and not options["model"]:
            raise CommandError("--fit-temperature needs --model.")
        if options["known_queries"] and options["model"]:
            raise CommandError("--known-queries asks no --model.")

    def _questions(self, options: dict[str, Any]) -> list[GraphQuestion]:
        questions = read_graph_questions(
            options["questions"],
            where=options["where"],
            only_held_out=options["held_out"],
            limit=options["limit"],
        )
        if not questions:
            raise CommandError("There is no question to ask.")
        return questions

    def _evaluate(
        self, path: Path, questions: list[GraphQuestion], options: dict[str, Any], scores: SparqlScores
    ) -> Iterator[Prediction]:
        decoder = None if options["known_queries"] else local_decoder(options["model"])
        with temporary_graph(path, 0 if decoder is None else None) as opened:
            version, live = opened.version, opened.live
            answer_to = by_reading(version, live, decoder) if decoder else by_known_query(version, live)
            yield from evaluate(questions, live, answer_to, scores)


def graph_file(path: Path, question: GraphQuestion) -> Path:
    """The file of a question's graph: `path`, or the one of its name in that folder. Raises CommandError."""
    if not path.is_dir():
        return path
    files = (path / f"{question.graph}{suffix}" for suffix in _SUFFIXES)
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise CommandError(f"There is no graph {question.graph!r} in {path}.")
    return file
