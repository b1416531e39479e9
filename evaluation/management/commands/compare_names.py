"""`manage.py compare_names`: whether what universal-ctags names has that name here, too."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from evaluation.codesearch.names import Comparison, compare_names, differences
from evaluation.json_lines import write_rows
from searchapp.commands import SearchappCommand


class Command(SearchappCommand):
    """Compare the units of whole libraries with what universal-ctags finds in them."""

    help = "Compare units with the definitions that ctags names; the last line is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("folders", nargs="+", type=Path, help="folders of source code")
        parser.add_argument("--differences", type=Path, help="write all that differs as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the comparison."""
        totals: dict[str, Comparison] = {}
        for folder in options["folders"]:
            if not folder.is_dir():
                raise CommandError(f"{folder} is no folder.")
            for language, found in compare_names(folder).items():
                total = totals.setdefault(language, Comparison())
                total.named += found.named
                total.differing += found.differing
        for language, total in sorted(totals.items()):
            self.stdout.write(
                f"{language}: {total.named:,} definitions, {total.share:.1%} of the same name and kind"
            )
            for line in differences(total):
                self.stdout.write(line)
        if options["differences"]:
            rows = (
                {**tag._asdict(), "units": units}
                for total in totals.values()
                for tag, units in total.differing
            )
            write_rows(options["differences"], rows)
        self.stdout.write(json.dumps({language: round(total.share, 4) for language, total in totals.items()}))
