"""What of a question is left: words that a database has nothing for, or that a reading does not use."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kbqa.linking.numbers import numbers_of
from kbqa.linking.words import Span, Word, fold, stem, words_of
from kbqa.questions.left_over import ASKING, MAX_TOLD, Likeness, unknown_words, unlike
from kbqa.sql.answer.asked_units import spans_of_units
from kbqa.sql.answer.constants import is_counted
from kbqa.sql.answer.schema_linking import is_mention
from kbqa.sql.answer.usage import Usage
from kbqa.sql.answer.validity import spans_of_now
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer, value_of
from kbqa.sql.query import DatePart, Part, Query

_MIN_CELL_SIMILARITY = 0.9
"""A cell's least similarity to the words that name it."""
_OF_ANYTHING = frozenset(
    (
        "people", "person", "persons", "thing", "things", "one", "ones", "them", "popular", "frequently",
        "but", "using", "happen", "happened", "regarding", "if", "there", "please", "overall",
        "altogether", "together", "percent", "percentage", "percentages", "share", "shares", "proportion",
        "fraction", "rate", "ratio", "growth", "grow", "grew", "grown", "change", "changed", "running",
        "cumulative", "median", "difference", "second", "seconds", "minute", "minutes", "hour", "hours",
        "day", "days", "week", "weeks", "weekend", "weekends", "weekday", "weekdays", "month", "months",
        "quarter", "quarters", "year", "years", "ago", "now", "today", "currently", "late", "early",
        "old", "young", "long", "short", "tall", "high", "low", "big", "large", "small", "heavy",
        "expensive", "cheap", "far", "fast", "slow", "busy", "side", "half", "twice",
    )
)  # fmt: skip
"""Words that may be asked of whatever there is: time, calculation, and how much of something it has."""
_SUPERLATIVE = "est"
_DOING = frozenset(("who", "when", "where", "why", "whom"))
"""Words that are followed by what is done, not by what is asked for."""
_MONTHS = ("month", "months", "monthly")
_WORDS_OF_PARTS: Mapping[Part, Sequence[str]] = {
    Part.YEAR: ("year", "years", "yearly", "annual", "annually"),
    Part.QUARTER: ("quarter", "quarters", "quarterly"),
    Part.MONTH: _MONTHS,
    Part.MONTH_OF_YEAR: _MONTHS,
    Part.WEEK: ("week", "weeks", "weekly"),
    Part.DAY: ("day", "days", "daily", "date", "dates"),
    Part.WEEKDAY: ("weekday", "weekdays", "day", "days", "week"),
    Part.HOUR: ("hour", "hours", "hourly"),
}


def missing_words(question: str, linked: LinkedQuestion, likeness: Likeness) -> tuple[str, ...]:
    """Neighbouring words of a question for which its database has nothing, as the question has them.

    No table, column, description or cell has any of these words, and no name is like them. `likeness` gives
    the cosine of a text to each of several.
    """
    pointers = [*linked.tables, *linked.columns]
    names = list(dict.fromkeys(pointer.text for pointer in pointers))
    if not names:
        return ()
    return unlike(_unknown(question, linked, _vocabulary(linked)), names, likeness)


def lacking(missing: Sequence[str]) -> tuple[str, ...]:
    """The missing words that name something, which another database may have.

    >>> lacking(["phone", "hours", "nicest"])
    ('phone',)
    """
    return tuple(
        text
        for text in missing
        if any(
            word.text not in _OF_ANYTHING and not word.text.endswith(_SUPERLATIVE) for word in words_of(text)
        )
    )


def asks_for(question: str, linked: LinkedQuestion, texts: Sequence[str]) -> bool:
    """Whether a question asks for some of its words: `phone` of “What is Ann's phone number?”.

    That is what comes first in it but for words that name nothing, and for names and numbers.
    """
    pointers = [*linked.values, *linked.numbers]
    spans = [pointer.span for pointer in pointers if pointer.span is not None]

    def says_nothing(word: Word) -> bool:
        return word.text in ASKING or any(start <= word.start and word.end <= end for start, end in spans)

    before = [words_of(question[: question.find(text)]) for text in texts]
    return any(all(map(says_nothing, words)) and not (words and words[-1].text in _DOING) for words in before)


def unused_words(
    question: str,
    query: Query,
    linked: LinkedQuestion,
    likeness: Likeness,
) -> tuple[str, ...]:
    """Neighbouring words of a question that a query has nothing of, as the question has them.

    Neither its tables, columns and constants have them, nor are these called by anything like them. For
    `likeness` see `missing_words`.
    """
    used = _used(query, linked)
    spans = [number.span for number in used.numbers if number.span is not None]
    spans += _spans_of_parts(question, query)
    spans += [*spans_of_units(question, query), *spans_of_now(question, query)]
    plain = _blanked(question, spans)
    digits = {span for number, span in numbers_of(plain, words_of(plain)).items() if number.isdigit()}
    asked = [question[start:end] for start, end in digits if question[start:end].isdigit()]
    return (*asked, *missing_words(plain, used, likeness))[:MAX_TOLD]


def _spans_of_parts(question: str, query: Query) -> list[Span]:
    """The words for parts of dates that a query is made of."""
    operands = (operand for each in query.queries() for operand in each.operands())
    said = {word for of in operands if isinstance(of, DatePart) for word in _WORDS_OF_PARTS[of.part]}
    return [(word.start, word.end) for word in words_of(question) if word.text in said]


def unexplained(question: str, query: Query, linked: LinkedQuestion) -> int:
    """How many words of a question are in no table, column or constant that a query uses."""
    used = _used(query, linked)
    return sum(map(len, _unknown(question, used, _vocabulary(used)).values()))


def _used(query: Query, linked: LinkedQuestion) -> LinkedQuestion:
    """The part of what a question is linked to that a query uses."""
    usage = Usage(query, linked)
    tables = {table for joined in usage.tables for table in joined}
    return LinkedQuestion(
        linked.schema,
        tuple(replace(table, context=()) for table in linked.tables if table.key in tables),
        tuple(column for column in linked.columns if column.key in usage.columns),
        tuple(value for value in linked.values if value_of(value).casefold() in usage.values),
        tuple(number for number in linked.numbers if value_of(number).casefold() in usage.values),
    )


def _vocabulary(linked: LinkedQuestion) -> set[str]:
    """The stems of the words of tables and columns, and of what is written about them."""
    texts = (
        text for pointer in (*linked.tables, *linked.columns) for text in (pointer.text, *pointer.context)
    )
    return {stem(word) for text in texts for word in fold(text).split()}


def _blanked(question: str, spans: Sequence[Span]) -> str:
    """A question without what stands in some spans."""
    for start, end in spans:
        question = f"{question[:start]}{' ' * (end - start)}{question[end:]}"
    return question


def _unknown(question: str, linked: LinkedQuestion, vocabulary: set[str]) -> dict[str, list[str]]:
    """Neighbouring unknown words as the question has them, with the words themselves, folded."""
    return unknown_words(question, _meant(linked), vocabulary)


def _meant(linked: LinkedQuestion) -> Iterator[Span]:
    """Spans of cells and whole names, and of numbers and times that something can be compared with."""
    for value in linked.values:
        if value.span is not None and value.features.similarity >= _MIN_CELL_SIMILARITY:
            yield value.span
    for number in linked.numbers:
        if number.span is not None and is_counted(number.key):
            yield number.span
    pointers: list[TablePointer | ColumnPointer] = [*linked.tables, *linked.columns]
    for pointer in pointers:
        if pointer.span is not None and pointer.features.exact and is_mention(pointer.span, pointer.text):
            yield pointer.span
