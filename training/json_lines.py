"""Files of JSON lines, as the published sets come: read, and thinned out."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from searchapp.errors import InvalidInput

T = TypeVar("T")


class MalformedFile(InvalidInput):
    """A file cannot be read, or a line of it is not what it should be."""


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a `.jsonl` or `.jsonl.gz` file. Raises MalformedFile, with the line."""
    for number, line in _lines(path):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise MalformedFile(f"{path}, line {number}: {error}") from error
            if not isinstance(row, dict):
                raise MalformedFile(f"{path}, line {number}: not an object")
            yield row


def read_as(path: Path, make: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """What is made of each row of a file. Raises MalformedFile, also where a row lacks a field."""
    try:
        return [make(row) for row in read_rows(path)]
    except KeyError as error:
        raise MalformedFile(f"{path}: a line lacks {error}") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                yield number, line
    except OSError as error:
        raise MalformedFile(f"{path} cannot be read: {error}") from error
    except (UnicodeDecodeError, EOFError, zlib.error) as error:
        raise MalformedFile(f"{path}, after line {number}: {error}") from error


def _opened(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def spread(rows: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` rows at equal distances, all of them without a limit.

    >>> spread("abcdefg", 3), spread("abc", None), spread("abc", 5)
    (['a', 'c', 'e'], ['a', 'b', 'c'], ['a', 'b', 'c'])
    """
    return list(rows[:: max(1, len(rows) // limit)][:limit] if limit else rows)
