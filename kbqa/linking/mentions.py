"""The names that a question may mention: by spans of words, by rare words, with a letter changed."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kbqa.linking.demonyms import COUNTRY_FORMS
from kbqa.linking.names import Names
from kbqa.linking.words import COMMON, Word, fold, key_of, stem

_MAX_SPAN_LENGTH = 10
_SAME_NAME = 12
_RARE = 100
"""How many names may share a word for it to find them alone."""
_MENDED, _OTHER_FORM = 0.7, 0.9
"""How similar a name is to words with a typing mistake, and to words that have other endings or say what is
of a country.
"""

Reading = tuple[str, float]
"""A word, or what it may be meant for, and how similar a name is that has it."""


@dataclass(frozen=True)
class Found:
    """A name that a span found."""

    kind: str
    term: str
    predicate: str
    text: str
    count: int
    span: tuple[int, int]
    words: int
    similarity: float
    exact: bool
    same_case: bool


def find_names(question: str, words: Sequence[Word], names: Names) -> list[Found]:
    """Return the names that `question` may mention, the best first."""
    found = _by_span(question, words, names)
    covered = {
        index
        for each in found
        if each.exact and each.words > 1
        for index in range(len(words))
        if _within(words[index], each.span)
    }
    found += _by_rare_word(words, covered, names)
    return _best(found)


class MentionFeatures(NamedTuple):
    """How well a name is mentioned, in the order in which the network was trained to read it."""

    similarity: float = 0.0
    exact: float = 0.0
    """1 where the question has the name as it is, but for capitals and accents."""
    same_case: float = 0.0
    """1 where it has the capitals and accents, too."""
    words: float = 0.0
    """A quarter of the number of words."""
    frequency: float = 0.0
    """A fifth of the logarithm of one more than how often the graph or database has it."""
    coverage: float = 0.0
    """The share of the question's words."""


def features_of(found: Found, words: int) -> MentionFeatures:
    """Features of a mention, for the network; `words` is the length of the question."""
    return MentionFeatures(
        found.similarity,
        float(found.exact),
        float(found.same_case),
        found.words / 4,
        math.log1p(found.count) / 5,
        found.words / max(1, words),
    )


def _within(word: Word, span: tuple[int, int]) -> bool:
    return span[0] <= word.start and word.end <= span[1]


def _by_span(question: str, words: Sequence[Word], names: Names) -> list[Found]:
    """Return the names whose words are those of a span; words with typing mistakes stand for what they may
    have meant.
    """
    readings = _readings(words, names)
    spans: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _MAX_SPAN_LENGTH) + 1):
            for texts, similarity in _span_readings(readings[start:end]):
                if not (end == start + 1 and texts in COMMON):
                    spans[key_of(texts)].append((start, end, similarity))
    found = []
    for kind, term, predicate, text, count, key in names.with_keys(list(spans)):
        for start, end, similarity in spans[key]:
            span = words[start].start, words[end - 1].end
            written = question[span[0] : span[1]]
            exact = fold(text) == fold(written)
            found.append(
                Found(
                    kind,
                    term,
                    predicate,
                    text,
                    count,
                    span,
                    end - start,
                    1.0 if exact else similarity,
                    exact,
                    text == written,
                )
            )
    return found


def _readings(words: Sequence[Word], names: Names) -> list[list[Reading]]:
    """Return for each word itself, the countries that it speaks of, and if no name has it, the words it may
    be a mistake for.
    """
    known = names.counted([word.text for word in words])
    readings = []
    for word in words:
        forms = COUNTRY_FORMS.get(word.text, ())
        mended = (
            []
            if forms or word.text in known or word.text in COMMON or len(word.text) < 4
            else names.similar_words(word.text)
        )
        readings.append(
            [
                (word.text, _OTHER_FORM),
                *((form, _OTHER_FORM) for form in forms),
                *((other, _MENDED) for other in mended),
            ]
        )
    return readings


def _span_readings(readings: Sequence[list[Reading]]) -> list[Reading]:
    """Return the texts of a span: as written, and with what its words may be meant for."""
    most = max(len(reading) for reading in readings)
    chosen = [[reading[min(index, len(reading) - 1)] for reading in readings] for index in range(most)]
    return [
        (" ".join(text for text, _ in each), min(similarity for _, similarity in each)) for each in chosen
    ]


def _by_rare_word(words: Sequence[Word], covered: set[int], names: Names) -> list[Found]:
    """Return the names that contain a rare word of the question, by how much of their words the question has."""
    stems = {
        stem(word.text): index
        for index, word in enumerate(words)
        if index not in covered and word.text not in COMMON and len(word.text) > 2
    }
    counts = names.counted([words[index].text for index in stems.values()])
    rare = {key: index for key, index in stems.items() if 0 < counts.get(words[index].text, 0) <= _RARE}
    if not rare:
        return []
    asked = {stem(word.text): index for index, word in enumerate(words)}
    found = []
    for kind, term, predicate, text, count, name_words in names.with_stems(list(rare)):
        shared = sorted(asked[each] for each in set(name_words) if each in asked)
        used = _closest(shared, len(name_words) + 2)
        weight = sum(_weight(words[index].text) for index in used)
        similarity = 0.8 * weight / max(weight, sum(_weight(each) for each in name_words))
        span = words[used[0]].start, words[used[-1]].end
        found.append(Found(kind, term, predicate, text, count, span, len(used), similarity, False, False))
    return [each for each in found if each.similarity >= 0.25]


def _closest(indices: list[int], width: int) -> list[int]:
    """Return the largest group of indices that lie within `width`."""
    groups = [[other for other in indices if index <= other < index + width] for index in indices]
    return max(groups, key=len)


def _weight(word: str) -> float:
    return 0.2 if word in COMMON else 1.0


def _best(found: Sequence[Found]) -> list[Found]:
    """Return each name once, by its best span, the best names first; of many with the same text the most
    connected.
    """
    by_name: dict[tuple[str, str, str], Found] = {}
    for each in sorted(found, key=_rank):
        by_name.setdefault(
            (each.kind, each.term or each.text, each.predicate), each
        )  # a cell is nothing but its text
    shared: dict[tuple[str, str, tuple[int, int]], int] = defaultdict(int)
    kept = []
    for each in by_name.values():
        place = each.kind, each.text.casefold(), each.span
        shared[place] += 1
        if shared[place] <= _SAME_NAME:
            kept.append(each)
    return kept


def _rank(each: Found) -> tuple[float, int, int]:
    length = each.span[1] - each.span[0]
    return (-each.similarity * math.log1p(length), -each.same_case, -each.count)
