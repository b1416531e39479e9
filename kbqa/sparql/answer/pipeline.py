"""A question → readings of it, each a query with its answers."""

from collections.abc import Set
from dataclasses import dataclass, replace
from time import perf_counter

from kbqa.decoding.beam import DerivationStep
from kbqa.sparql.answer.decoders import Decoder
from kbqa.sparql.answer.nothing import without_answers
from kbqa.sparql.answer.picture import pattern_of
from kbqa.sparql.answer.reader import QuestionReader
from kbqa.sparql.answer.sanity import can_be_answer
from kbqa.sparql.decomposition.composition import compose
from kbqa.sparql.decomposition.parts import Part
from kbqa.sparql.decomposition.ranks import with_ties
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.query import Query, Term, query_text
from kbqa.sparql.stores.base import QueryError, Solutions
from kbqa.sparql.stores.executor import run_limited

MAX_ROWS = 1_000
_POSSIBLE = 0.25
"""From how likely on it counts where the question as a whole has no answer: the decoder has no such query."""
_TRIED = 3
"""How many readings are run to find one whose answers can be what is asked for."""
_SURE = 0.5
"""From how likely on what is put together is enough, so that the question is not read as a whole as well."""


@dataclass(frozen=True)
class Reading:
    """One way to understand a question.

    Once it was run, `solutions` is what a SELECT found, `holds` what an ASK answered.
    """

    query: Query
    text: str
    probability: float
    derivation: tuple[DerivationStep, ...]
    solutions: Solutions | None = None
    holds: bool | None = None


@dataclass(frozen=True)
class Answer:
    """The readings of a question, the best first; where it is not `answerable`, none is likely."""

    question: str
    readings: tuple[Reading, ...]
    answerable: bool
    milliseconds: float
    notice: str = ""
    """A remark for people on how the answer came about."""

    @property
    def best(self) -> Reading | None:
        """The reading that is taken."""
        return self.readings[0] if self.readings and self.answerable else None


def ask(question: str, version: GraphVersion, graph: LiveGraph, decoder: Decoder) -> Answer:
    """Answer a question from a version of a graph: link, parse, calibrate, execute.

    Raises StoreError, EncoderError.
    """
    begun = perf_counter()
    reader = QuestionReader(version, graph, decoder)
    readings, answerable, notice = _read(question, reader)
    if readings:
        try:
            readings, fits = _that_fit(question, readings, version, graph)
            answerable = answerable and fits
            if answerable:
                readings[0] = _with_ties(readings[0], version, graph)
        except QueryError as error:
            answerable, notice = False, f"{notice} {error}".strip()
    return Answer(question, tuple(readings), answerable, 1000 * (perf_counter() - begun), notice)


def _read(question: str, reader: QuestionReader) -> tuple[list[Reading], bool, str]:
    """The readings of a question, whether it has an answer, and a notice.

    What is put together of simpler questions comes first; unless that is sure, the question as a whole is
    read too, and has what likelihood is left.
    """
    composed = compose(question, reader)
    sure = min(1.0, sum(each.probability for each in composed))
    if sure > _SURE:
        return [_reading(each) for each in composed], True, composed[0].notice
    if not composed and (empty := without_answers(question, reader)):
        return [_reading(each) for each in empty], True, empty[0].notice
    (read, _), parses = reader.linked(question), reader.parses(question)
    whole = [replace(part, probability=part.probability * (1 - sure)) for part in reader.read(question)]
    ranked = sorted([*composed, *whole], key=lambda part: -part.probability)
    answerable = parses.answerable or sure > _POSSIBLE
    return [_reading(part) for part in ranked], answerable, f"{read.notice} {parses.notice}".strip()


def _reading(part: Part) -> Reading:
    return Reading(part.query, query_text(part.query), part.probability, part.derivation)


def _that_fit(
    question: str, readings: list[Reading], version: GraphVersion, graph: LiveGraph
) -> tuple[list[Reading], bool]:
    """The readings with those behind the others whose answers cannot be what the question asks for.

    The first was run. And whether what is left is likelier than that the question has no answer. Raises
    QueryError, StoreError.
    """
    unfit: list[Reading] = []
    for number, reading in enumerate(readings[:_TRIED]):
        done = run(reading, version, graph)
        if done.solutions is None or can_be_answer(question, done.query, done.solutions, graph):
            left = [done, *readings[number + 1 :]]
            likely = sum(each.probability for each in left)
            return [*left, *unfit], not unfit or likely > 0.5
        unfit.append(done)
    return [*readings[_TRIED:], *unfit], False


def _with_ties(reading: Reading, version: GraphVersion, graph: LiveGraph) -> Reading:
    """A reading for the first of an order, with all that share its place where others do.

    Raises QueryError, StoreError.
    """
    part = with_ties(Part(reading.query, reading.probability, reading.derivation))
    if part is None:
        return reading
    tied = run(_reading(part), version, graph)
    return tied if tied.solutions and len(tied.solutions.rows) > 1 else reading


def run(reading: Reading, version: GraphVersion, graph: LiveGraph) -> Reading:
    """A reading with its answers. Raises QueryError where they take too long, StoreError.

    What may have very many solutions runs in a process that can be ended; an endpoint has a limit of its own.
    """
    local = version.graph.source_kind != Graph.SourceKind.ENDPOINT
    if local and not graph.runs_soon(reading.query):
        result = run_limited(version, reading.text, MAX_ROWS)
        return replace(reading, holds=result) if isinstance(result, bool) else _answered(reading, result)
    if not reading.query.columns:
        return replace(reading, holds=graph.store.ask(reading.text))
    return _answered(reading, graph.store.select(reading.text, limit=MAX_ROWS))


def _answered(reading: Reading, solutions: Solutions) -> Reading:
    """A reading with what it found.

    Without an order, rows with what the question itself names come last: who asks, knows of that.
    """
    if reading.query.order:
        return replace(reading, solutions=solutions)
    return replace(reading, solutions=named_last(solutions, pattern_of(reading.query).named))


def named_last(solutions: Solutions, named: Set[Term]) -> Solutions:
    """Solutions with the rows last that have a term which the question itself names."""
    return replace(solutions, rows=sorted(solutions.rows, key=lambda row: not named.isdisjoint(row)))
