"""What of a question is left: neighbouring words that nothing which is there, or is used, explains."""

from collections.abc import Callable, Container, Iterable, Sequence

from kbqa.linking.words import COMMON, Span, Word, stem, words_of

MIN_COSINE, MAX_TOLD = 0.45, 4
"""The least cosine of a name to words that it may mean; the most runs of words that are told."""
ASKING = COMMON | frozenset(
    (
        "average", "mean", "total", "sum", "number", "count", "amount", "most", "least", "more", "less",
        "fewer", "fewest", "than", "maximum", "minimum", "highest", "lowest", "largest", "smallest",
        "biggest", "first", "last", "latest", "earliest", "top", "best", "per", "between", "above", "below",
        "after", "before", "over", "under", "not", "no", "without", "other", "different", "any", "some",
        "only", "both", "either", "please", "i", "live", "lives", "lived", "work", "works", "made", "make",
        "sorted", "sort", "order", "ordered", "descending", "ascending", "alphabetical", "alphabetically",
        "unique", "distinct", "corresponding", "respective", "information", "details", "display", "return",
        "report", "greater", "greatest", "equal", "same", "ids", "id", "can", "you", "he", "she", "him",
        "his", "her", "we", "us", "our", "my", "been", "being", "among", "those", "someone", "full",
        "common", "higher", "lower", "longer", "shorter", "older", "younger", "along", "associated",
        "letter", "letters", "value", "values", "result", "results", "provide", "contain", "contains",
        "containing", "often", "times", "end", "ends", "starts", "begin", "within", "range", "about",
        "just", "exactly", "get", "got", "go", "went", "come", "came", "use", "used", "take", "took",
        "called",
    )
)  # fmt: skip
"""Words of a question that name nothing."""

Likeness = Callable[[str, Sequence[str]], Sequence[float]]
"""The cosine of a text to each of several."""


def unknown_words(
    question: str, spans: Iterable[Span], stems: Container[str], asking: Container[str] = ASKING
) -> dict[str, list[str]]:
    """Neighbouring unknown words as a question has them, with the words themselves, folded.

    Known are words that only ask, those within some `spans`, and those with one of some `stems`.
    """
    known, runs = list(spans), [list[Word]()]
    for word in words_of(question):
        if word.text in asking or stem(word.text) in stems or _is_within(word, known):
            runs.append([])
        else:
            runs[-1].append(word)
    return {question[run[0].start : run[-1].end]: [word.text for word in run] for run in runs if run}


def unlike(unknown: dict[str, list[str]], names: Sequence[str], likeness: Likeness) -> tuple[str, ...]:
    """Of some unknown words, those that no name is like, whole or word by word."""
    nearest = {
        text: max(max(likeness(part, names)) for part in (text, *words)) for text, words in unknown.items()
    }
    return tuple(text for text, cosine in nearest.items() if cosine < MIN_COSINE)[:MAX_TOLD]


def _is_within(word: Word, spans: Sequence[Span]) -> bool:
    return any(start <= word.start and word.end <= end for start, end in spans)
