"""A question → SQL with its rows, stage by stage: link, encode, focus, parse, render and execute, rerank."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from kbqa.decoding.parse import Parses
from kbqa.language_model import ChatServer, ServerError
from kbqa.linking.calendar import current_calendar
from kbqa.linking.languages import foreign_language
from kbqa.questions.answers import refusal_of
from kbqa.questions.confirmed import Confirmed, answered_before
from kbqa.questions.following import ON_ITS_OWN, begins_as_follow_up
from kbqa.questions.phrases import lack_of
from kbqa.sql.answer.asked_units import weight_of_units
from kbqa.sql.answer.backwards import turned
from kbqa.sql.answer.confirmed import SqlConstants
from kbqa.sql.answer.directions import directed
from kbqa.sql.answer.encoding import encode_question, reread
from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.following import Previous, followed
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.glossary_linking import reworded, with_values
from kbqa.sql.answer.language_model import Demonstration, Prompted, generate
from kbqa.sql.answer.near_values import near_values
from kbqa.sql.answer.nothing_found import found_nothing, why_nothing
from kbqa.sql.answer.question_parts import read_parts
from kbqa.sql.answer.reading import Reading, rows_of
from kbqa.sql.answer.reranking import Asked
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.unanswerable import asks_for, lacking, missing_words, unused_words
from kbqa.sql.answer.views import weight
from kbqa.sql.answer.wording import in_words, sub_questions
from kbqa.sql.focus.schema_focus import Focus, focus_schema
from kbqa.sql.grammar import LinkedQuestion, SqlState
from kbqa.sql.joins import NotConnectedError
from kbqa.sql.query import Query
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import ColumnRef, Schema
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked

_NOT_ENGLISH = (
    "This question seems to be in {language}. Questions are understood in English: ask it in English."
)
_LOCAL_ANSWER = "this is the local network's answer."
_TRIAL, _COUNTING = Limits(seconds=2.0, rows=200), Limits(seconds=0.5, rows=1)
"""The limits of a trial, and of a count that tells why there is nothing."""
SURE = 0.74
"""The probability from which on an answer is shown without doubt.

Of the questions on the databases that are kept out of training, 90 % of the answers so likely are right,
and 88 % are with the standard error taken off: `sure_from` of `evaluate_sql` is the least such probability.
"""
UNLIKELY = 0.15
"""The probability of the best reading below which a question is taken for one without an answer.

Of the questions on the databases that are kept out of training, which all have one, 8 % are; three in four of
these were read wrongly.
"""
_BESIDE_PARTS = 0.05
"""How likely readings of a question as a whole are beside those of its parts, which they cannot say."""
_UNLIKELY_WITHOUT = 0.25
"""The same, for questions with words that the database has nothing for.

