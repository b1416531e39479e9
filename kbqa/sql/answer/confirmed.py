"""Questions that people confirmed or corrected, asked again: the same words, perhaps with other constants.

Two questions are the same where the stems of their words are, but for words that only ask; a constant may be
another one where the database has it in the same column, or where both are numbers or dates.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.linking.words import Span, Word, stem, words_of
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import NumberPointer, ValuePointer, value_of

_ONLY_ASKING = frozenset(
    (
        "a", "an", "the", "please", "can", "could", "you", "i", "we", "me", "us", "our", "want", "to", "see",
        "show", "list", "give", "find", "tell", "display", "return", "get", "what", "which", "is", "are",
        "was", "were", "do", "does", "did", "be", "there", "exist", "exists", "have", "has", "all", "that",
        "it", "its", "their", "of",
    )
)  # fmt: skip
"""Words that two ways to ask the same may differ in."""
_MAX_LINKED = 3
"""How many of the questions that are most alike are looked at closely."""
_MIN_SHARED = 0.5
"""The least share of words that a question and a confirmed one have in common."""
_MIN_SIMILARITY = 0.9
_DATE = re.compile(r"\d{4}-\d\d")
_DIGIT = re.compile(r"\d")

Link = Callable[[str], LinkedQuestion]


@dataclass(frozen=True)
class Confirmed:
    """A judged question with the query that is right; empty where only the one that it had is known wrong."""

    text: str
    sql: str
    words: str = ""
    """The query in words, where they are known."""
    by: str = ""
    at: str = ""
    """Who judged it, and when, as ISO 8601."""


@dataclass(frozen=True)
class _Slot:
    """A constant of a question that its query has."""

    span: Span
    text: str
    column: str
    """The column of a cell's value; empty for numbers and dates."""

    @property
    def shape(self) -> str:
        """What another constant in its place has alike: the column, or how it is written."""
        if self.column:
            return self.column
        return "number" if self.text.lstrip("-").replace(".", "", 1).isdigit() else _DIGIT.sub("9", self.text)


def answered_before(question: str, known: Sequence[Confirmed], link: Link, dialect: str) -> Confirmed | None:
    """The confirmed question that a question is, with the query for its constants; None for none.

    The `known` are in the order in which they were judged, the newest first: it decides.
    """
    words = Counter(_stems(question))
    alike = [each for each in known if _share(words, Counter(_stems(each.text))) >= _MIN_SHARED]
    alike.sort(key=lambda each: -_share(words, Counter(_stems(each.text))))
    linked = link(question) if alike else None
    for each in alike[:_MAX_LINKED]:
        assert linked is not None
        if (found := _as_confirmed(question, linked, each, link, dialect)) is not None:
            return found if found.sql else None
    return None


def _share(one: "Counter[str]", other: "Counter[str]") -> float:
    return (one & other).total() / max(1, one.total(), other.total())


def _stems(text: str, without: Sequence[Span] = ()) -> list[str]:
    """Stems of the words of a question that say what is asked, but for those within some spans."""
    return [
        stem(word.text)
        for word in words_of(text)
        if word.text not in _ONLY_ASKING and not any(_within(word, span) for span in without)
    ]


def _within(word: Word, span: Span) -> bool:
    return span[0] <= word.start and word.end <= span[1]


def _as_confirmed(
    question: str, linked: LinkedQuestion, known: Confirmed, link: Link, dialect: str
) -> Confirmed | None:
    """A confirmed question with the constants of another; None where they are not the same otherwise."""
    if _stems(question) == _stems(known.text) or not known.sql:
        return known if _stems(question) == _stems(known.text) and not _is_dated(known, ()) else None
    try:
        tree = sqlglot.parse_one(known.sql, dialect=dialect)
    except SqlglotError:
        return None
    literals = {literal.this for literal in tree.find_all(exp.Literal)}
    slots = _apart(slot for slot in _slots(link(known.text)) if slot.text in literals)
    if not slots or _is_dated(known, slots):
        return None
    for chosen in _chosen(slots, list(_slots(linked))):
        if _same(question, [each.span for each in chosen], known.text, [slot.span for slot in slots]):
            values = {slot.text: each.text for slot, each in zip(slots, chosen, strict=True)}
            return replace(
                known, sql=_replaced(tree, values).sql(dialect=dialect), words=_reworded(known.words, values)
            )
    return None


def _is_dated(known: Confirmed, slots: Sequence[_Slot]) -> bool:
    """Whether a query has a date that its question does not: that of the day on which it was asked."""
    dates = {match.group()[:4] for match in _DATE.finditer(known.sql)}
    said = {slot.text[:4] for slot in slots}
    return any(year not in known.text and year not in said for year in dates)


def _slots(linked: LinkedQuestion) -> Iterator[_Slot]:
    """The constants that a question has: cells that it names, numbers and dates."""
    for pointer in (*linked.values, *linked.numbers):
        if pointer.span is None:
            continue
        if isinstance(pointer, ValuePointer) and pointer.features.similarity >= _MIN_SIMILARITY:
            yield _Slot(pointer.span, value_of(pointer), str(pointer.key[0]))
        elif isinstance(pointer, NumberPointer) and any(map(str.isdigit, pointer.key)):
            yield _Slot(pointer.span, value_of(pointer), "")


def _apart(slots: Iterator[_Slot]) -> list[_Slot]:
    """Slots that do not overlap, in the order of the question; cells before numbers."""
    kept: list[_Slot] = []
    for slot in slots:
        if not any(slot.span[0] < other.span[1] and other.span[0] < slot.span[1] for other in kept):
            kept.append(slot)
    return sorted(kept, key=lambda slot: slot.span)


def _chosen(slots: Sequence[_Slot], candidates: Sequence[_Slot]) -> Iterator[list[_Slot]]:
    """Ways to fill slots, in their order, with constants of their shapes."""
    if not slots:
        yield []
        return
    for candidate in candidates:
        if candidate.shape == slots[0].shape:
            after = [other for other in candidates if other.span[0] >= candidate.span[1]]
            for rest in _chosen(slots[1:], after):
                yield [candidate, *rest]


def _same(question: str, spans: Sequence[Span], other: str, other_spans: Sequence[Span]) -> bool:
    """Whether two questions have the same words around their constants: in order, where there are several."""
    words, others = _stems(question, spans), _stems(other, other_spans)
    return words == others if len(spans) > 1 else Counter(words) == Counter(others)


def _replaced(tree: exp.Expr, values: dict[str, str]) -> exp.Expr:
    def changed(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Literal) or node.this not in values:
            return node
        text = values[node.this]
        return exp.Literal.string(text) if node.is_string else exp.Literal.number(text)

    return tree.transform(changed)


def _reworded(words: str, values: dict[str, str]) -> str:
    """What was said of a query with other constants; nothing where they do not stand there."""
    for before, after in values.items():
        pattern = re.compile(rf"(?<![\w.]){re.escape(before.strip())}(?![\w])")
        if not pattern.search(words):
            return ""
        words = pattern.sub(lambda _, text=after: text, words)  # type: ignore[misc]
    return words
