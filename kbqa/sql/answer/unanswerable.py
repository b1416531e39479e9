"""Unanswerable questions: what of a question a database has no word for."""

from collections.abc import Callable, Sequence

from kbqa.linking.words import COMMON, Word, fold, numbers_of, stem, words_of
from kbqa.sql.grammar import LinkedQuestion

_MIN_COSINE, _MIN_CELL_SIMILARITY, _MAX_MISSING = 0.45, 0.9, 4
"""From which cosine on a name may mean what is said, how similar a cell has to be, and how much is told of at
most.
"""
_ASKING = COMMON | frozenset(
    (
        "average", "mean", "total", "sum", "number", "count", "amount", "most", "least", "more", "less",
        "fewer", "fewest", "than", "maximum", "minimum", "highest", "lowest", "largest", "smallest",
        "biggest", "first", "last", "latest", "earliest", "top", "best", "per", "between", "above", "below",
        "after", "before", "over", "under", "not", "no", "without", "other", "different", "any", "some",
        "only", "both", "either", "please", "i", "live", "lives", "lived", "work", "works", "made", "make",
        "get", "got", "go", "went", "come", "came", "use", "used", "take", "took", "called",
    )
)  # fmt: skip
"""Words of a question that name nothing."""


def missing_words(
    question: str, world: LinkedQuestion, likeness: Callable[[str, Sequence[str]], Sequence[float]]
) -> tuple[str, ...]:
    """Neighbouring words of a question, as it has them, of which no table, column, description or cell of a
    linked question says or is like any.

    `likeness` tells how near a text is to each of several, as a cosine.
    """
    actions = [*world.tables, *world.columns]
    names = list(dict.fromkeys(action.text for action in actions))
    if not names:
        return ()
    vocabulary = {
        stem(part)
        for action in actions
        for text in (action.text, *action.context)
        for part in fold(text).split()
    }
    nearest = {
        text: max(max(likeness(part, names)) for part in (text, *words))
        for text, words in _unknown(question, world, vocabulary).items()
    }
    return tuple(text for text, cosine in nearest.items() if cosine < _MIN_COSINE)[:_MAX_MISSING]


def _unknown(question: str, world: LinkedQuestion, vocabulary: set[str]) -> dict[str, list[str]]:
    """Neighbouring unknown words as the question has them, with the words themselves, folded."""
    runs: list[list[Word]] = [[]]
    for word in words_of(question):
        if _is_known(word, question, world, vocabulary):
            runs.append([])
        else:
            runs[-1].append(word)
    return {question[run[0].start : run[-1].end]: [word.text for word in run] for run in runs if run}


def _is_known(word: Word, question: str, world: LinkedQuestion, vocabulary: set[str]) -> bool:
    """Tell a word that names nothing, or something that is there."""
    if word.text in _ASKING or stem(word.text) in vocabulary:
        return True
    if numbers_of(question[word.start : word.end], [word]):
        return True
    cells = [
        value.span
        for value in world.values
        if value.span is not None and value.features.similarity >= _MIN_CELL_SIMILARITY
    ]
    return any(start <= word.start and word.end <= end for start, end in cells)