Of the same questions, 4 % more are refused so, 1 % that were read rightly; of fifty without an answer, a
quarter more. Where what is asked for is such a word, the reading has to be sure.
"""
MAX_CHOICES, _MIN_CHOICE = 3, 0.03
"""How many readings are offered where none is sure; how likely one is at least beside the likeliest."""


@dataclass(frozen=True)
class Answer:
    """The readings of a question that run, the best first; where not `answerable`, none is likely."""

    question: str
    readings: tuple[Reading, ...]
    answerable: bool
    focus: Focus
    milliseconds: float
    notice: str = ""
    """A remark for people on how the answer came about."""
    missing: tuple[str, ...] = ()
    """Of an answer that is missing or unsure, the words of the question that the database has nothing for."""
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

    @property
    def lack(self) -> str:
        """The missing words as a phrase; empty where none are known."""
        return lack_of(self.missing)

    @property
    def refusal(self) -> str:
        """The message where there is no answer."""
        return refusal_of("database", self.missing)


def ask(
    question: str,
    source: Source,
    generator: LocalGenerator,
    *,
    server: ChatServer | None = None,
    examples: Sequence[Demonstration] = (),
    columns: Sequence[ColumnRef] = (),
    confirmed: Sequence[Confirmed] = (),
    previous: Previous | None = None,
    limits: Limits | None = None,
) -> Answer:
    """Answer a question from a database: link, encode, focus, parse, render and execute, rerank.

    With a server, it reads what the network is not sure of, over the schema that the network focused. With
    `columns`, these are the focus, and the keys that connect them. A question that was `confirmed` has the
    answer of then; what changes what was asked in `previous` is read as that change. Candidates are tried
    with small limits; the best then has those given. Raises EncoderError.
    """
    begun = perf_counter()
    asked = reworded(question, source.glossary)
    whole = with_values(link_question(asked, source.asked, source.cells), asked, source.glossary)
    session, linked = encode_question(
        asked, whole, generator.model, columns, source.definitions, generator.cross_encoder
    )
    focus = focus_schema(session, linked, generator.cross_encoder, given=columns)
    follow_up = _from_previous(asked, whole, source, previous, limits) if previous and not columns else None
    if follow_up is not None and previous is not None:
        told = _told(follow_up, asked, whole, source, generator)
        took = 1000 * (perf_counter() - begun)
        return Answer(question, (replace(told, unused=()),), True, focus, took, follows=previous.question)
    before = _from_confirmed(question, source, confirmed, limits) if not columns else None
    if before is not None:
        reading, judged = before
        return Answer(question, (reading,), True, focus, 1000 * (perf_counter() - begun), confirmed=judged)
    parses = generator.parse(reread(session, focus), focus.linked)
    composed = list(read_parts(asked, whole, source, generator, columns))
    decided = [*composed, *_decided(parses, whole, beside=bool(composed))]
    rendered = _written(decided, whole, asked, source)
    tried = [_forwards(run(reading, source, _TRIAL), asked, source) for reading in rendered]
    known = Asked(whole, asked, focus.columns)
    ranked, notice = generator.best_first(tried, known), ""
    if server is not None and parses.answerable and not (ranked and ranked[0].probability >= SURE):
        prompted = _prompted(asked, source, focus, examples, ranked)
        second, notice = _from_server(prompted, source, server)
        ranked = generator.best_first([*tried, *second], known)
    if ranked:
        ranked[0] = _whole(ranked[0], source, limits)
    for number in _choices(ranked):
        ranked[number] = _told(ranked[number], asked, whole, source, generator)
    likely = ranked[0].probability if ranked and parses.answerable else 0.0
    language = foreign_language(question) if server is None else ""
    missing = () if likely >= SURE or language else missing_words(asked, whole, generator.likeness)
    answerable = likely >= _least_likely(asked, whole, missing)
    if previous is not None and begins_as_follow_up(question):
        notice = f"{notice} {ON_ITS_OWN}".strip()
    if language:
        notice = f"{notice} {_NOT_ENGLISH.format(language=language)}".strip()
    notice, took = f"{notice} {parses.notice}".strip(), 1000 * (perf_counter() - begun)
    return Answer(question, tuple(ranked), answerable, focus, took, notice, missing)


def _least_likely(question: str, linked: LinkedQuestion, missing: Sequence[str]) -> float:
    """The probability from which on the best reading is one: more where the database lacks words of it."""
    named = lacking(missing)
    if not named:
        return UNLIKELY
    return SURE if asks_for(question, linked, named) else _UNLIKELY_WITHOUT


def _from_previous(
    question: str, linked: LinkedQuestion, source: Source, previous: Previous, limits: Limits | None
) -> Reading | None:
    """The reading before as a follow-up changes it, with its rows; None where it is a question of its own."""
    query = followed(linked, question, previous.query)
    if query is None:
        return None
    try:
        written = finished(query, f"{previous.question} {question}", source.asked)
        sql = query_text(written, source.asked, headed=True)
    except (KeyError, NotConnectedError):
        return None
    words, parts = in_words(written, source.asked), tuple(sub_questions(written, source.asked))
    reading = Reading(sql, previous.probability, query=query, written=written, words=words, parts=parts)
    found = run(reading, source, limits or _TRIAL)
    return None if found.error else found


def _from_confirmed(
    question: str, source: Source, confirmed: Sequence[Confirmed], limits: Limits | None
) -> tuple[Reading, Confirmed] | None:
    """The reading that people confirmed for a question, with its rows now; None where none works any more."""

    def link(text: str) -> LinkedQuestion:
        return with_values(link_question(text, source.schema, source.cells), text, source.glossary)

    known = answered_before(question, confirmed, SqlConstants(link, source.schema.dialect))
    if known is None:
        return None
    reading = run(Reading(known.query, 1.0, words=known.words), source, limits or _TRIAL)
    return None if reading.error else (reading, known)


def _choices(readings: Sequence[Reading]) -> tuple[int, ...]:
    """The numbers of the first readings that find and say different things."""
    numbers: list[int] = []
    seen: set[object] = set()
    for number, reading in enumerate(readings):
        likely = not numbers or reading.probability >= _MIN_CHOICE * readings[0].probability
        marks = {reading.words or reading.sql, rows_of(reading) if reading.result else None}
        if likely and not marks & seen:
            numbers.append(number)
        seen |= marks
    return tuple(numbers[:MAX_CHOICES])


def _told(
    reading: Reading, question: str, linked: LinkedQuestion, source: Source, generator: LocalGenerator
) -> Reading:
    """A reading with what it leaves out of the question, and why it found nothing, if it did."""
    if reading.query is None or reading.written is None:
        return reading

    def count(query: Query) -> int | None:
        counted = run(Reading(query_text(query, source.asked), 1.0), source, _COUNTING)
        return counted.result.rows[0][0] if counted.result is not None else None

    def near(column: ColumnRef, text: str) -> Sequence[str]:
        return near_values(source.cells, column, text)

    why = why_nothing(reading.written, source.asked, count, near) if found_nothing(reading) else ""
    return replace(
        reading, unused=unused_words(question, reading.written, linked, generator.likeness), why=why
    )


def _whole(reading: Reading, source: Source, limits: Limits | None) -> Reading:
    """A reading with all the rows that the limits let through, where it was tried with fewer."""
    if limits is None or reading.result is None or not reading.result.truncated:
        return reading
    again = run(reading, source, limits)
    return again if again.result is not None else reading


def _prompted(
    question: str,
    source: Source,
    focus: Focus,
    examples: Sequence[Demonstration],
    readings: Sequence[Reading],
) -> Prompted:
    """What a server is told of a question."""
    linked = replace(focus.linked, schema=_stored(focus.linked.schema))
    parts = readings[0].parts if readings else ()
    return Prompted(question, linked, source.cells, current_calendar().today, examples, parts)


def _from_server(asked: Prompted, source: Source, server: ChatServer) -> tuple[list[Reading], str]:
    """The server's reading, corrected by what the check and the database say against it.

    None where none of what it writes works; and what a person should know of that.
    """
    tried: dict[str, Reading] = {}

    def complain(sql: str) -> str:
        tried[sql] = run(Reading(sql, 0.0, likelihood=0.0, second=True), source, _TRIAL)
        return tried[sql].error

    try:
        reading = tried[generate(asked, server, complain)]
    except ServerError as error:
        return [], f"{error} {_LOCAL_ANSWER.capitalize()}"
    if reading.error:
        return [], f"The language-model server wrote nothing that works; {_LOCAL_ANSWER}"
    return [reading], ""


def _stored(schema: Schema) -> Schema:
    """A schema without metrics, which a server would take for columns of the database."""
    return schema.part(
        (ref for ref in schema.refs() if schema.column(ref).formula is None),
        (table.name for table in schema.tables),
    )


def _decided(parses: Parses[SqlState], linked: LinkedQuestion, *, beside: bool) -> Iterator[Reading]:
    """The parses that have an answer, less likely `beside` readings of the question's parts."""
    for hypothesis in parses.hypotheses:
        if hypothesis.state.answerable:
            query = hypothesis.state.query
            likelihood = float(np.exp(hypothesis.score)) * weight(query, linked)
            likelihood *= weight_of_units(query, linked.question, linked.schema)
            likelihood *= _BESIDE_PARTS if beside else 1
            yield Reading("", likelihood, likelihood, query, hypothesis.derivation)


