"""Questions that a database's page suggests: made from its schema, kept only if they are answered rightly."""

import random
from collections.abc import Callable, Iterator
from time import monotonic

from kbqa.sql.answer.pipeline import ask
from kbqa.sql.answer.reading import rows_of
from kbqa.sql.answer.registry import configured_generator
from kbqa.sql.headings import plural
from kbqa.sql.ingest.scan import LIFECYCLE
from kbqa.sql.query import Aggregate, AllOf, DatePart, Item, Order, Part, Query, Term
from kbqa.sql.rendering import render
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Table, readable
from kbqa.sql.stores.databases import Source, source_of
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked
from searchapp.encoders import EncoderError
from searchapp.errors import Unavailable
from searchapp.jobs.context import JobContext

NUMBER, _TRIED, _MAX_LENGTH = 6, 30, 80
_LIMITS = Limits(seconds=2.0, rows=200)
_SECONDS = 20
"""How long all questions together are tried."""


def suggest_questions(context: JobContext) -> None:
    """What a scan does last, once it is served: find questions that work.

    A database for which there are none is served all the same.
    """
    database = LIFECYCLE.source_of(context)
    scan = database.serving
    if scan is None:  # others may see it now, and it is scanned anew
        return
    questions: list[str] = []
    ends = monotonic() + _SECONDS

    def may_go_on() -> bool:
        context.check_cancelled()
        return monotonic() < ends

    try:
        for question in working_questions(source_of(database, scan), scan.number, may_go_on):
            questions.append(question)
            context.progress(len(questions), NUMBER, "Trying questions")
            if len(questions) == NUMBER:
                break
    except (Unavailable, EncoderError):
        pass
    scan.examples = questions
    scan.save(update_fields=["examples"])


def working_questions(
    source: Source, seed: int, may_go_on: Callable[[], bool] = lambda: True
) -> Iterator[str]:
    """Questions about a schema that are answered as its rows say. Raises EncoderError."""
    tables = [table for table in source.schema.tables if table.rows]
    made = [example for table in tables for example in _made(table)]
    random.Random(seed).shuffle(made)
    for question, query in made[:_TRIED]:
        if not may_go_on():
            return
        if len(question) <= _MAX_LENGTH and _works(question, query, source):
            yield question


def _made(table: Table) -> Iterator[tuple[str, Query]]:
    """Questions about one table with what they mean: how many, for each, the most, the mean."""
    rows = Item(Term(AllOf(table.name), Aggregate.COUNT))
    yield f"How many {plural(table.name)} are there?", Query((rows,))
    naming = next(filter(_is_naming, table.columns), None)
    for column in table.columns:
        if column.excluded or column.primary or readable(column.name).endswith("id"):
            continue
        yield from _groups(table, column, rows, naming)
        if column.type == ColumnType.NUMBER:
            yield from _numbers(table, column, naming)


def _is_naming(column: Column) -> bool:
    """Whether a column has the names of a table's rows."""
    return column.type == ColumnType.TEXT and not column.excluded and "name" in column.name.lower()


def _groups(table: Table, column: Column, rows: Item, naming: Column | None) -> Iterator[tuple[str, Query]]:
    """The number of rows for each value of a column of texts, or for each year of one of dates."""
    ref, said, many = ColumnRef(table.name, column.name), readable(column.name), plural(table.name)
    if column.type == ColumnType.TEXT and not column.as_text and column is not naming:
        yield f"How many {many} are there for each {said}?", Query((Item(Term(ref)), rows), group=(ref,))
    if column.type == ColumnType.DATE:
        year = DatePart(ref, Part.YEAR)
        query = Query((Item(Term(year)), rows), group=(year,))
        yield f"How many {many} are there for each year of {said}?", query


def _numbers(table: Table, column: Column, naming: Column | None) -> Iterator[tuple[str, Query]]:
    """The mean of a column of numbers, and the row with the most."""
    ref, said, name = ColumnRef(table.name, column.name), readable(column.name), readable(table.name)
    mean = Query((Item(Term(ref, Aggregate.AVG)),))
    yield f"What is the average {said} of all {plural(table.name)}?", mean
    if naming is not None:
        yield _most(table, naming, ref, f"What is the name of the {name} with the highest {said}?")


def _most(table: Table, naming: Column, ref: ColumnRef, question: str) -> tuple[str, Query]:
    return question, Query(
        (Item(Term(ColumnRef(table.name, naming.name))),),
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
