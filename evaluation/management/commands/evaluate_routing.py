"""`manage.py evaluate_routing`: how often a question finds its source, among sources read from files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from evaluation.routing import lines, own_set, public_set, route, summary
from searchapp.commands import SearchappCommand

_ASKED = Path("benchmarks/asked")


class Command(SearchappCommand):
    """Measure the router."""

    help = "Measure how often a question finds its source; with --public, among public sources as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--asked", type=Path, default=_ASKED, help="the folder of questions and their sources"
        )
        parser.add_argument("--public", type=Path, help="a folder of public sources with questions")
        parser.add_argument("--wrong", type=Path, help="a file for the questions whose source is not first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, rank, count."""
        sources, questions = own_set(options["asked"])
        if options["public"]:
            more_sources, more_questions = public_set(options["public"])
            sources, questions = [*sources, *more_sources], [*questions, *more_questions]
        routed = route(sources, questions)
        self.stdout.write(f"{len(sources)} sources: {summary(routed)}")
        if options["wrong"]:
            options["wrong"].write_text(lines(routed), encoding="utf-8")
