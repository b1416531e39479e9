"""A question → readings of it, each a query with its answers: the engine's public face."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from pyoxigraph import Literal, NamedNode

from kbqa.decoding.beam import BeamOptions, Hypothesis, Scorer, Taken, search
from kbqa.decoding.inference import DecoderModel, Session
from kbqa.decoding.scoring import NetworkScorer
from kbqa.models import GraphVersion
from kbqa.sparql.constraints import LiveGraph
from kbqa.sparql.grammar import SparqlState, World, start
from kbqa.sparql.linking import find_mentions
from kbqa.sparql.query import Query, query_text
from kbqa.sparql.stores.base import RdfTerm, Solutions

MAX_ROWS = 1_000


@dataclass(frozen=True)
class Reading:
    """One way to understand a question. Once it was run, `solutions` is what a SELECT found, `holds` what an ASK answered."""

    query: Query
    text: str
    probability: float
    taken: tuple[Taken, ...]
    solutions: Solutions | None = None
    holds: bool | None = None


@dataclass(frozen=True)
class Answer:
    """What came of a question: readings, the best first; none that convinces where `answerable` is false."""

    question: str
    readings: tuple[Reading, ...]
    answerable: bool
    milliseconds: float

    @property
    def best(self) -> Reading | None:
        """Return the reading that is taken."""
        return self.readings[0] if self.readings and self.answerable else None


def world_of(question: str, version: GraphVersion, graph: LiveGraph) -> World:
    """Return a question's view of a graph."""
    found = find_mentions(question, version, graph.profile)
    return World(graph, graph.with_surroundings(found.entities), found.classes, graph.with_surroundings(found.values), found.numbers)


def ask(question: str, version: GraphVersion, graph: LiveGraph, model: DecoderModel, options: BeamOptions | None = None) -> Answer:
    """Answer a question from a version of a graph. Raises StoreError, EncoderError."""
    begun = perf_counter()
    world = world_of(question, version, graph)
    session = Session(model, question, (*world.entities, *world.values, *world.classes, *world.numbers))
    return answer_with(NetworkScorer(session), question, world, begun=begun, options=options, temperature=model.temperature)


def answer_with(
    scorer: Scorer, question: str, world: World, *, begun: float | None = None, options: BeamOptions | None = None, temperature: float = 1.0
) -> Answer:
    """Decode with any scorer of choices, and run what comes out."""
    begun = perf_counter() if begun is None else begun
    found = search(start(world), scorer, options)
    probabilities = _probabilities([each.score for each in found], temperature)
    readings, answerable = [], bool(found)
    for place, (hypothesis, probability) in enumerate(zip(found, probabilities, strict=True)):
        state = hypothesis.state
        assert isinstance(state, SparqlState)
        if not state.answerable:
            answerable = answerable and place > 0
            continue
        readings.append(Reading(state.query, query_text(state.query), probability, hypothesis.taken))
    if readings:
        readings[0] = run(readings[0], world.graph)
    return Answer(question, tuple(readings), answerable and bool(readings), 1000 * (perf_counter() - begun))


def _probabilities(scores: Sequence[float], temperature: float) -> list[float]:
    """Return how likely each hypothesis is, the rest of the beam's mass being what was not found."""
    return [float(np.exp(score / temperature)) for score in scores]


def run(reading: Reading, graph: LiveGraph) -> Reading:
    """Return a reading with its answers. Raises StoreError."""
    if not reading.query.columns:
        return replace(reading, holds=graph.store.ask(reading.text))
    return replace(reading, solutions=graph.store.select(reading.text, limit=MAX_ROWS))


def names_of(terms: Sequence[RdfTerm | None], graph: LiveGraph) -> dict[RdfTerm, str]:
    """Return what people call the IRIs among `terms`; literals are called by their values."""
    found: dict[RdfTerm, str] = {}
    for term in terms:
        if isinstance(term, Literal):
            found[term] = term.value
    iris = [term for term in dict.fromkeys(terms) if isinstance(term, NamedNode)]
    return found | dict(graph.store_names(iris))


__all__ = ["Answer", "Reading", "answer_with", "ask", "names_of", "run", "world_of"]
