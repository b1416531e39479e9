"""What each evaluation is expected to measure: `evaluation/expected/*.yaml`, read and checked.

An entry names a `manage.py` command with its options, the scores that it is expected to print and how far
they may be off. In commands, `$data` is a folder of published sets, `$prepared` the sets that are made of
them (`evaluation/prepared_sets.py`), and `$project` the checkout.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import yaml

from searchapp.errors import InvalidInput

FOLDER = Path(__file__).parent / "expected"
DEFAULT_TOLERANCE = 0.005
_FIELDS = {"name", "what", "command", "expected", "tolerance", "minutes", "quick"}
_QUICK_FIELDS = {"options", "expected", "tolerance", "minutes"}


class ExpectationError(InvalidInput):
    """A file of expectations is not what it should be."""


@dataclass(frozen=True)
class Run:
    """One command line with the scores that it is expected to print."""

    command: str
    expected: Mapping[str, float]
    """The score at each path of the printed JSON; the steps of a path are apart by `/`."""
    tolerance: float
    minutes: float
    """About how long it takes on two cores."""

    def arguments(self, folders: Mapping[str, Path]) -> list[str]:
        """The command and its options, with `folders` in place of `$data` and the like."""
        return [Template(word).substitute(folders) for word in shlex.split(self.command)]


@dataclass(frozen=True)
class Entry:
    """An evaluation, and its quick variant (fewer questions, with scores of its own), where it has one."""

    name: str
    what: str
    full: Run
    quick: Run | None = field(default=None)


def read_entries(folder: Path = FOLDER, area: str = "*") -> list[Entry]:
    """The entries of all files of a folder, or of the file of one area. Raises ExpectationError."""
    entries = [entry for path in sorted(folder.glob(f"{area}.yaml")) for entry in _entries_of(path)]
    names = [entry.name for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ExpectationError(f"There are several entries named {', '.join(twice)}.")
    return entries


def areas(folder: Path = FOLDER) -> list[str]:
    """What there are files of entries for."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def chosen(entries: Sequence[Entry], names: Sequence[str]) -> list[Entry]:
    """The entries of these names, or all of them without names. Raises ExpectationError."""
    known = {entry.name: entry for entry in entries}
    if unknown := [name for name in names if name not in known]:
        raise ExpectationError(f"There is no entry {', '.join(unknown)}; there are {', '.join(known)}.")
    return [known[name] for name in names] if names else list(entries)


def _entries_of(path: Path) -> Iterator[Entry]:
    for row in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
        try:
            yield entry_of(row)
        except (KeyError, TypeError, ValueError) as error:
            name = row.get("name", "?") if isinstance(row, dict) else row
            raise ExpectationError(f"{path.name}, {name}: {error}") from error


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry of a row of YAML. Raises KeyError, TypeError or ValueError."""
    _refuse_unknown(row, _FIELDS)
    tolerance = float(row.get("tolerance", DEFAULT_TOLERANCE))
    full = Run(row["command"], _scores(row["expected"]), tolerance, float(row["minutes"]))
    quick = row.get("quick")
    return Entry(row["name"], row["what"], full, _quick_run(quick, full) if quick else None)


def _quick_run(row: Mapping[str, Any], full: Run) -> Run:
    _refuse_unknown(row, _QUICK_FIELDS)
    command = f"{full.command} {row.get('options', '')}".strip()
    tolerance = float(row.get("tolerance", full.tolerance))
    return Run(command, _scores(row.get("expected", full.expected)), tolerance, float(row["minutes"]))


def _scores(row: Mapping[str, Any]) -> dict[str, float]:
    if not row:
        raise ValueError("no score is expected")
    return {str(name): float(score) for name, score in row.items()}


def _refuse_unknown(row: Mapping[str, Any], fields: set[str]) -> None:
    if unknown := sorted(set(row) - fields):
        raise ValueError(f"no field is called {', '.join(unknown)}")
