"""Where texts and regular expressions stand: every line of every served file, as grep would find it.

Files are narrowed by the signatures of their texts and then read. A line belongs to the innermost unit around
it that meets the query; one that no unit has belongs to its file.
"""

import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.db import connection, transaction

from codesearch.models import Unit
from codesearch.retrieval.conditions import (
    Filter,
    Leaf,
    Literal,
    can_hold,
    holds,
    leaves,
    not_negated,
    positive_literals,
)
from codesearch.retrieval.fields import FILE, QueryError
from codesearch.retrieval.filters import OF_FILES, files_sql, filter_sql, served_sql, signature_sql
from codesearch.retrieval.query import Query
from codesearch.retrieval.regular_expressions import compile_expression

_FILES_AT_ONCE = 200

FindLines = Callable[[bytes], list[int]]
"""Numbers of the lines of a text, in UTF-8, in which something stands, in order."""


@dataclass(frozen=True, slots=True)
class Match:
    """A unit that meets a query, with the lines that made it one; without `unit` the file itself."""

    unit: int | None
    file_id: int
    repository: str
    path: str
    language: str
    kind: str
    lines: tuple[int, ...]


@dataclass
class Occurrences:
    """What was found of a query's texts."""

    bounded: bool
    """Whether `matches` are all that meet the query; otherwise units without any of its texts may, too."""
    matches: list[Match] = field(default_factory=list)
    units: dict[Literal, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Keys of the units in which each text stands."""
    complete: bool = True
    """Whether there was time to read all files."""


class _File(NamedTuple):
    id: int
    repository: str
    path: str
    language: str
    digest: bytes
    meets: dict[Filter, bool]
    """Which of the filters on files it meets."""


class _Unit(NamedTuple):
    id: int
    start: int
    end: int
    kind: str
    meets: dict[Filter, bool]
    """Which of the filters on units it meets."""


def occurrences(query: Query) -> Occurrences | None:
    """Look the query's texts up, None if it has none. Raises QueryError where that takes too long."""
    search = _Search(query)
    return search.run() if search.literals else None


def lines_finder(literal: Literal) -> FindLines:
    """What finds the lines in which a text or a regular expression stands."""
    if not literal.regular and (literal.cased or literal.text.isascii()):
        text = literal.text if literal.cased else literal.text.lower()
        return partial(_lines_with_text, text.encode("utf-8", errors="replace"), cased=literal.cased)
    return partial(_lines_that_match, compile_expression(literal.expression, cased=literal.cased))


def _lines_with_text(text: bytes, data: bytes, *, cased: bool) -> list[int]:
    data = data if cased else data.lower()
    return _lines(lambda position: data.find(text, position), data)


def _lines_that_match(expression: Any, data: bytes) -> list[int]:
    def find(position: int) -> int:
        match = expression.search(data, position)
        return -1 if match is None else int(match.start())

    return _lines(find, data)


def _lines(find: Callable[[int], int], data: bytes) -> list[int]:
    lines: list[int] = []
    number, counted, position = 1, 0, 0
    while (position := find(position)) >= 0:
        number += data.count(b"\n", counted, position)
        counted = position
        lines.append(number)
        position = data.find(b"\n", position) + 1
        if not position:
            break
    return lines


class _Search:
    """One look-up of a query's texts."""

    def __init__(self, query: Query) -> None:
        self._condition = query.condition
        unsigned = [not_negated(leaf) for leaf in leaves(self._condition)]
        self.literals = [leaf for leaf in dict.fromkeys(unsigned) if isinstance(leaf, Literal)]
        filters = [leaf for leaf in dict.fromkeys(unsigned) if isinstance(leaf, Filter)]
        self._of_files = [leaf for leaf in filters if leaf.field in OF_FILES]
        self._of_units = [leaf for leaf in filters if leaf.field not in OF_FILES]
        self._positive = {replace(literal, negated=False) for literal in positive_literals(self._condition)}
        self._bounded = not can_hold(self._condition, _without_texts)[0]

    def run(self) -> Occurrences:
        found = Occurrences(self._bounded)
        finders = {literal: lines_finder(literal) for literal in self.literals}
        deadline = time.monotonic() + settings.SEARCH_TIMEOUT_MS / 1000
        files = self._files()
        for start in range(0, len(files), _FILES_AT_ONCE):
            if not self._read(files[start : start + _FILES_AT_ONCE], finders, deadline, found):
                found.complete = False
                break
        if not found.complete and not self._bounded:
            raise QueryError(
                "Looking for this text took too long."
                " Add a filter such as repo: or path:, or more of the text."
            )
        return found

    def _files(self) -> list[_File]:
        """The files to be read, by repository and path."""
        condition, parameters = files_sql(self._condition, bounded=self._bounded)
        if not self._bounded:
            with_any = [signature_sql(literal.needed) for literal in self.literals]
            condition = f"{condition} AND ({' OR '.join(sql for sql, _ in with_any)})"
        served, visible = served_sql("f")
        # What does not exist is told of by the condition, where it is not excluded.
        meets = [filter_sql(replace(leaf, negated=True), "f") for leaf in self._of_files]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {max(1, settings.SEARCH_TIMEOUT_MS)}")
            cursor.execute(
                f"SELECT f.id, r.name, f.path, f.language, f.blob_id{''.join(f', {sql}' for sql, _ in meets)}"
                " FROM codesearch_sourcefile f JOIN codesearch_repository r ON r.id = f.repository_id"
                f" JOIN codesearch_blob b ON b.digest = f.blob_id WHERE {served} AND {condition}"
                " ORDER BY r.name, f.path",
                [*(value for _, values in meets for value in values), *visible, *parameters],
            )
            return [
                _File(
                    key,
                    repository,
                    path,
                    language,
                    bytes(digest),
                    dict(zip(self._of_files, met, strict=True)),
                )
                for key, repository, path, language, digest, *met in cursor.fetchall()
            ]

    def _read(
        self,
        files: Sequence[_File],
        finders: dict[Literal, FindLines],
        deadline: float,
        found: Occurrences,
    ) -> bool:
        """Add what some files have; whether there was time to read them all."""
        texts = _texts([file.digest for file in files])
        lines_of: dict[int, dict[Literal, list[int]]] = {}
        in_time = True
        for file in files:
            in_time = time.monotonic() < deadline
            if not in_time:
                break
            lines = {literal: find(texts[file.digest]) for literal, find in finders.items()}
            if any(lines.values()):
                lines_of[file.id] = lines
        units = self._units(list(lines_of))
        for file in files:
            if file.id in lines_of:
                self._add(file, units[file.id], lines_of[file.id], found)
        return in_time

    def _units(self, file_ids: list[int]) -> dict[int, list[_Unit]]:
        """The units of each file, the inner ones first."""
        meets = [filter_sql(leaf, "u") for leaf in self._of_units]
        units: dict[int, list[_Unit]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT u.file_id, u.id, u.start_line, u.end_line, u.kind"
                f"{''.join(f', {sql}' for sql, _ in meets)} FROM codesearch_unit u WHERE u.file_id = ANY(%s)"
                " ORDER BY u.end_line - u.start_line, u.start_line, u.id",
                [*(value for _, values in meets for value in values), file_ids],
            )
            for file_id, key, start, end, kind, *met in cursor.fetchall():
                unit = _Unit(key, start, end, kind, dict(zip(self._of_units, met, strict=True)))
                units[file_id].append(unit)
        return units

    def _add(
        self, file: _File, units: list[_Unit], lines: dict[Literal, list[int]], found: Occurrences
    ) -> None:
        """Add what a file has: its units that meet the condition, and itself for the lines that none has."""
        text_lines = _FileLines(units, lines)
        taken: set[int] = set()
        matched = False
        for unit in units:
            own = text_lines.of_unit(unit)
            for literal, numbers in own.items():
                if numbers:
                    found.units[literal].append(unit.id)
            new = self._new_lines(own, taken)
            if self._bounded and new and self._holds(file, unit.meets, own):
                matched = True
                taken.update(new)
                found.matches.append(_match(file, unit.id, unit.kind, new))
        if self._bounded:
            self._add_file(file, text_lines, matched=matched, found=found)

    def _add_file(self, file: _File, lines: "_FileLines", *, matched: bool, found: Occurrences) -> None:
        """Add the file for lines outside of units or, if nothing else has all that was asked for, for any."""
        meets = {leaf: leaf.field == "kind" and leaf.value == FILE for leaf in self._of_units}
        outside = lines.outside()
        if self._holds(file, meets, outside) and (new := self._new_lines(outside, set())):
            found.matches.append(_match(file, None, FILE, new))
        elif not matched and not self._of_units and len(self._positive) > 1:
            new = self._new_lines(lines.all, set())
            if new and self._holds(file, meets, lines.all):
                found.matches.append(_match(file, None, FILE, new))

    def _new_lines(self, lines: dict[Literal, list[int]], taken: set[int]) -> list[int]:
        """Lines with a text that hits are found by, without those that an inner unit has."""
        numbers = {number for literal in self._positive for number in lines[literal]}
        return sorted(numbers - taken)

    def _holds(self, file: _File, meets: dict[Filter, bool], lines: dict[Literal, list[int]]) -> bool:
        def of_leaf(leaf: Leaf) -> bool:
            unsigned = not_negated(leaf)
            if isinstance(unsigned, Literal):
                return bool(lines[unsigned])
            return bool((file.meets if unsigned.field in OF_FILES else meets)[unsigned])

        return holds(self._condition, of_leaf)


class _FileLines:
    """The lines of a file in which texts stand, and which of them its units have.

    What is left of a module may enclose functions, and does not have their lines.
    """

    def __init__(self, units: Sequence[_Unit], lines: dict[Literal, list[int]]) -> None:
        self.all = lines
        others = [(unit.start, unit.end) for unit in units if unit.kind != Unit.Kind.MODULE]
        self._defined = _merged(others)
        self._covered = _merged([(unit.start, unit.end) for unit in units])

    def of_unit(self, unit: _Unit) -> dict[Literal, list[int]]:
        own = {
            literal: numbers[bisect_left(numbers, unit.start) : bisect_right(numbers, unit.end)]
            for literal, numbers in self.all.items()
        }
        return _without(own, self._defined) if unit.kind == Unit.Kind.MODULE else own

    def outside(self) -> dict[Literal, list[int]]:
        return _without(self.all, self._covered)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans (first, last) in order, those that overlap or touch as one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _without(lines: dict[Literal, list[int]], spans: Sequence[tuple[int, int]]) -> dict[Literal, list[int]]:
    starts = [first for first, _ in spans]

    def is_left(number: int) -> bool:
        position = bisect_right(starts, number) - 1
        return position < 0 or number > spans[position][1]

    return {literal: list(filter(is_left, numbers)) for literal, numbers in lines.items()}


def _without_texts(leaf: Leaf) -> tuple[bool, bool]:
    """What a leaf can be where none of the texts stands."""
    return (False, True) if isinstance(leaf, Literal) else (True, True)


def _match(file: _File, unit: int | None, kind: str, lines: list[int]) -> Match:
    return Match(unit, file.id, file.repository, file.path, file.language, kind, tuple(lines))


def _texts(digests: Sequence[bytes]) -> dict[bytes, bytes]:
    """Texts in UTF-8 by digest; as bytes, since to decode them takes longer than to search them."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        cursor.execute(
            "SELECT digest, convert_to(text, 'UTF8') FROM codesearch_blob WHERE digest = ANY(%s)",
            [list(set(digests))],
            binary=True,
        )
        return {bytes(digest): bytes(text) for digest, text in cursor.fetchall()}


def matched_texts(query: Query, lines: Sequence[str]) -> list[str]:
    """What of some lines the query's texts and regular expressions match, to be marked."""
    texts = [literal.text for literal in query.patterns if not literal.regular]
    for literal in query.patterns:
        if literal.regular:
            expression = compile_expression(literal.expression, cased=literal.cased)
            texts += [match[0] for line in lines for match in expression.finditer(line) if match[0]]
    return list(dict.fromkeys(texts))
