"""`manage.py average_weights`: the weighted mean of models of one shape."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from searchapp.commands import SearchappCommand
from training.recipes import average_weights


class Command(SearchappCommand):
    """Average model folders into another."""

    help = "Write the weighted mean of models of one shape: average_weights OUT A=0.6 B=0.4."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("out", type=Path, help="the folder to write")
        parser.add_argument(
            "models", nargs="+", metavar="MODEL=WEIGHT", help="folders with their shares, which sum to 1"
        )

        parser.add_argument(
            "--grown",
            action="store_true",
            help="models after the first may lack what it has in addition: rows are then its, tensors 0",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Average."""
        shares = dict(map(_share, options["models"]))
        if len(shares) < len(options["models"]):
            raise CommandError("A model is named twice.")
        average_weights(shares, options["out"], grown=options["grown"])
        parts = " + ".join(f"{share:g} of {folder}" for folder, share in shares.items())
        self.stdout.write(f"{options['out']}: {parts}")


def _share(entry: str) -> tuple[Path, float]:
    folder, _, share = entry.rpartition("=")
    try:
        return Path(folder), float(share)
    except ValueError as error:
        raise CommandError(f"{entry} is not MODEL=WEIGHT.") from error