def _written(
    readings: Iterable[Reading], linked: LinkedQuestion, question: str, source: Source
) -> Iterator[Reading]:
    """Readings as SQL and in words; those whose tables no key connects are left out."""
    for reading in readings:
        assert reading.query is not None
        try:
            written = finished(directed(reading.query, question, linked), question, source.asked)
            sql = query_text(written, source.asked, headed=True)
        except NotConnectedError:
            continue
        parts = reading.parts or tuple(sub_questions(written, source.asked))
        yield replace(reading, sql=sql, written=written, words=in_words(written, source.asked), parts=parts)


def _forwards(reading: Reading, question: str, source: Source) -> Reading:
    """A reading whose durations are not counted backwards, with its rows."""
    query = turned(reading, question, source.asked)
    if query is None:
        return reading
    sql, words = query_text(query, source.asked, headed=True), in_words(query, source.asked)
    again = run(replace(reading, sql=sql, written=query, words=words), source, _TRIAL)
    return reading if again.error else again


def run(reading: Reading, source: Source, limits: Limits) -> Reading:
    """A reading with its rows, or with what was said against it."""
    try:
        tree = checked(reading.sql, source.schema)
        return replace(reading, result=execute(source.engine, tree, limits, dialect=source.schema.dialect))
    except (StatementError, ExecutionError) as error:
        return replace(reading, error=str(error))
