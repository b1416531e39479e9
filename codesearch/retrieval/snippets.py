"""What a hit shows: the unit's first lines, and those further down with the text or the words that were asked
for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from codesearch.parsing.words import words
from codesearch.retrieval.scoring import Candidate

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
        """Return the lines as text, gaps as a line with an ellipsis."""
        return "\n".join(f"…\n{line.text}" if line.after_gap else line.text for line in self.lines)


def snippets_of(
    candidates: Sequence[Candidate], query_words: Sequence[str], quoted: Sequence[str] = ()
) -> dict[int, Snippet]:
    """Return a snippet for each candidate, by key, with one query for all their files.

    `quoted` is text that has to stand there.
    """
    texts = _texts(list({candidate.file_id for candidate in candidates}))
    wanted = _Wanted(frozenset(query_words), tuple(text.lower() for text in quoted))
    return {
        candidate.id: _snippet(texts.get(candidate.file_id, []), candidate, wanted)
        for candidate in candidates
    }


@dataclass(frozen=True)
class _Wanted:
    """What lines are chosen by."""

    words: frozenset[str]
    texts: tuple[str, ...]

    def found_in(self, line: str) -> int:
        """Return how much of it a line has, in words."""
        texts = sum(text in line.lower() for text in self.texts)
        return len(self.words & set(words(line[:_LINE_CHARACTERS]))) + _WORDS_A_TEXT * texts


def _texts(file_ids: list[int]) -> dict[int, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, b.text FROM codesearch_sourcefile f JOIN codesearch_blob b ON b.digest = f.blob_id WHERE f.id = ANY(%s)",
            [file_ids],
        )
        return {file_id: text.split("\n") for file_id, text in cursor.fetchall()}


def _snippet(lines: list[str], candidate: Candidate, wanted: _Wanted) -> Snippet:
    first, last = candidate.start_line, min(candidate.end_line, len(lines))
    shown = list(range(first, min(last, first + _FIRST_LINES - 1) + 1))
    shown += _densest(
        [wanted.found_in(line) for line in lines[first + _FIRST_LINES - 1 : last]], first + _FIRST_LINES
    )
    chosen = []
    for position, number in enumerate(shown):
        gap = position > 0 and number > shown[position - 1] + 1
        chosen.append(Line(number, lines[number - 1][:_LINE_CHARACTERS], gap))
    return Snippet(tuple(chosen), max(0, last - first + 1))


def _densest(found: list[int], first: int) -> range:
    """Return the lines of the stretch in which most was found, none if nothing was; `found` begins at line
    `first`.
    """
    if not any(found):
        return range(0)
    start = max(range(len(found)), key=lambda start: sum(found[start : start + _FURTHER_LINES]))
    return range(first + start, first + min(start + _FURTHER_LINES, len(found)))
