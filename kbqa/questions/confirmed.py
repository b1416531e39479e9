"""Questions that people confirmed or corrected, asked again: the same words, perhaps with other constants.

Two questions are the same where the stems of their words are, but for words that only ask; a constant may be
another one where it may stand in the same place, or where both are numbers or dates.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kbqa.linking.words import Span, Word, stem, words_of

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
_DATE = re.compile(r"\d{4}-\d\d")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Confirmed:
    """A judged question with the query that is right; empty where only the one that it had is known wrong."""

    text: str
    query: str
    words: str = ""
    """The query in words, where they are known."""
    by: str = ""
    at: str = ""
    """Who judged it, and when, as ISO 8601."""


@dataclass(frozen=True)
class Slot:
    """A constant of a question that its query has."""

    span: Span
    text: str
    place: str
    """Where it may stand: the column of a cell's value, the class of a thing; empty for numbers and dates."""
    name: str = ""
    """What it is called in words, where that is not its text."""

    @property
    def shape(self) -> str:
        """What another constant in its place has alike: the place, or how it is written."""
        if self.place:
            return self.place
        return "number" if self.text.lstrip("-").replace(".", "", 1).isdigit() else _DIGIT.sub("9", self.text)


class Constants(Protocol):
    """The constants of questions, and of queries in one language."""

    def slots(self, question: str) -> Iterable[Slot]:
        """The constants that a question has."""
        ...

    def of_query(self, query: str) -> set[str] | None:
        """The constants that a query has; None where it cannot be read."""
        ...

    def replaced(self, query: str, values: Mapping[str, str]) -> str:
        """A query with other constants."""
        ...


def answered_before(question: str, known: Sequence[Confirmed], constants: Constants) -> Confirmed | None:
    """The confirmed question that a question is, with the query for its constants; None for none.

    The `known` are in the order in which they were judged, the newest first: it decides.
    """
    words = Counter(_stems(question))
    alike = [each for each in known if _share(words, Counter(_stems(each.text))) >= _MIN_SHARED]
    alike.sort(key=lambda each: -_share(words, Counter(_stems(each.text))))
    slots = list(constants.slots(question)) if alike else []
    for each in alike[:_MAX_LINKED]:
        if (found := _as_confirmed(question, slots, each, constants)) is not None:
            return found if found.query else None
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
    question: str, asked: Sequence[Slot], known: Confirmed, constants: Constants
) -> Confirmed | None:
    """A confirmed question with the constants of another; None where they are not the same otherwise."""
    if _stems(question) == _stems(known.text) or not known.query:
        return known if _stems(question) == _stems(known.text) and not _is_dated(known, ()) else None
    literals = constants.of_query(known.query)
    if literals is None:
        return None
    slots = _apart(slot for slot in constants.slots(known.text) if slot.text in literals)
    if not slots or _is_dated(known, slots):
        return None
    for chosen in _chosen(slots, asked):
        if _same(question, [each.span for each in chosen], known.text, [slot.span for slot in slots]):
            pairs = list(zip(slots, chosen, strict=True))
            values = {slot.text: each.text for slot, each in pairs}
            said = {slot.name or slot.text: each.name or each.text for slot, each in pairs}
            query = constants.replaced(known.query, values)
            return replace(known, query=query, words=_reworded(known.words, said))
    return None


def _is_dated(known: Confirmed, slots: Sequence[Slot]) -> bool:
    """Whether a query has a date that its question does not: that of the day on which it was asked."""
    dates = {match.group()[:4] for match in _DATE.finditer(known.query)}
    said = {slot.text[:4] for slot in slots}
    return any(year not in known.text and year not in said for year in dates)


def _apart(slots: Iterator[Slot]) -> list[Slot]:
    """Slots that do not overlap, in the order of the question; cells before numbers."""
    kept: list[Slot] = []
    for slot in slots:
        if not any(slot.span[0] < other.span[1] and other.span[0] < slot.span[1] for other in kept):
            kept.append(slot)
    return sorted(kept, key=lambda slot: slot.span)


def _chosen(slots: Sequence[Slot], candidates: Sequence[Slot]) -> Iterator[list[Slot]]:
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


def _reworded(words: str, values: dict[str, str]) -> str:
    """What was said of a query with other constants; nothing where they do not stand there."""
    for before, after in values.items():
        pattern = re.compile(rf"(?<![\w.]){re.escape(before.strip())}(?![\w])")
        if not pattern.search(words):
            return ""
        words = pattern.sub(lambda _, text=after: text, words)  # type: ignore[misc]
    return words
