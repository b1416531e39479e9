"""A question → readings of it, each a query with its answers."""

from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter

from kbqa.linking.languages import foreign_language
from kbqa.questions.confirmed import Confirmed, answered_before
from kbqa.questions.following import ON_ITS_OWN, begins_as_follow_up
from kbqa.questions.glossary import with_name
from kbqa.sparql.answer.confirmed import SparqlConstants
from kbqa.sparql.answer.decoders import Decoder
from kbqa.sparql.answer.entity_linking import link_question
from kbqa.sparql.answer.following import Previous, followed, with_names
from kbqa.sparql.answer.nothing import without_answers
from kbqa.sparql.answer.picture import pattern_of
from kbqa.sparql.answer.reader import QuestionReader
from kbqa.sparql.answer.reading import Reading
from kbqa.sparql.answer.telling import Telling
from kbqa.sparql.answer.usage import Likenesses
from kbqa.sparql.decomposition.composition import compose
from kbqa.sparql.decomposition.parts import Part
from kbqa.sparql.decomposition.ranks import with_ties
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.names import encode_labels
from kbqa.sparql.query import Query, Term, query_text
from kbqa.sparql.stores.base import QueryError, Solutions
from kbqa.sparql.stores.executor import run_limited

MAX_ROWS = 1_000
SURE = 0.8
"""The probability from which on an answer is shown without doubt.

Of the questions that `sureness` was fitted to, each graph left out in its turn, 94 % of the answers so likely
are right, and 90 % with two standard errors taken off, as other graphs will differ.
"""
UNLIKELY = 0.4
"""The probability of the best reading below which a question is taken for one without an answer.

Of those questions 83 % without an answer are taken for that, and 7 % of those that were read rightly.
"""
_ENOUGH = 0.5
"""How likely what is put together of simpler questions is for the whole not to be read as well."""
_POSSIBLE = 0.25
"""How likely it is at least to be shown: the decoder has no such query to compare it with."""
LIKELY = 0.6
"""The probability from which on a reading is shown though the decoder thinks that there is no answer."""
MAX_CHOICES, _MIN_CHOICE, _MAX_TRIED = 3, 0.05, 3
"""How many readings are offered where none is sure, how likely one is at least beside the likeliest, and how
many are run in search of one whose answer may be one."""
_NOT_ENGLISH = (
    "This question seems to be in {language}. Questions are understood in English: ask it in English."
)


@dataclass(frozen=True)
class Answer:
    """The readings of a question, the best first; where it is not `answerable`, none is likely."""

    question: str
    readings: tuple[Reading, ...]
    answerable: bool
    milliseconds: float
    notice: str = ""
    """A remark for people on how the answer came about."""
    missing: tuple[str, ...] = ()
    """Of an answer that is missing or unsure, the words of the question that the graph has nothing for."""
    confirmed: Confirmed | None = None
    """The confirmed question whose answer it is, if it is that."""
    follows: str = ""
    """The question that it was read as a change of, if it was."""

    @property
    def best(self) -> Reading | None:
        """The reading that is taken."""
        return self.readings[0] if self.readings and self.answerable else None

    @property
    def sure(self) -> bool:
        """Whether the best reading is likely enough to be shown as the answer."""
        return self.best is not None and self.best.probability >= SURE

    @property
    def choices(self) -> tuple[int, ...]:
        """The numbers of the readings that are offered in doubt: the likeliest of different answers."""
        return _choices(self.readings)


def ask(
    question: str,
    version: GraphVersion,
    graph: LiveGraph,
    decoder: Decoder,
    *,
    confirmed: Sequence[Confirmed] = (),
    previous: Previous | None = None,
    words: Sequence[tuple[str, str]] = (),
) -> Answer:
    """Answer a question from a version of a graph: link, parse, tell, execute, judge.

    For `words` of people, the graph's own names are read that come with them.
    A question that was `confirmed` has the answer of then; what changes what was asked in `previous` is read
    as that change, and otherwise on its own, with what "it" stands for in its place. Raises StoreError,
    EncoderError.
    """
    begun, written = perf_counter(), question
    for word, name in words:
        question = with_name(question, word, name)
    if previous is not None:
        follow_up = _from_previous(question, version, graph, previous)
        if follow_up is not None:
            took = 1000 * (perf_counter() - begun)
            return Answer(written, (follow_up,), True, took, follows=previous.question)
    elif (before := _from_confirmed(question, version, graph, confirmed)) is not None:
        reading, judged = before
        return Answer(written, (reading,), True, 1000 * (perf_counter() - begun), confirmed=judged)
    named = question if previous is None else with_names(question, previous, graph)
    reader = QuestionReader(version, graph, decoder)
    read, linked = reader.linked(named)
    telling = Telling(read.text, linked, Likenesses(encode_labels))
    said, least, notice = _read(named, reader, telling)
    readings, error = _tried(said, telling, version, graph)
    answerable = bool(readings) and readings[0].ran and readings[0].probability >= least
    if answerable:
        readings[0] = _with_ties(readings[0], telling, version, graph)
    is_sure = answerable and readings[0].probability >= SURE
    if not is_sure:
        readings = _with_choices(readings, version, graph)
    language = "" if is_sure else foreign_language(question)
    missing = () if is_sure or language else telling.missing()
    foreign = _NOT_ENGLISH.format(language=language) if language else ""
    is_alone = previous is not None and named == question and begins_as_follow_up(question)
    notices = (ON_ITS_OWN if is_alone else "", notice, error, foreign)
    return Answer(
        written,
        tuple(readings),
        answerable,
        1000 * (perf_counter() - begun),
        " ".join(filter(None, notices)),
        missing,
        follows=previous.question if previous is not None and named != question else "",
    )


