"""A question → what of the graph it may mention. Candidates, never a decision: the decoder decides.

Spans of the question are looked up by the sorted stems of their words, which sees past capitals, accents,
plurals and word order; single rare words find names that contain them; words that no name has are tried with
a letter changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.linking.mentions import Found, MentionFeatures, features_of, find_names
from kbqa.linking.words import COMMON, Word, dates_of, fold, key_of, numbers_of, quoted_of, stem, words_of
from kbqa.sparql.dates import is_dated
from kbqa.sparql.grammar.actions import (
    ClassPointer,
    EntityPointer,
    FlagFeatures,
    NumberPointer,
    ValuePointer,
)
from kbqa.sparql.ingest.label_vectors import encode_labels, label_vectors_of
from kbqa.sparql.ingest.names import names_of
from kbqa.sparql.models import GraphVersion, Name
from kbqa.sparql.profile import Profile
from kbqa.sparql.terms import parse_term

MAX_ENTITIES, MAX_VALUES, MAX_CLASSES, MAX_FLAGS = 24, 24, 24, 6
MAX_QUESTION = 2_000
_NEAREST, _ALIKE, _MEANT = 3, 0.74, 0.7
"""How many labels mean the same as some words; how alike they must be (cosine: Spain and Portugal are at
0.72, the USA and its full name at 0.75); and what being alike counts beside being called so.
"""
_MAX_RUN_LENGTH, _MAX_RUNS = 5, 3
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True)
class Mentions:
    """What a question may mention."""

    entities: tuple[EntityPointer, ...]
    classes: tuple[ClassPointer, ...]
    values: tuple[ValuePointer, ...]
    numbers: tuple[NumberPointer, ...]


def find_mentions(question: str, version: GraphVersion, profile: Profile) -> Mentions:
    """Return what `question` may mention of a version of a graph, the best first."""
    words = words_of(question[:MAX_QUESTION])
    best = find_names(question, words, names_of(version))
    best += _by_meaning(question, words, best, version, profile)
    return Mentions(
        tuple(_entity(each, len(words)) for each in best if each.kind == Name.Kind.ENTITY)[:MAX_ENTITIES],
        _classes(words, profile),
        (
            *_flags(words, profile),
            *(_value(each, len(words)) for each in best if each.kind == Name.Kind.VALUE),
        )[:MAX_VALUES],
        tuple(numbers_in(question)),
    )


def _by_meaning(
    question: str, words: Sequence[Word], best: Sequence[Found], version: GraphVersion, profile: Profile
) -> list[Found]:
    """Return the entities whose labels mean what those words say that nothing in the graph is called by."""
    runs = _unknown_runs(words, best, version, profile)
    if not runs:
        return []
    vectors = label_vectors_of(version.graph_id)
    if not vectors.rows().exists():
        return []
    found = []
    for run, vector in zip(
        runs, encode_labels([question[run[0].start : run[-1].end] for run in runs]), strict=True
    ):
        near = {
            text: cosine for text, cosine in vectors.nearest(vector, _NEAREST).items() if cosine >= _ALIKE
        }
        span = run[0].start, run[-1].end
        for kind, term, predicate, text, count, _ in names_of(version).with_keys(
            list({key_of(fold(text)) for text in near})
        ):
            if kind == Name.Kind.ENTITY and text in near:
                found.append(
                    Found(
                        kind, term, predicate, text, count, span, len(run), _MEANT * near[text], False, False
                    )
                )
    return found


def _unknown_runs(
    words: Sequence[Word], best: Sequence[Found], version: GraphVersion, profile: Profile
) -> list[list[Word]]:
    """Return neighbouring words, neither common nor found as they are, of which the graph has at least one
    nowhere.
    """
    counts = names_of(version).counted([word.text for word in words])
    exact = [each.span for each in best if each.exact]
    runs: list[list[Word]] = [[]]
    for word in words:
        if word.text in COMMON or any(start <= word.start and word.end <= end for start, end in exact):
            runs.append([])
        else:
            runs[-1].append(word)
    unknown = {
        word.text
        for word in words
        if word.text not in counts and stem(word.text) not in profile.stems and not word.text.isdecimal()
    }
    return [run for run in runs if any(word.text in unknown for word in run) and len(run) <= _MAX_RUN_LENGTH][
        :_MAX_RUNS
    ]


def _entity(found: Found, words: int) -> EntityPointer:
    iri = parse_term(found.term)
    assert isinstance(iri, NamedNode)
    return EntityPointer(iri, found.text, found.span, features_of(found, words))


def _value(found: Found, words: int) -> ValuePointer:
    value = parse_term(found.term)
    assert isinstance(value, Literal)
    key = NamedNode(found.predicate[1:-1]), value
    return ValuePointer(key, found.text, found.span, features_of(found, words))


def _classes(words: Sequence[Word], profile: Profile) -> tuple[ClassPointer, ...]:
    """Return the graph's classes: all if they are few, else those that share words with the question, and the
    largest.
    """
    classes = []
    for each in profile.classes:
        span, share, shared = _shared_words(words, each.text)
        features = MentionFeatures(
            similarity=share,
            exact=float(share == 1),
            words=shared / 4,
            frequency=math.log1p(each.count) / 5,
        )
        classes.append((-share, -each.count, ClassPointer(each.iri, each.text, span, features)))
    return tuple(pointer for _, _, pointer in sorted(classes, key=lambda entry: entry[:2])[:MAX_CLASSES])


def _flags(words: Sequence[Word], profile: Profile) -> tuple[ValuePointer, ...]:
    """Return true and false of the properties that have no other values, called by words for what is so: no
    question says "true".
    """
    choices = []
    for each in profile.predicates:
        if each.ranges == ("boolean",):
            span, share, shared = _shared_words(words, each.text)
            # Values are read by where they are mentioned, not by their text: only a feature tells one from
            # the other.
            both = [
                ValuePointer(
                    (each.predicate, Literal(so)),
                    each.text if so else f"never {each.text}",
                    span,
                    FlagFeatures(
                        similarity=share,
                        exact=float(share == 1),
                        truth=float(so),
                        words=shared / 4,
                        frequency=math.log1p(each.count) / 5,
                    ),
                )
                for so in (True, False)
            ]
            choices.append((-share, -each.count, both))
    return tuple(
        choice for _, _, both in sorted(choices, key=lambda entry: entry[:2])[:MAX_FLAGS] for choice in both
    )


def _shared_words(words: Sequence[Word], text: str) -> tuple[tuple[int, int] | None, float, int]:
    """Return where a question has words of a text, what share of the text these are, and how many; that it
    has `is` says nothing.
    """
    stems = {stem(word.text): word for word in words}
    called = fold(text).split()
    parts = [stem(part) for part in called if part not in COMMON] or [stem(part) for part in called]
    shared = [stems[part] for part in parts if part in stems]
    span = (min(word.start for word in shared), max(word.end for word in shared)) if shared else None
    return span, len(shared) / max(1, len(parts)), len(shared)


def numbers_in(question: str) -> list[NumberPointer]:
    """Return the numbers and dates of a question, and what stands in quotation marks."""
    dates = {text: span for text, span in dates_of(question).items() if is_dated(text)}
    numbers = [NumberPointer(_date(text), text, span) for text, span in dates.items()]
    for digits, span in numbers_of(question, words_of(question)).items():
        if not any(start <= span[0] < end for start, end in dates.values()):
            numbers.append(NumberPointer(_number(digits), digits, span))
    quoted = [NumberPointer(Literal(text), text, span) for text, span in quoted_of(question)]
    return [*numbers[:12], *quoted[:4]]


def _date(text: str) -> Literal:
    return Literal(
        text, datatype=NamedNode(f"{_XSD}{'date' if len(text) == len('2000-01-01') else 'gYearMonth'}")
    )


def _number(digits: str) -> Literal:
    return Literal(digits, datatype=NamedNode(f"{_XSD}{'decimal' if '.' in digits else 'integer'}"))
