"""Questions that a database's page suggests: made from its schema, and kept only if they are answered as they
should be.
"""

import random
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from kbqa.sql.answer.pipeline import ask
from kbqa.sql.answer.reading import rows_of
from kbqa.sql.answer.registry import configured_generator
from kbqa.sql.ingest.scan import LIFECYCLE
from kbqa.sql.query import Aggregate, AllOf, DatePart, Item, Order, Part, Query, Term
from kbqa.sql.rendering import render
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Table, readable
from kbqa.sql.stores.connections import ConnectError
from kbqa.sql.stores.databases import Source, source_of
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked
from searchapp.encoders import EncoderError
from searchapp.jobs.context import JobContext

NUMBER, _TRIED, _MAX_LENGTH = 6, 30, 80
_LIMITS = Limits(seconds=2.0, rows=200)


def suggest_questions(context: JobContext) -> None:
    """Stage three of a scan: find questions that work.

    A database for which there are none is served all the same.
    """
    database = LIFECYCLE.source_of(context)
    scan = LIFECYCLE.current(database)
    found: list[str] = []
    try:
        for question in working_questions(source_of(database, scan), seed=scan.number):
            found.append(question)
            context.progress(len(found), NUMBER, "Trying questions")
            if len(found) == NUMBER:
                break
    except (ConnectError, EncoderError, SQLAlchemyError):
        pass
    scan.examples = found
    scan.save(update_fields=["examples"])


def working_questions(source: Source, seed: int) -> Iterator[str]:
    """Yield questions about a schema that are answered as its rows say. Raises EncoderError."""
    made = [
        (question, query) for table in source.schema.tables if table.rows for question, query in _made(table)
    ]
    random.Random(seed).shuffle(made)
    for question, query in made[:_TRIED]:
        if len(question) <= _MAX_LENGTH and _works(question, query, source):
            yield question


def _made(table: Table) -> Iterator[tuple[str, Query]]:
    """Yield questions about one table with what they mean: how many, for each, the most, the mean."""
    name = readable(table.name)
    many = name if name.endswith("s") else f"{name}s"
    rows = Item(Term(AllOf(table.name), Aggregate.COUNT))
    yield f"How many {many} are there?", Query((rows,))
    called = next(
        (
            column
            for column in table.columns
            if column.type == ColumnType.TEXT and not column.excluded and "name" in column.name.lower()
        ),
        None,
    )
    for column in table.columns:
        if column.excluded or column.primary or readable(column.name).endswith("id"):
            continue
        ref, said = ColumnRef(table.name, column.name), readable(column.name)
        if column.type == ColumnType.TEXT and not column.as_text and column is not called:
            yield f"How many {many} are there for each {said}?", Query((Item(Term(ref)), rows), group=(ref,))
        if column.type == ColumnType.DATE:
            year = DatePart(ref, Part.YEAR)
            yield (
                f"How many {many} are there for each year of {said}?",
                Query((Item(Term(year)), rows), group=(year,)),
            )
        if column.type == ColumnType.NUMBER:
            yield f"What is the average {said} of all {many}?", Query((Item(Term(ref, Aggregate.AVG)),))
            if called is not None:
                yield _most(table, called, ref, f"What is the name of the {name} with the highest {said}?")


def _most(table: Table, called: Column, ref: ColumnRef, question: str) -> tuple[str, Query]:
    return question, Query(
        (Item(Term(ColumnRef(table.name, called.name))),),
        order=(Order(Item(Term(ref)), descending=True),),
        limit=1,
    )


def _works(question: str, query: Query, source: Source) -> bool:
    answer = ask(question, source, configured_generator())
    if answer.best is None or answer.best.result is None:
        return False
    try:
        tree = checked(render(query, source.schema).sql(dialect=source.schema.dialect), source.schema)
        wanted = execute(source.engine, tree, _LIMITS, dialect=source.schema.dialect)
    except (StatementError, ExecutionError):
        return False
    return bool(wanted.rows) and rows_of(answer.best) == tuple(sorted(map(repr, wanted.rows)))
