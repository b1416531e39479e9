"""Entity linking: a question → what of the graph it may mention. Candidates only: the decoder decides.

Spans of the question are looked up by the sorted stems of their words, which sees past capitals, accents,
plurals and word order; single rare words find names that contain them; words that no name has are tried with
a letter changed.
"""

import math
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.linking.dates import dates_of
from kbqa.linking.mentions import (
    Mention,
    MentionFeatures,
    best_of,
    features_of,
    find_mentions,
    mentions_by_other_names,
)
from kbqa.linking.names import Names
from kbqa.linking.numbers import numbers_of
from kbqa.linking.words import COMMON, Span, Word, fold, key_of, quoted_of, stem, words_of
from kbqa.sparql.answer.people import with_parts_of_names
from kbqa.sparql.answer.rewording import Reworded, may_be_reworded, reworded
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
from kbqa.sparql.profile import PredicateProfile, Profile
from kbqa.sparql.schema import asked_in, classes_asked_in, in_words_of_schema
from kbqa.sparql.terms import parse_term

MAX_ENTITIES, MAX_VALUES, MAX_CLASSES, MAX_FLAGS = 24, 24, 24, 6
MAX_QUESTION = 2_000
_NEAREST, _MIN_COSINE, _BY_MEANING = 3, 0.74, 0.7
"""How many labels may mean the same as some words; their cosine at least; and how much that counts.

Spain and Portugal are at 0.72, the USA and its full name at 0.75; being called so counts 1.
"""
_MAX_RUN_LENGTH, _MAX_RUNS = 5, 3
_MAX_NUMBERS, _MAX_QUOTED = 12, 4
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True)
class Candidates:
    """The candidates of a question."""

    entities: tuple[EntityPointer, ...]
    classes: tuple[ClassPointer, ...]
    values: tuple[ValuePointer, ...]
    numbers: tuple[NumberPointer, ...]


def in_words_of_graph(question: str, version: GraphVersion, profile: Profile) -> Reworded:
    """A question in the words of a version of a graph."""
    question = in_words_of_schema(question[:MAX_QUESTION], profile)
    if not may_be_reworded(question, profile):
        return Reworded(question)
    words, names = words_of(question), names_of(version)
    known = frozenset(names.counted([word.text for word in words]))
    return reworded(question, profile, find_mentions(question, words, names), known)


def link_question(question: str, version: GraphVersion, graph: LiveGraph) -> LinkedQuestion:
    """A question's view of a version of a graph. Raises StoreError, EncoderError."""
    candidates = find_candidates(question, version, graph.profile)
    schema = asked_in(question, graph.profile)
    entities = with_parts_of_names(question, candidates.entities, graph)
    if schema:
        entities = (*_words_of_graph(question, graph.profile), *entities)[:MAX_ENTITIES]
    return LinkedQuestion(
        graph,
        graph.entities_with_context(entities, schema),
        candidates.classes,
        graph.values_with_context(candidates.values),
        candidates.numbers,
        schema,
    )


def _words_of_graph(question: str, profile: Profile) -> list[EntityPointer]:
    """The classes and properties that a question names, as what something is said of."""
    words = words_of(question[:MAX_QUESTION])
    named = []
    for iri, text in profile.texts.items():
        span, share, shared = _shared_words(words, text)
        if share == 1 and span is not None:
            same_case = float(question[slice(*span)] == text)
            features = MentionFeatures(
                1.0, 1.0, same_case, shared / 4, math.log1p(shared) / 5, shared / max(1, len(words))
            )
            named.append(EntityPointer(iri, text, span, features))
    return named[:MAX_FLAGS]


def find_candidates(question: str, version: GraphVersion, profile: Profile) -> Candidates:
    """The candidates of a question in a version of a graph, the best first. Raises EncoderError."""
    words = words_of(question[:MAX_QUESTION])
    mentions = find_mentions(question, words, names_of(version))
    mentions = best_of([*mentions, *mentions_by_other_names(question, words, names_of(version))])
    found = {mention.term for mention in mentions}
    by_meaning = _by_meaning(question, words, mentions, version, profile)
    mentions += [mention for mention in by_meaning if mention.term not in found]
    entities = [_entity(mention, len(words)) for mention in mentions if mention.kind == Name.Kind.ENTITY]
    values = [_value(mention, len(words)) for mention in mentions if mention.kind == Name.Kind.VALUE]
    return Candidates(
        tuple(entities[:MAX_ENTITIES]),
        _classes(words, profile, question),
        (*_flags(words, profile, question), *values)[:MAX_VALUES],
        tuple(numbers_in(question)),
    )


