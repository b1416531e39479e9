"""`manage.py compare_encoders`: trained models side by side, as one table."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Score model folders on a corpus with judged queries and on held-out pairs, dense search alone."""

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
        from evaluation.codesearch.encoder_comparison import compare, corpus_tasks, held_out_tasks
        from evaluation.codesearch.encoder_table import as_markdown
        from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
        from training.code_encoder.corpora import read_documents, read_queries
        from training.code_encoder.mining import read_pairs

        models: dict[str, list[Path]] = {}
        for each in options["models"]:
            name, _, folders = each.partition("=")
            models[name] = (
                [Path(folder) for folder in folders.split(",")] if folders else [model_folder(BUNDLED_MODEL)]
            )
        missing = [
            str(folder)
            for folders in models.values()
            for folder in folders
            if not (folder / "config.json").exists()
        ]
        if missing:
            raise CommandError(f"No model in {', '.join(missing)}.")
        tasks = []
        if options["corpus"]:
            tasks += corpus_tasks(read_documents(options["corpus"]), read_queries(options["queries"]))
        if options["pairs"]:
            tasks += held_out_tasks(
                [pair for path in options["pairs"] for pair in read_pairs(path)], options["most"]
            )
        if not tasks:
            raise CommandError("Give --corpus with --queries, or --pairs, or both.")
        outcomes = compare(models, tasks, self.stderr.write)
        baseline = next((each for each in outcomes if each.name == options["baseline"]), outcomes[0])
        table = as_markdown(outcomes, baseline)
        if options["out"]:
            options["out"].write_text(table, encoding="utf-8")
        self.stdout.write(table)
        self.stdout.write(
            json.dumps(
                {each.name: {task: round(each.mrr(task), 4) for task in each.ranks} for each in outcomes}
            )
        )
