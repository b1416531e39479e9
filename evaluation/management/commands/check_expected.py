"""`manage.py check_expected`: whether every evaluation still measures what `evaluation/expected` says."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from evaluation import results
from evaluation.expectations import Entry, areas, chosen, read_entries
from evaluation.prepared_sets import PreparationError, prepare, sets_in
from evaluation.verification import Comparison, Verdict, Verification, measured_in_subprocess
from searchapp.commands import SearchappCommand
from training.json_lines import MalformedFile

_ROOT = Path(__file__).parents[3]


class Command(SearchappCommand):
    """Run the evaluations and print for each expected score whether it holds."""

    help = (
        "Run the evaluations of evaluation/expected and say what holds, what fell and what rose; "
        "what a commit was measured for already is not measured again. Exit code 1 if a score fell."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--data", type=Path, required=True, help="the folder of published sets (docs/benchmarks.md)"
        )
        parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these entries alone")
        parser.add_argument("--of", choices=areas(), default="*", help="the entries of one area alone")
        parser.add_argument("--quick", action="store_true", help="fewer questions, about ten minutes in all")
        parser.add_argument(
            "--results", type=Path, default=results.FOLDER, help="where results are kept, a file a commit"
        )
        parser.add_argument(
            "--prepared",
            type=Path,
            help="where sets made of the published ones are kept; by default DATA_DIR",
        )
        parser.add_argument(
            "--write", action="store_true", help="write the figures in cards and documents afterwards"
        )
        parser.add_argument("--again", action="store_true", help="measure what was measured already, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, compare and print."""
        entries = chosen(read_entries(area=options["of"]), options["only"])
        if not options["data"].is_dir():
            raise CommandError(f"There is no folder {options['data']}: --data names the published sets.")
        prepared: Path = options["prepared"] or settings.DATA_DIR / "evaluation"
        folders = {"data": options["data"].resolve(), "prepared": prepared.resolve(), "project": _ROOT}
        commit = results.present_commit()
        verification = Verification(
            folders, options["results"], commit, quick=options["quick"], again=options["again"]
        )
        comparisons = [comparison for entry in entries for comparison in self._compared(entry, verification)]
        if options["write"]:
            call_command("write_figures", results=options["results"], stdout=self.stdout)
        self._conclude(comparisons, commit)

    def _compared(self, entry: Entry, verification: Verification) -> list[Comparison]:
        run = verification.run_of(entry)
        if run is None:
            return []
        folders = verification.folders
        try:
            prepare(sets_in(run.command), folders["data"], folders["prepared"])
        except (OSError, MalformedFile, PreparationError) as error:
            comparisons = [Comparison(entry.name, Verdict.LEFT_OUT, reason=str(error))]
        else:
            comparisons = verification.compared(entry, run, measured_in_subprocess)
        for comparison in comparisons:
            self.stdout.write(str(comparison))
            self.stdout.flush()
        return comparisons

    def _conclude(self, comparisons: Sequence[Comparison], commit: str) -> None:
        verdicts = [comparison.verdict for comparison in comparisons]
        counts = ", ".join(
            f"{verdicts.count(verdict)} {verdict.lower()}" for verdict in Verdict if verdict in verdicts
        )
        self.stdout.write(f"At {commit}: {counts or 'nothing to measure'}.")
        if {Verdict.FELL, Verdict.FAILED} & set(verdicts):
            raise CommandError("Not every score holds.", returncode=1)
