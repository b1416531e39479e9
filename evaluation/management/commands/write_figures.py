"""`manage.py write_figures`: the figures in cards and documents, made of the results of `check_expected`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from evaluation import results
from evaluation.figures import ROOT, written
from searchapp.commands import SearchappCommand


class Command(SearchappCommand):
    """Write what lies between the markers of figures."""

    help = "Write the figures in cards and documents from the latest results of check_expected."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--results", type=Path, default=results.FOLDER, help="the folder of results")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the documents that change, and name them."""
        documents = written(results=options["results"])
        for path, text in documents.items():
            if path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                self.stdout.write(f"{path.relative_to(ROOT)}: written")
