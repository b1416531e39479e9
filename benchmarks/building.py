"""(e) Builds of a real repository: the first, an unchanged one, and one after a change of one file."""

import shutil
import tempfile
from pathlib import Path

from benchmarks.base import Options, Row, timed
from codesearch import services
from codesearch.models import Repository
from evaluation.codesearch.indexing import index_folder
from searchapp.encoders import get_encoder
from searchapp.jobs.runner import run_stages
from training.throwaway import throwaway_database


def run(options: Options) -> list[Row]:
    """Build a copy of django; the encoder is loaded before, as it is in a worker that runs."""
    get_encoder().encode(["warm up"])
    with tempfile.TemporaryDirectory() as folder, throwaway_database():
        copy = Path(folder) / "django"
        shutil.copytree(options.sources / "django", copy, ignore=shutil.ignore_patterns("__pycache__"))
        first, repository = timed(lambda: index_folder("django", copy))
        unchanged, _ = timed(lambda: _rebuild(repository))
        with (copy / "shortcuts.py").open("a", encoding="utf-8") as file:
            file.write('\n\ndef answer():\n    """Return the answer."""\n    return 42\n')
        one_file, _ = timed(lambda: _rebuild(repository))
    return [
        Row("building", "first build", round(first, 2), "s", f"{repository.units:,} units"),
        Row("building", "unchanged build", round(unchanged, 3), "s"),
        Row("building", "unchanged against first", round(100 * unchanged / first, 2), "%", "at most 1"),
        Row("building", "one changed file against first", round(100 * one_file / first, 2), "%"),
    ]


def _rebuild(repository: Repository) -> None:
    run_stages(services.index_repository(repository).pk, follow=True)
