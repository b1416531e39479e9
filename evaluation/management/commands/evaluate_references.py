"""`manage.py evaluate_references`: resolved references beside a reference implementation's."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from searchapp.commands import SearchappCommand


class Command(SearchappCommand):
    """Resolve the names of a package, and compare a sample with jedi or TypeScript's language server."""

    help = (
        "Compare resolved references with jedi's (Python) or TypeScript's language server's: precision and "
        "recall on a sample of the names in FOLDER. Nothing is stored."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("folder", type=Path, help="folder of a package")
        parser.add_argument("--language", choices=["python", "typescript"], default="python")
        parser.add_argument("--sample", type=int, default=1_000, help="names that are compared")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--differences", type=int, default=0, metavar="N", help="show so many of them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare."""
        from evaluation.codesearch.reference_evaluation import LinkedFolder, compare

        root: Path = options["folder"].resolve()
        if not root.is_dir():
            raise CommandError(f"There is no folder {root}.")
        folder = LinkedFolder(root, options["language"])
        with self._oracle(root, options["language"]) as oracle:
            tally = compare(folder, oracle, options["sample"], options["seed"])
        self.stdout.write(
            f"{root.name} ({options['language']}): {len(folder.facts):,} files, "
            f"{len(folder.names()):,} names; of {tally.judged:,} compared, "
            f"precision {tally.precision:.3f}, recall {tally.recall:.3f}; "
            f"{tally.guessed:,} by name only, of which {tally.guessed_right:,} right."
        )
        for difference in tally.differences[: options["differences"]]:
            self.stdout.write(f"  {difference}")

    def _oracle(self, root: Path, language: str) -> Any:
        from contextlib import nullcontext

        from evaluation.codesearch.reference_evaluation import TypeScriptOracle, jedi_oracle

        if language == "python":
            try:
                return nullcontext(jedi_oracle(root))
            except ImportError as error:
                raise CommandError("This needs jedi: install requirements/dev.txt.") from error
        compiler = settings.BASE_DIR / "node_modules" / ".bin" / "tsc"
        if not compiler.exists():
            raise CommandError("This needs TypeScript: run `npm ci`.")
        return TypeScriptOracle(root, compiler)
