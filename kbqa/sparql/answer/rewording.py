"""A question in the graph's own words: nouns for adjectives, whole names of properties for abbreviations.

The decoder reads what properties are called. Nothing is reworded where the graph has no property that the
new words are taken from, or where the question has its words already.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kbqa.linking.adjectives import ADJECTIVES, Adjective, Form
from kbqa.linking.mentions import Mention
from kbqa.linking.synonyms import other_names
from kbqa.linking.words import COMMON, Span, Word, fold, stem, words_of
from kbqa.sparql.profile import Profile

_MIN_BEGINNING, _MAX_ABBREVIATED, _MIN_WITHOUT_CAPITALS = 3, 4, 3
"""The least letters of a property's beginning, the most of an abbreviation, the least in small letters."""
_BEFORE = re.compile(r"\b(?:highest|lowest|most|least|greatest|best|worst|more|less) $", re.IGNORECASE)
_AFTER = re.compile(
    r" (?:of|over|above|below|under|between|score|value|greater|less|higher|lower|at|\d)", re.IGNORECASE
)
_COUNTED = ("number", "count", "amount", "total", "average")
_VAGUE = 3
"""Of how many nouns an adjective is that may be about much."""
_HOW = re.compile(r"\bhow (?P<adjective>[a-z]+) (?P<verb>is|are|was|were)\b", re.IGNORECASE)
_THAN = re.compile(
    r"\b(?:(?:that|which|who) (?:is|are|was|were) )?(?P<adjective>[a-z]+) than (?=[\d.$€£]|an? \w)",
    re.IGNORECASE,
)
_IS = re.compile(r"\b(?:is|are|was|were) $", re.IGNORECASE)
_MOST = re.compile(r"\b(?:the )?(?P<adjective>[a-z]+est)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reworded:
    """A question as it is read, and what was read for what, for people."""

    text: str
    notice: str = ""


@dataclass(frozen=True)
class _Change:
    """Other words for a span of a question."""

    span: Span
    words: str
    notice: str = ""


def reworded(question: str, profile: Profile, mentions: Sequence[Mention], known: frozenset[str]) -> Reworded:
    """A question in the words of a graph.

    `mentions` are names of the graph that the question may mention: these are left as they are. `known` are
    the question's words that some name has.
    """
    names = [mention.span for mention in mentions if mention.exact]
    changes = [*_abbreviations(question, profile, known), *_adjectives(question, profile)]
    kept = [change for change in changes if not any(_overlap(change.span, name) for name in names)]
    text, end = question, len(question) + 1
    for change in sorted(kept, key=lambda change: change.span, reverse=True):
        if change.span[1] <= end:
            text, end = text[: change.span[0]] + change.words + text[change.span[1] :], change.span[0]
    return Reworded(text, " ".join(change.notice for change in kept if change.notice))


def may_be_reworded(question: str, profile: Profile) -> bool:
    """Whether a question has words for which the graph may have others."""
    return bool(_adjectives(question, profile) or list(_abbreviations(question, profile, frozenset())))


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _abbreviations(question: str, profile: Profile, known: frozenset[str]) -> Iterator[_Change]:
    """Whole names for what is short for one property: AC for armor class, dex for dexterity."""
    for word in words_of(question):
        said = question[word.start : word.end]
        if word.text not in known and _may_be_short(word, said) and stem(word.text) not in profile.stems:
            is_clear = said.isupper() or _is_a_property(question, word)
            meant = _meant_by(word.text, profile, by_beginning=is_clear)
            if len(meant) == 1:
                yield _Change((word.start, word.end), meant[0], f"“{said}” was read as {meant[0]}.")


def _may_be_short(word: Word, said: str) -> bool:
    is_short = 1 < len(word.text) <= _MAX_ABBREVIATED and word.text.isalpha() and word.text not in COMMON
    is_clear = len(word.text) >= _MIN_WITHOUT_CAPITALS or said.isupper()
    return is_short and is_clear and not other_names(word.text)


def _is_a_property(question: str, word: Word) -> bool:
    """Whether a question has a word as it has the name of a property: the dex of, dex over 15."""
    return bool(_BEFORE.search(question[: word.start]) or _AFTER.match(question[word.end :]))


def _meant_by(short: str, profile: Profile, *, by_beginning: bool) -> tuple[str, ...]:
    """The properties whose initials a word is; else those that begin with it."""
    texts = list(dict.fromkeys(predicate.text for predicate in profile.predicates))
    parts = {text: fold(text).split() for text in texts}
    initials = [text for text in texts if "".join(part[0] for part in parts[text]) == short]
    begun = [
        text
        for text in texts
        if by_beginning and len(short) >= _MIN_BEGINNING and _begins(parts[text], short)
    ]
    return tuple(initials or begun)


def _begins(parts: Sequence[str], short: str) -> bool:
    return len(parts) == 1 and parts[0].startswith(short) and len(parts[0]) > len(short) + 1


def _adjectives(question: str, profile: Profile) -> list[_Change]:
    """How tall is …: what is the height of …; taller than 2: with height greater than 2; and the tallest."""
    return [
        *_changed(_HOW, Form.PLAIN, question, profile),
        *_changed(_THAN, Form.COMPARATIVE, question, profile),
        *_changed(_MOST, Form.SUPERLATIVE, question, profile),
    ]


def _changed(pattern: re.Pattern[str], form: Form, question: str, profile: Profile) -> Iterator[_Change]:
    for match in pattern.finditer(question):
        adjective = ADJECTIVES.get(match["adjective"].lower())
        noun = _measured(adjective, question, match["adjective"], profile) if adjective else ""
        if adjective is None or adjective.form != form or not noun:
            continue
        if form == Form.PLAIN:
            yield _Change(match.span(), f"What {match['verb']} the {noun} of")
        elif form == Form.COMPARATIVE:
            yield _Change(match.span(), f"with {noun} {'greater' if adjective.more else 'less'} than ")
        else:
            yield from _superlative(match, noun, question, profile, more=adjective.more)


def _superlative(
    match: re.Match[str], noun: str, question: str, profile: Profile, *, more: bool
) -> Iterator[_Change]:
    """The tallest tower in Spain: the tower with the highest height in Spain."""
    what = f"{'highest' if more else 'lowest'} {noun}"
    end = _end_of_class(question, match.end(), profile)
    if end is not None:
        yield _Change((match.start(), end), f"the {question[match.end() : end].strip()} with the {what}")
    elif not question[match.end() :].strip(" ?") and _IS.search(question[: match.start()]):
        yield _Change(match.span(), f"the one with the {what}")


def _end_of_class(question: str, begin: int, profile: Profile) -> int | None:
    """Where the class ends that a question names at a place, with one word before it at most."""
    following = [word for word in words_of(question) if word.start >= begin][:4]
    stems = [stem(word.text) for word in following]
    between_at_most = 0 if stems and stems[0] in profile.measure_stems else 1
    for known in profile.class_stems:
        for first in range(between_at_most + 1):
            if tuple(stems[first : first + len(known)]) == known:
                return following[first + len(known) - 1].end
    return None


def _measured(adjective: Adjective, question: str, word: str, profile: Profile) -> str:
    """What the graph calls what an adjective measures; empty where it has no such property.

    So it is where the adjective itself is in the name of a property, and where the question has the words of
    a measure already, or, for an adjective that may be about much, one word: the highest budget is no height.
    """
    said = {stem(each.text) for each in words_of(question)}
    is_said = any(said.issuperset(stems) for stems in profile.measures.values())
    is_vague = len(adjective.nouns) >= _VAGUE and not said.isdisjoint(profile.measure_stems.union(_COUNTED))
    if stem(fold(word)) in profile.stems or is_said or is_vague:
        return ""
    for noun in adjective.nouns:
        having = [text for text, stems in profile.measures.items() if stem(noun) in stems]
        if having:
            return min(having, key=lambda text: (len(text.split()), text))
    return ""
