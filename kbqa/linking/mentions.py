"""Mention detection: the names that a question may mention.

They are found by spans of words, by single rare words, and with a letter changed: candidates for entity
linking and for the values of schema linking, never a decision.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kbqa.linking.demonyms import COUNTRY_FORMS
from kbqa.linking.names import KeyMatch, StemMatch
from kbqa.linking.synonyms import MAX_PLACE_WORDS, is_code, other_names
from kbqa.linking.words import COMMON, Span, Word, fold, key_of, stem

_MAX_SPAN_LENGTH = 10
_MAX_OF_SAME_TEXT = 12
_MAX_OF_RARE_WORD = 100
"""The most names that may share a word for it to find them alone."""
_MIN_MISTYPED_LENGTH, _MIN_RARE_LENGTH = 4, 3
_MISTYPED, _OTHER_FORM = 0.7, 0.9
"""Similarity of a name to words with a typing mistake, and to words with other endings or a demonym."""
_BY_RARE_WORD, _MIN_BY_RARE_WORD = 0.8, 0.25
"""The greatest similarity of a name that a rare word finds, and the least of a candidate."""
_COMMON_WEIGHT = 0.2
"""The weight of a stop word of a name; that of other words is 1."""
_GAP = 2
"""The most words of the question that may lie between the words of a name."""


class Variant(NamedTuple):
    """A word, or what it may be meant for, and how similar a name is that has it."""

    text: str
    similarity: float


@dataclass(frozen=True)
class Mention:
    """A name, and the span of a question that may mention it.

    `words` is the span's length; `similarity` is 1 where the span says the name `exact`, which `same_case`
    says letter for letter.
    """

    kind: str
    term: str
    predicate: str
    text: str
    count: int
    span: Span
    words: int
    similarity: float
    exact: bool
    same_case: bool


class NameIndex(Protocol):
    """The index that names are looked up in: `linking.names.Names`."""

    def with_keys(self, keys: list[str]) -> Sequence[KeyMatch]:
        """Names with one of the keys, the most connected of each first."""
        ...

    def with_stems(self, stems: list[str]) -> Sequence[StemMatch]:
        """Names with one of the stems."""
        ...

    def counted(self, words: list[str]) -> dict[str, int]:
        """The number of names that have each word, of words that any has."""
        ...

    def similar_words(self, word: str) -> list[str]:
        """Words of names that a typing mistake makes of `word`, the commonest first."""
        ...


def find_mentions(question: str, words: Sequence[Word], names: NameIndex) -> list[Mention]:
    """The names that a question may mention, the best first, each by its best span."""
    mentions = list(_by_span(question, words, names))
    covered = {
        index
        for mention in mentions
        if mention.exact and mention.words > 1
        for index, word in enumerate(words)
        if _within(word, mention.span)
    }
    return best_of([*mentions, *_by_rare_word(words, covered, names)])


def mentions_by_other_names(question: str, words: Sequence[Word], names: NameIndex) -> Iterator[Mention]:
    """Names of the countries and states that a question has other names or codes of, each once.

    Codes are those in capitals only: "US" is a country, "us" is not.
    """
    spans = dict[str, tuple[int, int]]()
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + MAX_PLACE_WORDS) + 1):
            text = " ".join(word.text for word in words[start:end])
            if not is_code(text) or question[words[start].start : words[end - 1].end].isupper():
                for other in other_names(text):
                    spans.setdefault(other, (start, end))
    keys = {key_of(other): other for other in spans}
    for kind, term, predicate, text, count, key in names.with_keys(list(keys)) if keys else ():
        other = keys[key]
        if fold(text) == other and (not is_code(other) or text.isupper()):
            start, end = spans[other]
            span = words[start].start, words[end - 1].end
            words_of_span = end - start
            yield Mention(kind, term, predicate, text, count, span, words_of_span, _OTHER_FORM, False, False)


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


def features_of(mention: Mention, words: int) -> MentionFeatures:
    """Features of a mention, for the network; `words` is the length of the question."""
    return MentionFeatures(
        mention.similarity,
        float(mention.exact),
        float(mention.same_case),
        mention.words / 4,
        math.log1p(mention.count) / 5,
        mention.words / max(1, words),
    )


def _within(word: Word, span: Span) -> bool:
    return span[0] <= word.start and word.end <= span[1]


class _SpanVariant(NamedTuple):
    """A span, from a word until before another, that is read as a variant so similar to what it says."""

    start: int
    end: int
    similarity: float


def _by_span(question: str, words: Sequence[Word], names: NameIndex) -> Iterator[Mention]:
    """Names whose words are those of a span, whatever their order and endings."""
    spans = _spans(words, names)
    for kind, term, predicate, text, count, key in names.with_keys(list(spans)):
        for start, end, of_variant in spans[key]:
            span = words[start].start, words[end - 1].end
            said = question[span[0] : span[1]]
            exact, same_case = fold(text) == fold(said), text == said
            similarity = 1.0 if exact else of_variant
            yield Mention(kind, term, predicate, text, count, span, end - start, similarity, exact, same_case)


def _spans(words: Sequence[Word], names: NameIndex) -> dict[str, list[_SpanVariant]]:
    """Spans of a question, in all their variants, by the keys of the names that they may mention."""
    variants = _variants(words, names)
    spans: dict[str, list[_SpanVariant]] = defaultdict(list)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _MAX_SPAN_LENGTH) + 1):
            for text, similarity in _joined(variants[start:end]):
                if not (end == start + 1 and text in COMMON):
                    spans[key_of(text)].append(_SpanVariant(start, end, similarity))
    return spans


def _variants(words: Sequence[Word], names: NameIndex) -> list[list[Variant]]:
    """The variants of each word.

    They are the word itself, the countries of a demonym or the demonyms of a country, and, where no name has
    the word, those that it may be a mistake for.
    """
    known = names.counted([word.text for word in words])
    variants = []
    for word in words:
        forms = COUNTRY_FORMS.get(word.text, ())
        is_known = forms or word.text in known or word.text in COMMON
        mistyped = not is_known and len(word.text) >= _MIN_MISTYPED_LENGTH
        corrected = names.similar_words(word.text) if mistyped else []
        as_form = [Variant(form, _OTHER_FORM) for form in (word.text, *forms)]
        variants.append([*as_form, *(Variant(text, _MISTYPED) for text in corrected)])
    return variants


def _joined(variants: Sequence[list[Variant]]) -> list[Variant]:
    """Variants of a span: its words as written, then all of them in their next variants where they have any.

    A span is as similar as its least similar word.
    """
    most = max(len(of_word) for of_word in variants)
    readings = [[of_word[min(index, len(of_word) - 1)] for of_word in variants] for index in range(most)]
    return [
        Variant(" ".join(word.text for word in words), min(word.similarity for word in words))
        for words in readings
    ]


def _by_rare_word(words: Sequence[Word], covered: set[int], names: NameIndex) -> Iterator[Mention]:
    """Names with a rare word of the question outside `covered`, by what share of their words it has."""
    rare = _rare_stems(words, covered, names)
    if not rare:
        return
    indices = {stem(word.text): index for index, word in enumerate(words)}
    for kind, term, predicate, text, count, stems in names.with_stems(rare):
        shared = sorted(indices[name_stem] for name_stem in set(stems) if name_stem in indices)
        used = _closest(shared, len(stems) + _GAP)
        weight = sum(_weight(words[index].text) for index in used)
        similarity = _BY_RARE_WORD * weight / max(weight, sum(map(_weight, stems)))
        if similarity >= _MIN_BY_RARE_WORD:
            span = words[used[0]].start, words[used[-1]].end
            yield Mention(kind, term, predicate, text, count, span, len(used), similarity, False, False)


def _rare_stems(words: Sequence[Word], covered: set[int], names: NameIndex) -> list[str]:
    """Stems of the words outside `covered` that some names have, but not many."""
    by_stem = {
        stem(word.text): word.text
        for index, word in enumerate(words)
        if index not in covered and word.text not in COMMON and len(word.text) >= _MIN_RARE_LENGTH
    }
    counts = names.counted(list(by_stem.values()))
    return [key for key, text in by_stem.items() if 0 < counts.get(text, 0) <= _MAX_OF_RARE_WORD]


def _closest(indices: list[int], width: int) -> list[int]:
    """The largest group of indices that lie within `width`, the first of equals."""
    groups = [[other for other in indices if index <= other < index + width] for index in indices]
    return max(groups, key=len)


def _weight(word: str) -> float:
    return _COMMON_WEIGHT if word in COMMON else 1.0


def best_of(mentions: Sequence[Mention]) -> list[Mention]:
    """Each name once, by its best span, the best first; of many with the same text the most connected."""
    by_name: dict[tuple[str, str, str], Mention] = {}
    for mention in sorted(mentions, key=_rank):
        # A cell is nothing but its text.
        by_name.setdefault((mention.kind, mention.term or mention.text, mention.predicate), mention)
    of_same_text: dict[tuple[str, str, Span], int] = defaultdict(int)
    best = []
    for mention in by_name.values():
        key = mention.kind, mention.text.casefold(), mention.span
        of_same_text[key] += 1
        if of_same_text[key] <= _MAX_OF_SAME_TEXT:
            best.append(mention)
    return best


def _rank(mention: Mention) -> tuple[float, int, int]:
    """Sort key: similar and long spans first, then the question's own case, then the most connected."""
    length = mention.span[1] - mention.span[0]
    return (-mention.similarity * math.log1p(length), -mention.same_case, -mention.count)
