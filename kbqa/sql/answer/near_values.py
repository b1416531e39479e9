"""The cells of a column that are like a text which none of them is: spelled otherwise, or longer."""

from difflib import SequenceMatcher

from kbqa.linking.words import COMMON, fold, stem
from kbqa.sql.names import CellNames, column_key
from kbqa.sql.schema import ColumnRef

MAX_NEAR = 3
_LEAST_LIKENESS = 0.6
"""Of the letters of a text and a cell (Ratcliff and Obershelp), unless the one has all words of the other."""
_MAX_WORDS = 8


def near_values(cells: CellNames, column: ColumnRef, text: str) -> tuple[str, ...]:
    """The likest cells of a column by the value index, the likest first, three at most.

    What is kept private is not among them.
    """
    wanted = fold(text)
    words = [word for word in wanted.split() if word not in COMMON][:_MAX_WORDS]
    if cells.names is None or not words:
        return ()
    known = {near for word in words for near in (word, *cells.names.similar_words(word))}
    found = cells.names.with_stems([stem(word) for word in known])
    likeness = {
        match.text: _likeness(wanted, fold(match.text))
        for match in found
        if match.predicate == column_key(column) and match.text != text
    }
    near = sorted((-like, cell) for cell, like in likeness.items() if like >= _LEAST_LIKENESS)
    return tuple(cell for _, cell in near[:MAX_NEAR])


def _likeness(text: str, other: str) -> float:
    """How alike two folded texts are, from 0 to 1."""
    words, others = set(text.split()), set(other.split())
    like = SequenceMatcher(None, text, other).ratio()
    return max(like, _LEAST_LIKENESS) if words <= others or others <= words else like
