"""Snippets: a unit's first lines, and those further down with the text or the words that were asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import connection

from codesearch.parsing.words import words
from codesearch.retrieval.candidates import Candidate
from codesearch.retrieval.fields import FILE

_FIRST_LINES = 8
_FURTHER_LINES = 4
_LINE_CHARACTERS = 400
# A line with a quoted text is shown rather than any with words of the query.
_WORDS_A_TEXT = 100


@dataclass(frozen=True)
class Line:
    """A line of a file; `after_gap` tells that lines before it are left out."""

    number: int
    text: str
    after_gap: bool = False


@dataclass(frozen=True)
class Snippet:
    """The chosen lines of a unit, and how many lines it has."""

    lines: tuple[Line, ...]
    unit_lines: int

    @property
    def text(self) -> str:
        """The lines as text, gaps as a line with an ellipsis."""
        return "\n".join(f"…\n{line.text}" if line.after_gap else line.text for line in self.lines)


@dataclass(frozen=True)
class Wanted:
    """What lines are chosen by: words, stemmed, texts in lower case, and numbers of lines."""

    words: frozenset[str]
    texts: tuple[str, ...] = ()
    numbers: frozenset[int] = frozenset()

    def matches(self, line: str) -> int:
        """How much of it a line has, in words.

        >>> wanted = Wanted(frozenset({"send", "mail"}), ("smtp(",))
        >>> wanted.matches("def send_mail(mail):"), wanted.matches("with SMTP(host):"), wanted.matches("pass")
        (2, 100, 0)
        """
        texts = sum(text in line.lower() for text in self.texts)
        return len(self.words & set(words(line[:_LINE_CHARACTERS]))) + _WORDS_A_TEXT * texts


def snippets_of(
    candidates: Sequence[Candidate], query_words: Sequence[str], quoted: Sequence[str] = ()
) -> dict[int, Snippet]:
    """Snippet of each candidate, by key, with one query for all their files.

    `quoted` is text that has to stand there.
    """
    texts = _texts(list({candidate.file_id for candidate in candidates}))
    wanted = Wanted(frozenset(query_words), tuple(text.lower() for text in quoted))
    return {unit.id: _of_candidate(unit, texts.get(unit.file_id, []), wanted) for unit in candidates}


def _of_candidate(unit: Candidate, lines: Sequence[str], wanted: Wanted) -> Snippet:
    if unit.kind == FILE:
        return around(lines, unit.lines)
    return snippet(lines, unit.start_line, unit.end_line, replace(wanted, numbers=frozenset(unit.lines)))


def around(lines: Sequence[str], numbers: Sequence[int]) -> Snippet:
    """Snippet of some lines of a file, each with its neighbours.

    >>> [line.number for line in around(["a", "b", "c", "d", "e", "f"], [1, 5]).lines]
    [1, 2, 4, 5, 6]
    """
    near = {near for number in numbers for near in (number - 1, number, number + 1)}
    shown = sorted(number for number in near if 1 <= number <= len(lines))[: _FIRST_LINES + _FURTHER_LINES]
    return Snippet(_lines(lines, shown), len(shown))


def _texts(file_ids: list[int]) -> dict[int, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, b.text FROM codesearch_sourcefile f"
            " JOIN codesearch_blob b ON b.digest = f.blob_id WHERE f.id = ANY(%s)",
            [file_ids],
        )
        return {file_id: text.split("\n") for file_id, text in cursor.fetchall()}


def snippet(lines: Sequence[str], start_line: int, end_line: int, wanted: Wanted) -> Snippet:
    """Snippet of a unit: its first eight lines, and the four further down that match best.

    >>> found = snippet([f"line {number}" for number in range(1, 31)], 1, 30, Wanted(frozenset({"20"})))
    >>> [line.number for line in found.lines]
    [1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20]
    """
    end_line = min(end_line, len(lines))
    rest = start_line + _FIRST_LINES
    numbers = [*range(start_line, min(end_line + 1, rest))]
    further = enumerate(lines[rest - 1 : end_line], rest)
    numbers += _densest(
        [wanted.matches(line) + _WORDS_A_TEXT * (number in wanted.numbers) for number, line in further], rest
    )
    return Snippet(_lines(lines, numbers), max(0, end_line - start_line + 1))


def _lines(lines: Sequence[str], numbers: Sequence[int]) -> tuple[Line, ...]:
    """The lines of these numbers, as they are shown."""
    return tuple(
        Line(
            number, lines[number - 1][:_LINE_CHARACTERS], position > 0 and number > numbers[position - 1] + 1
        )
        for position, number in enumerate(numbers)
    )


def _densest(matches: Sequence[int], first: int) -> range:
    """Lines of the stretch that matches most, none if nothing does; `matches` begins at line `first`.

    >>> _densest([0, 1, 0, 0, 0, 0], 9), _densest([0, 0], 9)
    (range(9, 13), range(0, 0))
    """
    if not any(matches):
        return range(0)
    start = max(range(len(matches)), key=lambda start: sum(matches[start : start + _FURTHER_LINES]))
    return range(first + start, first + min(start + _FURTHER_LINES, len(matches)))
