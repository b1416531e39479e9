"""Entity linking: a question → what of the graph it may mention. Candidates only: the decoder decides.

Spans of the question are looked up by the sorted stems of their words, which sees past capitals, accents,
plurals and word order; single rare words find names that contain them; words that no name has are tried with
a letter changed.
"""

import math
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.linking.dates import dates_of
from kbqa.linking.mentions import Mention, MentionFeatures, features_of, find_mentions
from kbqa.linking.words import COMMON, Span, Word, fold, key_of, numbers_of, quoted_of, stem, words_of
from kbqa.sparql.dates import is_dated
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.actions import (
    ClassPointer,
    EntityPointer,
    FlagFeatures,
    NumberPointer,
    ValuePointer,
)
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import GraphVersion, Name
from kbqa.sparql.names import encode_labels, label_vectors_of, names_of
from kbqa.sparql.profile import Profile
from kbqa.sparql.terms import parse_term

MAX_ENTITIES, MAX_VALUES, MAX_CLASSES, MAX_FLAGS = 24, 24, 24, 6
MAX_QUESTION = 2_000
_NEAREST, _MIN_COSINE, _BY_MEANING = 3, 0.74, 0.7
"""How many labels may mean the same as some words; their cosine at least (Spain and Portugal are at 0.72, the
USA and its full name at 0.75); and what meaning the same counts beside being called so.
"""
_MAX_RUN_LENGTH, _MAX_RUNS = 5, 3
_MAX_NUMBERS, _MAX_QUOTED = 12, 4
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True)
class Candidates:
    """What a question may mention."""

    entities: tuple[EntityPointer, ...]
    classes: tuple[ClassPointer, ...]
    values: tuple[ValuePointer, ...]
    numbers: tuple[NumberPointer, ...]


def link_question(question: str, version: GraphVersion, graph: LiveGraph) -> LinkedQuestion:
    """A question's view of a version of a graph. Raises StoreError, EncoderError."""
    candidates = find_candidates(question, version, graph.profile)
    return LinkedQuestion(
        graph,
        graph.entities_with_context(candidates.entities),
        candidates.classes,
        graph.values_with_context(candidates.values),
        candidates.numbers,
    )


def find_candidates(question: str, version: GraphVersion, profile: Profile) -> Candidates:
    """What a question may mention of a version of a graph, the best first. Raises EncoderError."""
    words = words_of(question[:MAX_QUESTION])
    mentions = find_mentions(question, words, names_of(version))
    mentions += _by_meaning(question, words, mentions, version, profile)
    return Candidates(
        tuple(_entity(mention, len(words)) for mention in mentions if mention.kind == Name.Kind.ENTITY)[
            :MAX_ENTITIES
        ],
        _classes(words, profile),
        (
            *_flags(words, profile),
            *(_value(mention, len(words)) for mention in mentions if mention.kind == Name.Kind.VALUE),
        )[:MAX_VALUES],
        tuple(numbers_in(question)),
    )


def _by_meaning(
    question: str,
    words: Sequence[Word],
    mentions: Sequence[Mention],
    version: GraphVersion,
    profile: Profile,
) -> list[Mention]:
    """Entities whose labels mean what those words say that nothing in the graph is called by.

    Raises EncoderError.
    """
    known = names_of(version).counted([word.text for word in words])
    runs = unknown_runs(words, mentions, profile.stems, known)
    if not runs:
        return []
    vectors = label_vectors_of(version.graph_id)
    if not vectors.rows().exists():
        return []
    encoded = encode_labels([question[run[0].start : run[-1].end] for run in runs])
    by_meaning = []
    for run, vector in zip(runs, encoded, strict=True):
        nearest = vectors.nearest(vector, _NEAREST)
        near = {text: cosine for text, cosine in nearest.items() if cosine >= _MIN_COSINE}
        span = run[0].start, run[-1].end
        keys = list(dict.fromkeys(key_of(fold(text)) for text in near))
        for kind, term, predicate, text, count, _ in names_of(version).with_keys(keys):
            if kind == Name.Kind.ENTITY and text in near:
                similarity = _BY_MEANING * near[text]
                by_meaning.append(
                    Mention(kind, term, predicate, text, count, span, len(run), similarity, False, False)
                )
    return by_meaning


def unknown_runs(
    words: Sequence[Word],
    mentions: Sequence[Mention],
    vocabulary: Collection[str],
    known: Container[str],
) -> list[list[Word]]:
    """Neighbouring words, neither common nor in an exact mention, of which at least one is neither among the
    stems of the `vocabulary` nor `known` as a word of a name.
    """
    exact = [mention.span for mention in mentions if mention.exact]
    runs: list[list[Word]] = [[]]
    for word in words:
        if word.text in COMMON or any(start <= word.start and word.end <= end for start, end in exact):
            runs.append([])
        else:
            runs[-1].append(word)
    unknown = {
        word.text
        for word in words
        if word.text not in known and stem(word.text) not in vocabulary and not word.text.isdecimal()
    }
    short = [run for run in runs if len(run) <= _MAX_RUN_LENGTH]
    return [run for run in short if any(word.text in unknown for word in run)][:_MAX_RUNS]


def _entity(mention: Mention, words: int) -> EntityPointer:
    iri = parse_term(mention.term)
    assert isinstance(iri, NamedNode)
    return EntityPointer(iri, mention.text, mention.span, features_of(mention, words))


def _value(mention: Mention, words: int) -> ValuePointer:
    value = parse_term(mention.term)
    assert isinstance(value, Literal)
    key = NamedNode(mention.predicate[1:-1]), value
    return ValuePointer(key, mention.text, mention.span, features_of(mention, words))


def _classes(words: Sequence[Word], profile: Profile) -> tuple[ClassPointer, ...]:
    """The graph's classes: all if they are few, else those that share words with the question, and the
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
    """True and false of the properties that have no other values, called by words for what is so: no
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


def _shared_words(words: Sequence[Word], text: str) -> tuple[Span | None, float, int]:
    """Where a question has words of a text, what share of the text these are, and how many; that it has `is`
    says nothing.
    """
    stems = {stem(word.text): word for word in words}
    folded = fold(text).split()
    parts = [stem(part) for part in folded if part not in COMMON] or [stem(part) for part in folded]
    shared = [stems[part] for part in parts if part in stems]
    span = (min(word.start for word in shared), max(word.end for word in shared)) if shared else None
    return span, len(shared) / max(1, len(parts)), len(shared)


def numbers_in(question: str) -> list[NumberPointer]:
    """Numbers and dates of a question, and what stands in quotation marks."""
    dates = {text: span for text, span in dates_of(question).items() if is_dated(text)}
    numbers = [NumberPointer(_date(text), text, span) for text, span in dates.items()]
    for digits, span in numbers_of(question, words_of(question)).items():
        if not any(start <= span[0] < end for start, end in dates.values()):
            numbers.append(NumberPointer(_number(digits), digits, span))
    quoted = [NumberPointer(Literal(text), text, span) for text, span in quoted_of(question)]
    return [*numbers[:_MAX_NUMBERS], *quoted[:_MAX_QUOTED]]


def _date(text: str) -> Literal:
    return Literal(
        text, datatype=NamedNode(f"{_XSD}{'date' if len(text) == len('2000-01-01') else 'gYearMonth'}")
    )


def _number(digits: str) -> Literal:
    return Literal(digits, datatype=NamedNode(f"{_XSD}{'decimal' if '.' in digits else 'integer'}"))