def _from_previous(
    question: str, version: GraphVersion, graph: LiveGraph, previous: Previous
) -> Reading | None:
    """The reading before as a follow-up changes it, with its answers; None where it is one of its own.

    Raises StoreError, EncoderError.
    """
    linked = link_question(question, version, graph)
    query = followed(linked, question, previous.query)
    if query is None:
        return None
    reading = Reading(query, query_text(query), previous.probability, ())
    told = Telling(question, linked, Likenesses(encode_labels)).told([reading])[0]
    try:
        return run(replace(told, probability=previous.probability, unused=()), version, graph)
    except QueryError:
        return None


def _from_confirmed(
    question: str, version: GraphVersion, graph: LiveGraph, confirmed: Sequence[Confirmed]
) -> tuple[Reading, Confirmed] | None:
    """The reading that people confirmed for a question, with its answers now; None where it works no more.

    Raises StoreError, EncoderError.
    """
    known = answered_before(question, confirmed, SparqlConstants(version, graph)) if confirmed else None
    if known is None:
        return None
    reading = Reading(Query(), known.query, 1.0, (), words=known.words, confirmed=True)
    try:
        found = run_text(reading.text, version, graph)
    except QueryError:
        return None
    if isinstance(found, bool):
        return replace(reading, holds=found), known
    return replace(reading, solutions=found), known


def run_text(text: str, version: GraphVersion, graph: LiveGraph) -> Solutions | bool:
    """The solutions of a SELECT, or the answer to an ASK, in a process that can be ended.

    An endpoint has a limit of its own. Raises QueryError, StoreError.
    """
    if version.graph.source_kind != Graph.SourceKind.ENDPOINT:
        return run_limited(version, text, MAX_ROWS)
    try:
        return graph.store.select(text, limit=MAX_ROWS)
    except QueryError:
        return graph.store.ask(text)


def _read(question: str, reader: QuestionReader, telling: Telling) -> tuple[list[Reading], float, str]:
    """The readings of a question, how likely the best is to be at least, and a notice.

    What is put together of simpler questions comes first; unless that is likely enough, the question as a
    whole is read too, and has what likelihood is left. Raises StoreError, EncoderError.
    """
    composed = compose(question, reader)
    put_together = telling.told(list(map(_composed, composed)))
    share = min(1.0, sum(each.probability for each in composed))
    if share > _ENOUGH:
        return put_together, _POSSIBLE, composed[0].notice
    if not composed and (empty := without_answers(question, reader)):
        return telling.told(list(map(_reading, empty))), UNLIKELY, empty[0].notice
    (read, _), parses = reader.linked(question), reader.parses(question)
    whole = [
        replace(each, probability=each.probability * (1 - share))
        for each in telling.told(list(map(_reading, reader.read(question))))
    ]
    readings = sorted([*put_together, *whole], key=_by_probability)
    least = UNLIKELY if parses.answerable else LIKELY
    is_composed = bool(readings) and readings[0] in put_together
    return readings, _POSSIBLE if is_composed else least, f"{read.notice} {parses.notice}".strip()


def _reading(part: Part) -> Reading:
    return Reading(
        part.query, query_text(part.query), part.probability, part.derivation, share=part.probability
    )


def _composed(part: Part) -> Reading:
    """A reading whose probability follows from those of its parts."""
    return replace(_reading(part), composed=True)


def _with_ties(reading: Reading, telling: Telling, version: GraphVersion, graph: LiveGraph) -> Reading:
    """A reading for the first of an order, with all that share its place where others do.

    Raises StoreError, EncoderError.
    """
    part = with_ties(Part(reading.query, reading.probability, reading.derivation))
    if part is None:
        return reading
    (told,) = telling.told([_composed(part)])
    with suppress(QueryError):
        tied = run(told, version, graph)
        if tied.solutions and len(tied.solutions.rows) > 1:
            return replace(tied, unused=reading.unused)
    return reading


def _tried(
    readings: Sequence[Reading], telling: Telling, version: GraphVersion, graph: LiveGraph
) -> tuple[list[Reading], str]:
    """Readings, the likeliest first, of which so many ran that what the first found may be the answer.

    And what is to be said of one that did not run. Raises StoreError, EncoderError.
    """
    ranked = sorted(readings, key=_by_probability)
    for _ in range(_MAX_TRIED):
        if not ranked or ranked[0].ran:
            break
        try:
            ranked[0] = telling.judged(run(ranked[0], version, graph))
        except QueryError as error:
            return ranked, str(error)
        ranked.sort(key=_by_probability)
    return ranked, ""


def _by_probability(reading: Reading) -> float:
    return -reading.probability


def _with_choices(readings: Sequence[Reading], version: GraphVersion, graph: LiveGraph) -> list[Reading]:
    """Readings of which those ran that may be offered. Raises StoreError."""
    tried = list(readings)
    for number, reading in enumerate(tried[: MAX_CHOICES + 1]):
        if not reading.ran and (graph.store.is_elsewhere or graph.runs_soon(reading.query)):
            with suppress(QueryError):
                tried[number] = run(reading, version, graph)
    return tried


def _choices(readings: Sequence[Reading]) -> tuple[int, ...]:
    """The numbers of the first readings that find and say different things."""
    numbers: list[int] = []
    seen: set[object] = set()
    for number, reading in enumerate(readings):
        likely = not numbers or reading.probability >= _MIN_CHOICE * readings[0].probability
        marks = {reading.words or reading.text, reading.found if reading.ran else None} - {None}
        if likely and not marks & seen:
            numbers.append(number)
        seen |= marks
    return tuple(numbers[:MAX_CHOICES])


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
