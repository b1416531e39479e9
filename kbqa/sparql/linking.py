"""A question → what of the graph it may mention. Candidates, never a decision: the decoder decides.

Spans of the question are looked up by the sorted stems of their words, which sees past capitals, accents, plurals and
word order; single rare words find names that contain them; words that no name has are tried with a letter changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.decoding.choices import Choice, Kind
from kbqa.linking.mentions import Found, features_of, find_names
from kbqa.linking.words import Word, dates_of, fold, numbers_of, quoted_of, stem, words_of
from kbqa.models import GraphVersion, Name
from kbqa.sparql.dates import is_dated
from kbqa.sparql.names import names_of
from kbqa.sparql.profile import Profile
from kbqa.sparql.terms import parse_term

MAX_ENTITIES, MAX_VALUES, MAX_CLASSES = 24, 24, 24
MAX_QUESTION = 2_000
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True)
class Mentions:
    """What a question may mention."""

    entities: tuple[Choice, ...]
    classes: tuple[Choice, ...]
    values: tuple[Choice, ...]
    numbers: tuple[Choice, ...]


def find_mentions(question: str, version: GraphVersion, profile: Profile) -> Mentions:
    """Return what `question` may mention of a version of a graph, the best first."""
    words = words_of(question[:MAX_QUESTION])
    best = find_names(question, words, names_of(version))
    return Mentions(
        tuple(_choice(each, len(words)) for each in best if each.kind == Name.Kind.ENTITY)[:MAX_ENTITIES],
        _classes(words, profile),
        tuple(_choice(each, len(words)) for each in best if each.kind == Name.Kind.VALUE)[:MAX_VALUES],
        tuple(numbers_in(question)),
    )


def _choice(each: Found, words: int) -> Choice:
    kind = Kind.ENTITY if each.kind == Name.Kind.ENTITY else Kind.VALUE
    term = parse_term(each.term)
    key = term if kind == Kind.ENTITY else (NamedNode(each.predicate[1:-1]), term)
    return Choice(kind, key, each.text, each.span, features_of(each, words))


def _classes(words: Sequence[Word], profile: Profile) -> tuple[Choice, ...]:
    """Return the graph's classes: all if they are few, else those that share words with the question, and the largest."""
    stems = {stem(word.text): word for word in words}
    choices = []
    for each in profile.classes:
        parts = [stem(part) for part in fold(each.text).split()]
        shared = [stems[part] for part in parts if part in stems]
        span = (min(word.start for word in shared), max(word.end for word in shared)) if shared else None
        share = len(shared) / max(1, len(parts))
        features = (share, float(share == 1), 0.0, len(shared) / 4, math.log1p(each.count) / 5, 0.0)
        choices.append((-share, -each.count, Choice(Kind.CLASS, each.iri, each.text, span, features)))
    return tuple(choice for _, _, choice in sorted(choices, key=lambda entry: entry[:2])[:MAX_CLASSES])


def numbers_in(question: str) -> list[Choice]:
    """Return the numbers and dates of a question, and what stands in quotation marks."""
    dates = {text: span for text, span in dates_of(question).items() if is_dated(text)}
    numbers = [Choice(Kind.NUMBER, _date(text), text, span) for text, span in dates.items()]
    for digits, span in numbers_of(question, words_of(question)).items():
        if not any(start <= span[0] < end for start, end in dates.values()):
            numbers.append(Choice(Kind.NUMBER, _number(digits), digits, span))
    quoted = [Choice(Kind.NUMBER, Literal(text), text, span) for text, span in quoted_of(question)]
    return [*numbers[:12], *quoted[:4]]


def _date(text: str) -> Literal:
    return Literal(text, datatype=NamedNode(f"{_XSD}{'date' if len(text) == len('2000-01-01') else 'gYearMonth'}"))


def _number(digits: str) -> Literal:
    return Literal(digits, datatype=NamedNode(f"{_XSD}{'decimal' if '.' in digits else 'integer'}"))
