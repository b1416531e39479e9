"""Services of a database's glossary: define a word, forget it, and list what may be shown."""

from kbqa.sql.formulas import FormulaError, read_formula
from kbqa.sql.glossary import current
from kbqa.sql.identifiers import written_table
from kbqa.sql.models import Database, GlossaryEntry
from kbqa.sql.schema import ColumnRef, Schema, Table
from kbqa.sql.stores.databases import Source, served
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked
from searchapp.errors import InvalidInput

_MAX_ENTRIES = 1_000
_TRIAL = Limits(seconds=2.0, rows=1)


def entries_of(database: Database) -> list[GlossaryEntry]:
    """The entries that name what is still there and not private. Raises NotReady, ConnectError."""
    return current(database.glossary.all(), served(database).schema)


def define(
    database: Database, *, word: str, kind: str, table: str, column: str = "", meaning: str = ""
) -> GlossaryEntry:
    """Keep what people call something in a database; the next question knows.

    The word replaces what it meant there before. Raises InvalidInput with the field that is wrong.
    """
    source = served(database)
    word, meaning = " ".join(word.split()), meaning.strip()
    if not any(letter.isalnum() for letter in word):
        raise InvalidInput("Write the word that people use.", field="word")
    if database.glossary.count() >= _MAX_ENTRIES:
        raise InvalidInput(f"A glossary has at most {_MAX_ENTRIES:,} words.", field="word")
    place = _table(table, source.schema)
    entry = GlossaryEntry(word=word[:100], kind=kind, table=place.lasting_name, meaning=meaning)
    if kind == GlossaryEntry.Kind.METRIC:
        _calculate(entry, place, source)
    elif kind != GlossaryEntry.Kind.TABLE:
        _point(entry, place, column)
    fields = ("meaning", "refs", "sql", "aggregate")
    kept, _ = GlossaryEntry.objects.update_or_create(
        database=database,
        word=entry.word,
        kind=kind,
        table=entry.table,
        column=entry.column,
        defaults={name: getattr(entry, name) for name in fields},
    )
    return kept


def forget(database: Database, key: int) -> None:
    """Remove an entry, if it is there."""
    database.glossary.filter(pk=key).delete()


def forget_private(database: Database) -> None:
    """Remove the entries about columns that are private: they may hold values of these."""
    schema = served(database).schema
    for entry in database.glossary.all():
        if any(_is_private(ColumnRef(*ref), schema) for ref in entry.refs):
            entry.delete()


def _is_private(ref: ColumnRef, schema: Schema) -> bool:
    """Whether a column is private in any table that may be meant."""
    return any(
        column.excluded and column.name == ref.column
        for table in schema.tables_called(ref.table)
        for column in table.columns
    )


def _table(name: str, schema: Schema) -> Table:
    try:
        return schema.table(name.strip())
    except KeyError:
        raise InvalidInput(f"There is no table {name}.", field="table") from None


def _point(entry: GlossaryEntry, table: Table, column: str) -> None:
    """Complete the entry of a column or of a value in one."""
    try:
        there = table.column(column.strip())
    except KeyError:
        raise InvalidInput(f"There is no column {column} in {table.name}.", field="column") from None
    if there.excluded:
        raise InvalidInput(f"The values of {table.name}.{there.name} are private.", field="column")
    if entry.kind == GlossaryEntry.Kind.VALUE and not entry.meaning:
        raise InvalidInput("Write the value as it stands in the column.", field="meaning")
    entry.column, entry.refs = there.name, [(table.lasting_name, there.name)]


def _calculate(entry: GlossaryEntry, table: Table, source: Source) -> None:
    """Complete the entry of a calculation: it is checked and tried as every statement is."""
    schema = source.schema
    if any(column.name.lower() == entry.word.lower() for column in table.columns):
        raise InvalidInput(f"{table.name} has a column of this name.", field="word")
    read = read_formula(entry.meaning, table.name, schema)
    tables = ", ".join(written_table(schema.table(name), schema.dialect) for name in read.formula.tables)
    try:
        statement = checked(f"SELECT {read.formula.sql} FROM {tables} LIMIT 1", schema)
        execute(source.engine, statement, _TRIAL, dialect=schema.dialect)
    except (StatementError, ExecutionError) as error:
        raise FormulaError(error.message) from error
    if not all(schema.connected(table.name, name) for name in read.formula.tables):
        raise FormulaError("No key connects the tables of this calculation.")
    entry.refs = [(ref.table, ref.column) for ref in read.refs]
    entry.sql, entry.aggregate = read.formula.sql, read.formula.aggregate
