"""Words of people in a question, and what the data call the same."""

from collections.abc import Sequence

from kbqa.linking.words import Span, Word, fold, stem, words_of
from kbqa.plurals import as_plural, as_singular, is_plural


def span_of(phrase: str, words: Sequence[Word]) -> Span | None:
    """The span of a question in which a word or phrase stands, whatever its endings."""
    wanted = [stem(word) for word in fold(phrase).split()]
    stems = [stem(word.text) for word in words]
    return next(
        (
            (words[start].start, words[start + len(wanted) - 1].end)
            for start in range(len(words) - len(wanted) + 1)
            if wanted and stems[start : start + len(wanted)] == wanted
        ),
        None,
    )


def with_name(question: str, phrase: str, name: str) -> str:
    """A question in which a phrase of people is called as the data call it, in the plural where it is.

    >>> with_name("who are the clients of Ann?", "client", "customer")
    'who are the customers of Ann?'
    """
    span = span_of(phrase, words_of(question))
    if span is None:
        return question
    said = question[span[0] : span[1]]
    is_noun = name == name.lower()
    called = (as_plural(name) if is_plural(said) else as_singular(name)) if is_noun else name
    return f"{question[: span[0]]}{called}{question[span[1] :]}"
