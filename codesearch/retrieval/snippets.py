"""What a hit shows: the unit's first lines, and those further down with the query's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from codesearch.parsing.words import words
from codesearch.retrieval.scoring import Candidate

_FIRST_LINES = 8
_FURTHER_LINES = 4
_LINE_CHARACTERS = 400


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


def snippets_of(candidates: Sequence[Candidate], query_words: Sequence[str]) -> dict[int, Snippet]:
    """Return a snippet for each candidate, by key, with one query for all their files."""
    texts = _texts(list({candidate.file_id for candidate in candidates}))
    wanted = frozenset(query_words)
    return {candidate.id: _snippet(texts.get(candidate.file_id, []), candidate, wanted) for candidate in candidates}


def _texts(file_ids: list[int]) -> dict[int, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, b.text FROM codesearch_sourcefile f JOIN codesearch_blob b ON b.digest = f.blob_id WHERE f.id = ANY(%s)", [file_ids]
        )
        return {file_id: text.split("\n") for file_id, text in cursor.fetchall()}


def _snippet(lines: list[str], candidate: Candidate, wanted: frozenset[str]) -> Snippet:
    first, last = candidate.start_line, min(candidate.end_line, len(lines))
    shown = list(range(first, min(last, first + _FIRST_LINES - 1) + 1))
    rest = range(first + _FIRST_LINES, last + 1)
    # The densest stretch of the query's words among the lines that are not shown yet.
    matches = {number: len(wanted & set(words(lines[number - 1][:_LINE_CHARACTERS]))) for number in rest} if wanted else {}
    best = (
        max(rest, key=lambda number: sum(matches[each] for each in range(number, min(number + _FURTHER_LINES, last + 1))), default=0)
        if matches
        else 0
    )
    if best and any(matches[each] for each in range(best, min(best + _FURTHER_LINES, last + 1))):
        shown += range(best, min(best + _FURTHER_LINES, last + 1))
    chosen = []
    for position, number in enumerate(shown):
        gap = position > 0 and number > shown[position - 1] + 1
        chosen.append(Line(number, lines[number - 1][:_LINE_CHARACTERS], gap))
    return Snippet(tuple(chosen), max(0, last - first + 1))
