"""Results of evaluations: one JSON object a line, in a file for each commit of the code that was measured."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from training.json_lines import read_rows

FOLDER = Path(__file__).parent / "results"
_ROOT = Path(__file__).parents[1]
_NO_CODE = ("evaluation/results", "evaluation/expected", "evaluation/figures.yaml", "docs", "*.md")
"""What may differ from a commit without a figure being another."""


@dataclass(frozen=True)
class Result:
    """What an entry's command printed, once."""

    name: str
    quick: bool
    commit: str
    """The commit of the code that was measured, with `-changed` after it where files differed."""
    date: str
    seconds: float
    machine: str
    load: float
    """Mean number of processes that wanted to run in the last five minutes, this one among them."""
    measures: Mapping[str, Any]
    """The JSON object that the command printed last."""

    @classmethod
    def now(
        cls, name: str, *, quick: bool, commit: str, seconds: float, measures: Mapping[str, Any]
    ) -> "Result":
        """The result of a command that has just ended on this machine."""
        date = datetime.now(UTC).isoformat(timespec="seconds")
        load = round(os.getloadavg()[1], 1)
        return cls(name, quick, commit, date, round(seconds, 1), machine_name(), load, measures)

    def score(self, path: str) -> float | None:
        """The number at a path of the measures, whose steps are apart by `/`; None where there is none.

        >>> Result("a", False, "", "", 0, "", 0, {"f1": 0.5, "by": {"x": [1, 2]}}).score("by/x/1")
        2.0
        """
        value: Any = self.measures
        for step in path.split("/"):
            try:
                value = value[int(step)] if isinstance(value, list) else value[step]
            except (KeyError, IndexError, TypeError, ValueError):
                return None
        return float(value) if isinstance(value, int | float) else None


def read_results(folder: Path = FOLDER) -> list[Result]:
    """All results of a folder, the oldest first. Raises MalformedFile."""
    rows = [row for path in sorted(folder.glob("*.jsonl")) for row in read_rows(path)]
    return sorted((Result(**row) for row in rows), key=lambda result: result.date)


def latest(results: Iterable[Result], *, quick: bool = False) -> dict[str, Result]:
    """The last result of each entry; `results` are in the order of their dates."""
    return {result.name: result for result in results if result.quick is quick}


def keep(result: Result, folder: Path = FOLDER) -> None:
    """Append a result to its commit's file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{result.commit}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def present_commit() -> str:
    """The checkout's commit, shortened; `-changed` follows where code differs; `unknown` without git."""
    name = _git("rev-parse", "--short=7", "HEAD")
    if not name:
        return "unknown"
    excluded = (f":(exclude){path}" for path in _NO_CODE)
    return f"{name}-changed" if _git("status", "--porcelain", "-uno", "--", ".", *excluded) else name


def is_kept_for(commit: str) -> bool:
    """Whether results of this commit can stand for what would be measured now."""
    return commit != "unknown" and not commit.endswith("-changed")


def _git(*arguments: str) -> str:
    try:
        ended = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return ended.stdout.strip()


def machine_name() -> str:
    """The number of cores and the processor's name with what of it decides how networks are computed."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    flags = set(fields.get("flags", "").split())
    extension = next((shown for flag, shown in _EXTENSIONS.items() if flag in flags), "")
    name = fields.get("model name") or platform.processor() or platform.machine()
    cores = os.cpu_count() or 1
    return f"{cores} {'core' if cores == 1 else 'cores'}, {name}{f' ({extension})' if extension else ''}"


_EXTENSIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 with bf16", "avx512f": "AVX-512", "avx2": "AVX2"}
"""Instruction sets by what they are called in /proc/cpuinfo, the widest first."""
