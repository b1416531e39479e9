"""A question → SQL with its rows: focus, generation, checks, and a choice among candidates by what they
return.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from sqlalchemy import Engine

from kbqa.decoding.beam import Hypothesis, is_answerable
from kbqa.language_model import ChatServer, ServerError
from kbqa.linking.text_vectors import TextVectors
from kbqa.sql.answer.generator import Focus, LocalGenerator
from kbqa.sql.answer.language_model import Confirmed, generate
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.schema_linking import CellNames, link_question
from kbqa.sql.answer.unanswerable import missing_words
from kbqa.sql.grammar import SqlState
from kbqa.sql.rendering import NotConnectedError, render
from kbqa.sql.schema import ColumnRef, Schema
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked

_TRIAL, _SURE = Limits(seconds=2.0, rows=200), 0.5
"""How candidates are tried; how likely an answer has to be right for nothing to be said of what may be
missing.
"""


@dataclass(frozen=True)
class Source:
    """A database as questions see it."""

    schema: Schema
    cells: CellNames
    engine: Engine
    definitions: TextVectors | None = None


@dataclass(frozen=True)
class Answer:
    """What came of a question: readings that run, the best first; none that is_answerable where `answerable`
    is false.
    """

    question: str
    readings: tuple[Reading, ...]
    answerable: bool
    focus: Focus
    milliseconds: float
    notice: str = ""
    """What a person should know of how the answer came about."""
    missing: tuple[str, ...] = ()
    """Where there is no answer or it is not sure, what the question says that the database has no word for.
    """

    @property
    def best(self) -> Reading | None:
        """Return the reading that is taken."""
        return self.readings[0] if self.readings and self.answerable else None

    @property
    def lack(self) -> str:
        """Return what is missing in words; nothing where nothing is known to be."""
        return lack_of(self.missing)

    @property
    def refusal(self) -> str:
        """Return what a person is told where there is no answer."""
        return refusal_of(self.missing)


def lack_of(missing: Sequence[str]) -> str:
    """What is missing in words; nothing where nothing is known to be.

    >>> lack_of(["sails", "masts"])
    'nothing called “sails” or “masts”'
    """
    *others, last = (f"“{word}”" for word in missing or ("",))
    return f"nothing called {', '.join(others)}{' or ' if others else ''}{last}" if missing else ""


def refusal_of(missing: Sequence[str]) -> str:
    """What a person is told where there is no answer."""
    lack = lack_of(missing)
    return f"This database does not seem to hold the answer{f': it has {lack}' if lack else ''}."


def ask(
    question: str,
    source: Source,
    generator: LocalGenerator,
    *,
    server: ChatServer | None = None,
    examples: Sequence[Confirmed] = (),
    columns: Sequence[ColumnRef] = (),
    limits: Limits | None = None,
) -> Answer:
    """Answer a question from a database; with a server, it writes the SQL over the schema that the network
    focused. Raises EncoderError.

    With `columns`, these are the focus, and the keys that connect them. Candidates are tried with small
    limits; the best then has those given.
    """
    begun = perf_counter()
    whole = link_question(question, source.schema, source.cells)
    session, world = generator.read(question, whole, columns, source.definitions)
    focus = generator.focus(session, world, given=columns)
    notice = ""
    if server is not None:
        try:
            served = _from_server(question, source, focus, server, examples)
            if served is not None:
                return Answer(
                    question, (_whole(served, source, limits),), True, focus, 1000 * (perf_counter() - begun)
                )
            notice = "The language-model server wrote nothing that works; this is the local network's answer."
        except ServerError as error:
            notice = f"{error} This is the local network's answer."
    hypotheses = generator.decode(session, focus.world)
    readings = [reading for each in hypotheses if (reading := _reading(each, source)) is not None]
    ranked = generator.ranking.best_first([run(each, source, _TRIAL) for each in readings], whole)
    if ranked:
        ranked[0] = _whole(ranked[0], source, limits)
    answerable = is_answerable(hypotheses) and bool(ranked)
    missing = (
        ()
        if answerable and ranked[0].probability >= _SURE
        else missing_words(question, whole, generator.likeness)
    )
    return Answer(
        question, tuple(ranked), answerable, focus, 1000 * (perf_counter() - begun), notice, missing
    )


def _whole(reading: Reading, source: Source, limits: Limits | None) -> Reading:
    """Return a reading with all the rows that the limits let through, where it was tried with fewer."""
    if limits is None or reading.result is None or not reading.result.truncated:
        return reading
    again = run(reading, source, limits)
    return again if again.result is not None else reading


def _from_server(
    question: str, source: Source, focus: Focus, server: ChatServer, examples: Sequence[Confirmed]
) -> Reading | None:
    """Return the server's reading, corrected by what the check and the database say against it; None where it
    never works.
    """
    tried: dict[str, Reading] = {}

    def complain(sql: str) -> str:
        tried[sql] = run(Reading(sql, 1.0), source, _TRIAL)
        return tried[sql].error

    generated = generate(question, focus.world.schema, source.cells, examples, server, complain)
    reading = tried[generated.sql]
    return (
        None
        if reading.error
        else replace(reading, parts=generated.sub_questions, question_class=generated.question_class)
    )


def _reading(hypothesis: Hypothesis, source: Source) -> Reading | None:
    state = hypothesis.state
    if not isinstance(state, SqlState) or not state.answerable:
        return None
    try:
        tree = render(state.query, source.schema)
    except NotConnectedError:
        return None
    sql = tree.sql(dialect=source.schema.dialect)
    likelihood = float(np.exp(hypothesis.score))
    return Reading(sql, likelihood, likelihood, state.query, hypothesis.derivation)


def run(reading: Reading, source: Source, limits: Limits) -> Reading:
    """Return a reading with its rows, or with what was said against it."""
    try:
        tree = checked(reading.sql, source.schema)
        return replace(reading, result=execute(source.engine, tree, limits, dialect=source.schema.dialect))
    except (StatementError, ExecutionError) as error:
        return replace(reading, error=str(error))
