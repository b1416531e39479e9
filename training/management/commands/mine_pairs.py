"""`manage.py mine_pairs`: documented functions of source trees, as pairs to train the code encoder on."""

import glob
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from searchapp.commands import SearchappCommand
from training.code_encoder.corpora import read_documents
from training.code_encoder.mining import LANGUAGES, Selection, mine, write_pairs


class Command(SearchappCommand):
    """Mine pairs by CodeSearchNet's rules, split by package."""

    packages = ("datasketch",)
    help = (
        "Build (documentation, code) pairs from source trees; the last line is the report as one JSON object."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "packages",
            nargs="+",
            help="patterns such as 'sources/python/*'; every folder that one matches is a package",
        )
        parser.add_argument(
            "--out", type=Path, required=True, help="folder to write train, valid and test to"
        )
        parser.add_argument(
            "--held-out",
            type=Path,
            action="append",
            default=[],
            help="corpus.jsonl of an evaluation; whatever it holds is dropped",
        )
        parser.add_argument(
            "--exclude", action="append", default=[], metavar="PACKAGE", help="a package to leave out"
        )
        parser.add_argument("--max-per-package", type=int, default=1500)
        parser.add_argument("--max-characters", type=int, help="leave longer code out of training")
        parser.add_argument(
            "--without-methods",
            nargs="*",
            default=[],
            metavar="LANGUAGE",
            help="leave methods in these languages out of training",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Mine and write."""
        folders = sorted({Path(path) for pattern in options["packages"] for path in glob.glob(pattern)})  # noqa: PTH207 - patterns may be absolute
        packages = [path for path in folders if path.is_dir() and path.name.lower() not in options["exclude"]]
        if not packages:
            raise CommandError(f"No folder matches {' '.join(options['packages'])}.")
        held_out = [document.code for path in options["held_out"] for document in read_documents(path)]
        unknown = set(options["without_methods"]) - set(LANGUAGES.values())
        if unknown:
            raise CommandError(
                f"No language {', '.join(sorted(unknown))}; there are {', '.join(LANGUAGES.values())}."
            )
        selection = Selection(options["max_characters"], frozenset(options["without_methods"]))
        bar = lambda items: tqdm(items, total=len(packages), unit=" packages")  # noqa: E731
        pairs, report = mine(packages, held_out, options["max_per_package"], selection, bar)
        write_pairs(options["out"], pairs, report)
        self.stdout.write(json.dumps(report.as_dict()))
