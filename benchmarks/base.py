"""What the benchmarks share."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from codesearch.parsing import CodeUnit, language_of, parse_file

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """Where data lies that the project may not carry, and how large the runs are."""

    cosqa: Path | None
    sources: Path
    sizes: tuple[int, ...]
    triples: int
    requests: int = 3_000
    kills: int = 100
    slow_clients: int = 200
    hostile: int = 400
    minutes: tuple[float, ...] = ()
    """How long clients keep on, for each length; by default as long as each benchmark says."""
    inputs: int = 100_000
    tables: int = 88
    repositories: tuple[Path, ...] = ()
    """Folders whose lines are looked for."""


@dataclass(frozen=True)
class Row:
    """One measured figure."""

    benchmark: str
    what: str
    value: float
    unit: str
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The fields for the results' JSON."""
        return asdict(self)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """(seconds, result)."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def source_files(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, text) of the Python files below a folder, in the order of their paths."""
    for path in sorted(folder.rglob("*.py")):
        if language_of(path.name) and path.stat().st_size < 1_000_000:
            yield str(path), path.read_text(encoding="utf-8", errors="replace")


def functions_of(path: str, text: str) -> list[CodeUnit]:
    """The functions and methods of a file."""
    return [unit for unit in parse_file(path, text).units if unit.kind in ("function", "method")]


def source_units(folder: Path, most: int) -> Iterator[CodeUnit]:
    """Up to `most` functions and methods of the Python files below a folder."""
    return islice((unit for path, text in source_files(folder) for unit in functions_of(path, text)), most)
