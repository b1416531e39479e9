"""Expected scores beside measured ones: runs each entry's command, keeps what it prints, and compares."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Any

from evaluation.expectations import Entry, Run
from evaluation.results import Result, is_kept_for, keep, latest, read_results

_ROOT = Path(__file__).parents[1]
_SECONDS = {"GRAPH_READING_SECONDS": "600", "DATABASE_READING_SECONDS": "600"}
"""No reading is cut short: figures must not depend on how busy the machine is."""


_COSTS = {"calibration_error", "columns_kept", "tokens_kept", "wrongly_refused", "writes"}
"""Scores of which less is better: they fall where they grow."""


class CommandFailed(Exception):  # noqa: N818 - names what happened
    """An entry's command did not print scores."""


class Verdict(StrEnum):
    """What became of an expected score."""

    OK = "OK"
    FELL = "FELL"
    ROSE = "ROSE"
    LEFT_OUT = "LEFT OUT"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Comparison:
    """An expected score beside the measured one; neither where the command was left out or failed."""

    entry: str
    verdict: Verdict
    score: str = ""
    expected: float = 0.0
    measured: float = 0.0
    tolerance: float = 0.0
    reason: str = ""

    def __str__(self) -> str:
        """One line: [OK] name score: expected 0.562, found 0.5618 (± 0.005)."""
        if self.reason:
            return f"[{self.verdict}] {self.entry}: {self.reason}"
        figures = f"expected {self.expected:g}, found {self.measured:g} (± {self.tolerance:g})"
        return f"[{self.verdict}] {self.entry} {self.score}: {figures}"


def compare(entry: str, run: Run, result: Result) -> list[Comparison]:
    """Each expected score of a run beside what was measured.

    >>> run = Run("evaluate_code", {"mrr": 0.56, "recall@10": 0.8}, tolerance=0.01, minutes=2)
    >>> result = Result("cosqa", False, "", "", 0, "", 0, {"mrr": 0.54, "recall@10": 0.805})
    >>> for comparison in compare("cosqa", run, result):
    ...     print(comparison)
    [FELL] cosqa mrr: expected 0.56, found 0.54 (± 0.01)
    [OK] cosqa recall@10: expected 0.8, found 0.805 (± 0.01)
    """
    return [_compared(entry, run, result, name) for name in run.expected]


def _compared(entry: str, run: Run, result: Result, name: str) -> Comparison:
    expected, measured = run.expected[name], result.score(name)
    if measured is None:
        return Comparison(entry, Verdict.FAILED, reason=f"the command prints no {name}")
    is_cost = name.rpartition("/")[2] in _COSTS
    sign = -1 if is_cost else 1
    verdict = verdict_of(sign * expected, sign * measured, run.tolerance)
    return Comparison(entry, verdict, name, expected, measured, run.tolerance)


def verdict_of(expected: float, measured: float, tolerance: float) -> Verdict:
    """Whether a score is within the tolerance of the expected one, below it or above it.

    >>> [str(verdict_of(0.56, measured, 0.01)) for measured in (0.549, 0.55, 0.57, 0.571)]
    ['FELL', 'OK', 'OK', 'ROSE']
    """
    # Scores have four digits: what is as far off as the tolerance is within it, however floats round.
    difference = round(measured - expected, 6)
    if abs(difference) <= tolerance:
        return Verdict.OK
    return Verdict.FELL if difference < 0 else Verdict.ROSE


Measure = Callable[[Sequence[str]], Mapping[str, Any]]
"""Runs a command with its options and returns the scores it printed. Raises CommandFailed."""


@dataclass(frozen=True)
class Verification:
    """Runs entries at one commit; what a folder of results already has of it isn't measured again."""

    folders: Mapping[str, Path]
    """What `$data`, `$prepared` and `$project` stand for."""
    results: Path
    commit: str
    quick: bool = False
    again: bool = False
    """Whether to measure what there is a result of, too."""

    def run_of(self, entry: Entry) -> Run | None:
        """The run of an entry that is checked; None where only quick ones are, and it has none."""
        return entry.quick if self.quick else entry.full

    def compared(self, entry: Entry, run: Run, measure: Measure) -> list[Comparison]:
        """The scores of an entry's run beside the expected ones, measured now if they are not known."""
        if missing := missing_files(run.arguments(self.folders), self.folders):
            return [Comparison(entry.name, Verdict.LEFT_OUT, reason=f"there is no {missing[0]}")]
        try:
            return compare(entry.name, run, self._known(entry) or self._measured(entry, run, measure))
        except CommandFailed as error:
            return [Comparison(entry.name, Verdict.FAILED, reason=str(error))]

    def _is_quick(self, entry: Entry) -> bool:
        """Whether results are of the quick variant; one that is the full command has the full one's."""
        return self.quick and entry.quick is not None and entry.quick.command != entry.full.command

    def _known(self, entry: Entry) -> Result | None:
        if self.again or not is_kept_for(self.commit):
            return None
        of_commit = [result for result in read_results(self.results) if result.commit == self.commit]
        return latest(of_commit, quick=self._is_quick(entry)).get(entry.name)

    def _measured(self, entry: Entry, run: Run, measure: Measure) -> Result:
        begun = perf_counter()
        measures = measure(run.arguments(self.folders))
        seconds, quick = perf_counter() - begun, self._is_quick(entry)
        result = Result.now(entry.name, quick=quick, commit=self.commit, seconds=seconds, measures=measures)
        keep(result, self.results)
        return result


def missing_files(arguments: Sequence[str], folders: Mapping[str, Path]) -> list[str]:
    """The paths below one of the folders, among a command's options, that do not exist."""
    return list(_missing(arguments, tuple(folders.values())))


def _missing(arguments: Sequence[str], folders: Sequence[Path]) -> Iterator[str]:
    for argument in arguments:
        path = Path(argument.rpartition("=")[2])
        if any(path.is_relative_to(folder) for folder in folders) and not path.exists():
            yield str(path)


def measured_in_subprocess(arguments: Sequence[str]) -> Mapping[str, Any]:
    """The scores that `manage.py` prints with these arguments, run by itself. Raises CommandFailed."""
    ended = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=_ROOT,
        env={**os.environ, **_SECONDS},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise CommandFailed(f"the command ended with {ended.returncode}")
    return scores_in(ended.stdout)


def scores_in(output: str) -> Mapping[str, Any]:
    """The JSON object on the last line of an output. Raises CommandFailed.

    >>> scores_in('a table\\n{"f1": 0.5}\\n')
    {'f1': 0.5}
    """
    last = (output.strip().splitlines() or [""])[-1]
    try:
        scores = json.loads(last)
    except ValueError as error:
        raise CommandFailed(f"the last line is not JSON: {last[:80]!r}") from error
    if not isinstance(scores, dict):
        raise CommandFailed(f"the last line is not a JSON object: {last[:80]!r}")
    return scores
