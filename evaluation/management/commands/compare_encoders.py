"""`manage.py compare_encoders`: trained models side by side, as one table."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from searchapp.commands import SearchappCommand
from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
from training.code_encoder.corpora import read_documents, read_queries
from training.code_encoder.mining import read_pairs

if TYPE_CHECKING:
    from evaluation.codesearch.encoder_comparison import Task


class Command(SearchappCommand):
    """Score model folders on a corpus with judged queries and on held-out pairs, dense search alone."""

    packages = ("torch", "torch_geometric")
    help = (
        "Compare code encoders: MRR, Mean Angular Margin, parameters, functions a second, "
        "and a paired test against the first. Needs torch (`make models`)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "models",
            nargs="+",
            metavar="NAME=FOLDER[,FOLDER…]",
            help="folders of one name are its seeds; `MiniLM=` is the bundled one",
        )
        parser.add_argument("--corpus", type=Path, help="JSON lines {id, language, code}")
        parser.add_argument("--queries", type=Path, help="JSON lines {id, text, relevant: {id: grade}}")
        parser.add_argument(
            "--pairs",
            type=Path,
            nargs="*",
            default=[],
            help="held-out pairs, such as test.jsonl.gz of mine_pairs",
        )
        parser.add_argument("--most", type=int, default=2000, help="held-out pairs of each language")
        parser.add_argument(
            "--baseline", help="name that the others are tested against; by default the first"
        )
        parser.add_argument("--out", type=Path, help="write the table as Markdown")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare."""
        from evaluation.codesearch.encoder_comparison import compare
        from evaluation.codesearch.encoder_table import as_markdown

        models = self._models(options["models"])
        tasks = self._tasks(options)
        outcomes = compare(models, tasks, self.stderr.write)
        baseline = next((outcome for outcome in outcomes if outcome.name == options["baseline"]), outcomes[0])
        table = as_markdown(outcomes, baseline)
        if options["out"]:
            options["out"].write_text(table, encoding="utf-8")
        self.stdout.write(table)
        scores = {
            outcome.name: {task: round(outcome.mrr(task), 4) for task in outcome.ranks}
            for outcome in outcomes
        }
        self.stdout.write(json.dumps(scores))

    def _models(self, given: Sequence[str]) -> dict[str, list[Path]]:
        """The folders of each name; the bundled model's for a name without any."""
        models: dict[str, list[Path]] = {}
        for name, _, folders in (text.partition("=") for text in given):
            paths = [Path(folder) for folder in folders.split(",")] if folders else []
            models[name] = paths or [model_folder(BUNDLED_MODEL)]
        folders_without = [
            str(path) for paths in models.values() for path in paths if not (path / "config.json").exists()
        ]
        if folders_without:
            raise CommandError(f"No model in {', '.join(folders_without)}.")
        return models

    def _tasks(self, options: dict[str, Any]) -> "list[Task]":
        from evaluation.codesearch.encoder_comparison import corpus_tasks, held_out_tasks

        tasks: list[Task] = []
        if options["corpus"]:
            tasks += corpus_tasks(read_documents(options["corpus"]), read_queries(options["queries"]))
        if options["pairs"]:
            pairs = [pair for path in options["pairs"] for pair in read_pairs(path)]
            tasks += held_out_tasks(pairs, options["most"])
        if not tasks:
            raise CommandError("Give --corpus with --queries, or --pairs, or both.")
        return tasks
