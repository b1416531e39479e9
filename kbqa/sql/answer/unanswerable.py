"""What of a question a database has no word for: what is missing where it seems to have no answer."""

from collections.abc import Callable, Sequence

from kbqa.linking.words import COMMON, Word, fold, numbers_of, stem, words_of
from kbqa.sql.grammar import LinkedQuestion

_ALIKE, _FOUND, _MAX_COUNT = 0.45, 0.9, 4
"""From which cosine on a name may mean what is said, how well a cell has to be found, and how much is told of
at most.
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
    """Return neighbouring words of a question, as it has them, of which no table, column, description or cell
    of a world says or is like any.

    `likeness` tells how near a text is to each of several, as a cosine.
    """
    choices = [*world.tables, *world.columns]
    names = list(dict.fromkeys(choice.text for choice in choices))
    said = {
        stem(part)
        for choice in choices
        for text in (choice.text, *choice.context)
        for part in fold(text).split()
    }
    runs: list[list[Word]] = [[]]
    for word in words_of(question):
        if _is_known(word, question, world, said):
            runs.append([])
        else:
            runs[-1].append(word)
    unknown = {question[run[0].start : run[-1].end]: [word.text for word in run] for run in runs if run}
    nearest = (
        {text: max(max(likeness(each, names)) for each in (text, *parts)) for text, parts in unknown.items()}
        if names
        else {}
    )
    return tuple(text for text, cosine in nearest.items() if cosine < _ALIKE)[:_MAX_COUNT]


def _is_known(word: Word, question: str, world: LinkedQuestion, said: set[str]) -> bool:
    """Tell a word that names nothing or something that is there."""
    if word.text in _ASKING or stem(word.text) in said or numbers_of(question[word.start : word.end], [word]):
        return True
    cells = [value.span for value in world.values if value.span is not None and value.features.similarity >= _FOUND]
    return any(start <= word.start and word.end <= end for start, end in cells)
