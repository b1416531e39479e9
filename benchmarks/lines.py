"""Random lines of whole folders, each looked for in quotes: which are not found as `grep -F` finds them."""

import random
import re
import subprocess
from pathlib import Path

from django.db import connection

from benchmarks.base import Options, Row, timed
from codesearch.models import Repository, SourceFile
from codesearch.retrieval import search
from codesearch.retrieval.occurrences import occurrences
from codesearch.retrieval.query import parse_query
from evaluation.codesearch.indexing import index_folder
from evaluation.codesearch.metrics import percentile
from training.throwaway import throwaway_database

_LINES, _TIMED = 1_000, 200
_SEED = 7
# So that an answer of grep is read in no time; what occurs more often than this is found like anything else.
_MOST_PLACES = 5_000


def run(options: Options) -> list[Row]:
    """Index each folder of `options.repositories`, and compare."""
    rows: list[Row] = []
    for folder in options.repositories:
        with throwaway_database():
            rows += _measure(folder, index_folder(folder.name, folder))
    return rows


def _measure(folder: Path, repository: Repository) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    files = dict(SourceFile.objects.filter(repository=repository).values_list("path", "blob__text"))
    lines = sorted({line for text in files.values() for line in text.split("\n") if line.strip()})
    chance = random.Random(_SEED)
    drawn = chance.sample(lines, min(_LINES, len(lines)))
    missed = [line for line in drawn if _missed(line, folder, set(files))]
    milliseconds = [1000 * timed(lambda line=line: search(_quoted(line)))[0] for line in drawn[:_TIMED]]  # type: ignore[misc]
    parts = [1000 * timed(lambda line=line: search(_expression(line)))[0] for line in drawn[:_TIMED]]  # type: ignore[misc]
    note = "; ".join(line.strip()[:60] for line in missed[:3])
    of = f"of {len(drawn):,} lines, {folder.name}, {repository.units:,} units"
    return [
        Row("lines", f"missed {of}", len(missed), "", note),
        Row("lines", f"text in quotes p50, {folder.name}", round(percentile(milliseconds, 0.5), 1), "ms"),
        Row("lines", f"regular expression p50, {folder.name}", round(percentile(parts, 0.5), 1), "ms"),
    ]


def _missed(line: str, folder: Path, indexed: set[str]) -> bool:
    """Whether a place in an indexed file, where grep finds a line, is not among those that are found."""
    grep = subprocess.run(
        ["grep", "-rnIF", "--exclude-dir=.git", "-m", str(_MOST_PLACES), "--", line, "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    places = set()
    for row in grep.stdout.decode("utf-8", errors="replace").splitlines():
        path, number, *_ = [*row.split(":", 2), ""]
        if path.removeprefix("./") in indexed and number.isdigit():
            places.add((path.removeprefix("./"), int(number)))
    found = occurrences(parse_query(f"{_quoted(line)} case:yes"))
    assert found is not None
    return bool(places - {(match.path, number) for match in found.matches for number in match.lines})


def _quoted(line: str) -> str:
    return '"' + line.replace('"', '\\"') + '"'


def _expression(line: str) -> str:
    """A regular expression of a line's longest identifier, cut, and any word characters after it."""
    words = re.findall(r"\w+", line)
    longest = max(words, key=len, default="return")
    return rf"/{longest[: max(3, len(longest) // 2)]}\w+/"