def _by_meaning(
    question: str,
    words: Sequence[Word],
    mentions: Sequence[Mention],
    version: GraphVersion,
    profile: Profile,
) -> list[Mention]:
    """Entities whose labels mean what words say that are in no name of the graph. Raises EncoderError."""
    known = names_of(version).counted([word.text for word in words])
    runs = unknown_runs(words, mentions, profile.stems, known)
    if not runs:
        return []
    vectors = label_vectors_of(version.graph_id)
    if not vectors.rows().exists():
        return []
    encoded = encode_labels([question[run[0].start : run[-1].end] for run in runs])
    return [
        mention
        for run, vector in zip(runs, encoded, strict=True)
        for mention in _meant_by(run, vectors.nearest(vector, _NEAREST), names_of(version))
    ]


def _meant_by(run: Sequence[Word], cosines: Mapping[str, float], names: Names) -> Iterator[Mention]:
    """Entities with one of the labels that are near to some words, by the labels' cosines to these."""
    near = {text: cosine for text, cosine in cosines.items() if cosine >= _MIN_COSINE}
    span = run[0].start, run[-1].end
    keys = list(dict.fromkeys(key_of(fold(text)) for text in near))
    for kind, term, predicate, text, count, _ in names.with_keys(keys):
        if kind == Name.Kind.ENTITY and text in near:
            similarity = _BY_MEANING * near[text]
            yield Mention(kind, term, predicate, text, count, span, len(run), similarity, False, False)


def unknown_runs(
    words: Sequence[Word],
    mentions: Sequence[Mention],
    vocabulary: Collection[str],
    known: Container[str],
) -> list[list[Word]]:
    """Runs of neighbouring words that the graph may have under another name.

    Their words are neither common nor in an exact mention; one at least is neither among the stems of the
    `vocabulary` nor `known` as a word of a name.
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


def _classes(words: Sequence[Word], profile: Profile, question: str) -> tuple[ClassPointer, ...]:
    """The graph's classes; of many, those that share words with the question, and the largest.

    Those of classes and properties are among them where the question is about classes and properties.
    """
    classes = []
    for known in (*profile.classes, *(profile.schema_classes if classes_asked_in(question) else ())):
        span, share, shared = _shared_words(words, known.text)
        features = MentionFeatures(
            similarity=share,
            exact=float(share == 1),
            words=shared / 4,
            frequency=math.log1p(known.count) / 5,
        )
        classes.append((-share, -known.count, ClassPointer(known.iri, known.text, span, features)))
    return tuple(pointer for _, _, pointer in sorted(classes, key=lambda entry: entry[:2])[:MAX_CLASSES])


def _flags(words: Sequence[Word], profile: Profile, question: str) -> tuple[ValuePointer, ...]:
    """True and false of the properties that have no other values, by the properties' names.

    No question says "true".
    """
    flags = []
    schema = asked_in(question, profile)
    of_schema = (known for known in profile.schema if known.predicate in schema)
    for predicate in (*profile.predicates, *of_schema):
        if predicate.ranges == ("boolean",):
            span, share, shared = _shared_words(words, predicate.text)
            both = [_flag(predicate, span, share, shared, truth=truth) for truth in (True, False)]
            flags.append((-share, -predicate.count, both))
    ranked = sorted(flags, key=lambda entry: entry[:2])[:MAX_FLAGS]
    return tuple(pointer for _, _, both in ranked for pointer in both)


def _flag(
    predicate: PredicateProfile, span: Span | None, share: float, shared: int, *, truth: bool
) -> ValuePointer:
    """True or false of a property.

    Values are read by where they are mentioned, not by their text: only a feature tells one from the other.
    """
    features = FlagFeatures(
        similarity=share,
        exact=float(share == 1),
        truth=float(truth),
        words=shared / 4,
        frequency=math.log1p(predicate.count) / 5,
    )
    text = predicate.text if truth else f"never {predicate.text}"
    return ValuePointer((predicate.predicate, Literal(truth)), text, span, features)


def _shared_words(words: Sequence[Word], text: str) -> tuple[Span | None, float, int]:
    """The span of a question with words of a text, what share of the text these are, and how many.

    Stop words count only in a text that has no others.
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
    return _literal(text, "date" if len(text) == len("2000-01-01") else "gYearMonth")


def _number(digits: str) -> Literal:
    return _literal(digits, "decimal" if "." in digits else "integer")


def _literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(f"{_XSD}{datatype}"))
