"""What is said of readings: their words, what of the question they leave, and how sure they are."""

from collections.abc import Sequence
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from kbqa.linking.words import fold, stem
from kbqa.questions.left_over import unknown_words, unlike
from kbqa.sparql.answer.fitting import Found, asked_kind, fits
from kbqa.sparql.answer.namesakes import namesakes_in, told_apart
from kbqa.sparql.answer.reading import Reading
from kbqa.sparql.answer.sureness import Features, log_odds, probability
from kbqa.sparql.answer.usage import Likenesses, Usage
from kbqa.sparql.answer.wording import constants_of, in_words
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.actions import EntityPointer, ValuePointer
from kbqa.sparql.query import RDF_TYPE
from kbqa.sparql.stores.base import RdfTerm

_LOOKED_AT = 20
_MIN_SIMILARITY = 0.9
_MAX_NAMES = 60
"""How many names of a graph missing words are compared with."""


class Telling:
    """Tells of the readings of one question. `likenesses` are of its texts."""

    def __init__(self, question: str, linked: LinkedQuestion, likenesses: Likenesses) -> None:
        self._question, self._linked, self._likenesses = question, linked, likenesses

    def told(self, readings: Sequence[Reading]) -> list[Reading]:
        """Readings with their words, what they leave out, and how sure they are.

        Raises StoreError, EncoderError.
        """
        usages = [Usage(reading.query, self._question, self._linked) for reading in readings]
        self._likenesses.know([text for usage in usages for text in (*usage.names, *usage.content())])
        names = self._names(readings)
        return [self._told(reading, usage, names) for reading, usage in zip(readings, usages, strict=True)]

    def missing(self) -> tuple[str, ...]:
        """Words of the question for which the graph has nothing. Raises EncoderError."""
        linked, profile = self._linked, self._linked.graph.profile
        mentions: list[EntityPointer | ValuePointer] = [*linked.entities, *linked.values]
        spans = [each.span for each in mentions if each.span and each.features.similarity >= _MIN_SIMILARITY]
        spans += [each.span for each in linked.numbers if each.span]
        around = [text for entity in linked.entities for text in entity.context]
        classes = [known.text for known in linked.classes]
        names = list(dict.fromkeys((*around, *classes, *profile.texts.values())))[:_MAX_NAMES]
        stems = profile.stems | {stem(word) for text in around for word in fold(text).split()}
        unknown = unknown_words(self._question, spans, stems)
        if not names or not unknown:
            return tuple(unknown)
        self._likenesses.know([*names, *unknown, *(word for words in unknown.values() for word in words)])
        return unlike(unknown, names, self._likenesses.of)

    def judged(self, reading: Reading) -> Reading:
        """A reading that was run, less sure where what it found cannot be the answer. Raises StoreError."""
        if reading.features is None or self._fits(reading):
            return reading
        features = reading.features._replace(misfit=1.0)
        return replace(reading, features=features, probability=probability(features))

    def _names(self, readings: Sequence[Reading]) -> dict[NamedNode, str]:
        """What the things are called that readings name, namesakes with what tells them apart."""
        things = list(dict.fromkeys(iri for reading in readings for iri in constants_of(reading.query)))
        names = self._linked.graph.store_names(things)
        groups = [group for group in namesakes_in(self._linked) if not set(group).isdisjoint(things)]
        apart = told_apart(groups, self._linked.graph)
        return {iri: f"{name} ({apart[iri]})" if iri in apart else name for iri, name in names.items()}

    def _told(self, reading: Reading, usage: Usage, names: dict[NamedNode, str]) -> Reading:
        unused = usage.unused(self._likenesses)
        unsupported = 1.0 - usage.support(self._likenesses)
        features = Features(
            log_odds=log_odds(reading.share),
            runs_left_out=float(len(unused)),
            names_left_out=float(usage.left_out()),
            numbers_left_out=float(usage.numbers_left_out()),
            unsupported=unsupported,
            unexplained=unsupported if unused else 0.0,
            misfit=float(usage.names_itself()),
        )
        words = reading.words or in_words(reading.query, self._linked.graph.profile, names.__getitem__)
        named = {iri: names[iri] for iri in constants_of(reading.query)}
        if reading.composed:
            return replace(reading, words=words, named=named)
        return replace(
            reading,
            words=words,
            unused=unused,
            features=features,
            probability=probability(features),
            named=named,
        )

    def _fits(self, reading: Reading) -> bool:
        graph, rows = self._linked.graph, reading.solutions.rows[:_LOOKED_AT] if reading.solutions else []
        terms = [row[0] for row in rows if row[0] is not None]
        things = [term for term in terms if isinstance(term, NamedNode)]
        texts = graph.store_names(things)
        classes = self._classes(things) if asked_kind(self._question) == "place" else {}
        found = [Found(term, _text(term, texts), classes.get(term, frozenset())) for term in terms]
        named: dict[RdfTerm, str] = {iri: name.rsplit(" (", 1)[0] for iri, name in reading.named.items()}
        for term in Usage(reading.query, "", self._linked).terms:
            if isinstance(term, Literal):
                named[term] = term.value
        return fits(self._question, reading.query, found, named)

    def _classes(self, things: Sequence[NamedNode]) -> dict[RdfTerm, frozenset[str]]:
        """The words of the classes of things. Raises StoreError."""
        graph, words = self._linked.graph, dict[RdfTerm, frozenset[str]]()
        if not things:
            return words
        values = " ".join(map(str, dict.fromkeys(things)))
        query = f"SELECT ?e ?c WHERE {{ VALUES ?e {{ {values} }} ?e {RDF_TYPE} ?c }}"
        for thing, known in graph.store.select(query).rows:
            text = graph.profile.texts.get(known, "") if isinstance(known, NamedNode) else ""
            if thing is not None:
                words[thing] = words.get(thing, frozenset()) | set(fold(text).split())
        return words


def _text(term: RdfTerm, names: dict[NamedNode, str]) -> str:
    if isinstance(term, NamedNode):
        return names[term]
    return term.value if isinstance(term, Literal) else ""
