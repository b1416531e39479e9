"""A question → what of the graph it may mention. Candidates, never a decision: the decoder decides.

Spans of the question are looked up by the sorted stems of their words, which sees past capitals, accents,
plurals and word order; single rare words find names that contain them; words that no name has are tried with
a letter changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.decoding.actions import Action, Kind
from kbqa.linking.mentions import Found, features_of, find_names
from kbqa.linking.words import COMMON, Word, dates_of, fold, key_of, numbers_of, quoted_of, stem, words_of
from kbqa.sparql.dates import is_dated
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import GraphVersion, Name
from kbqa.sparql.names import encode_labels, label_vectors_of, names_of
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

    entities: tuple[Action, ...]
    classes: tuple[Action, ...]
    values: tuple[Action, ...]
    numbers: tuple[Action, ...]


def link_question(question: str, version: GraphVersion, graph: LiveGraph) -> LinkedQuestion:
    """Return a question's view of a graph."""
    found = find_mentions(question, version, graph.profile)
    return LinkedQuestion(
        graph,
        graph.with_surroundings(found.entities),
        found.classes,
        graph.with_surroundings(found.values),
        found.numbers,
    )


def find_mentions(question: str, version: GraphVersion, profile: Profile) -> Mentions:
    """Return what `question` may mention of a version of a graph, the best first."""
    words = words_of(question[:MAX_QUESTION])
    best = find_names(question, words, names_of(version))
    best += _by_meaning(question, words, best, version, profile)
    return Mentions(
        tuple(_choice(each, len(words)) for each in best if each.kind == Name.Kind.ENTITY)[:MAX_ENTITIES],
        _classes(words, profile),
        (
            *_flags(words, profile),
            *(_choice(each, len(words)) for each in best if each.kind == Name.Kind.VALUE),
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


def _choice(each: Found, words: int) -> Action:
    kind = Kind.ENTITY if each.kind == Name.Kind.ENTITY else Kind.VALUE
    term = parse_term(each.term)
    key = term if kind == Kind.ENTITY else (NamedNode(each.predicate[1:-1]), term)
    return Action(kind, key, each.text, each.span, features_of(each, words))


def _classes(words: Sequence[Word], profile: Profile) -> tuple[Action, ...]:
    """Return the graph's classes: all if they are few, else those that share words with the question, and the
    largest.
    """
    choices = []
    for each in profile.classes:
        span, share, shared = _shared_words(words, each.text)
        features = (share, float(share == 1), 0.0, shared / 4, math.log1p(each.count) / 5, 0.0)
        choices.append((-share, -each.count, Action(Kind.CLASS, each.iri, each.text, span, features)))
    return tuple(choice for _, _, choice in sorted(choices, key=lambda entry: entry[:2])[:MAX_CLASSES])


def _flags(words: Sequence[Word], profile: Profile) -> tuple[Action, ...]:
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
                Action(
                    Kind.VALUE,
                    (each.predicate, Literal(so)),
                    each.text if so else f"never {each.text}",
                    span,
                    (share, float(share == 1), float(so), shared / 4, math.log1p(each.count) / 5, 0.0),
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


def numbers_in(question: str) -> list[Action]:
    """Return the numbers and dates of a question, and what stands in quotation marks."""
    dates = {text: span for text, span in dates_of(question).items() if is_dated(text)}
    numbers = [Action(Kind.NUMBER, _date(text), text, span) for text, span in dates.items()]
    for digits, span in numbers_of(question, words_of(question)).items():
        if not any(start <= span[0] < end for start, end in dates.values()):
            numbers.append(Action(Kind.NUMBER, _number(digits), digits, span))
    quoted = [Action(Kind.NUMBER, Literal(text), text, span) for text, span in quoted_of(question)]
    return [*numbers[:12], *quoted[:4]]


def _date(text: str) -> Literal:
    return Literal(
        text, datatype=NamedNode(f"{_XSD}{'date' if len(text) == len('2000-01-01') else 'gYearMonth'}")
    )


def _number(digits: str) -> Literal:
    return Literal(digits, datatype=NamedNode(f"{_XSD}{'decimal' if '.' in digits else 'integer'}"))
