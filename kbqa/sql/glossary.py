"""The glossary of a database: what people call its values, columns and tables, and what they calculate.

Entries name what a schema has; those that it does not have any more, or keeps private, count for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kbqa.sql.models import GlossaryEntry
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Formula, Schema, Table


@dataclass(frozen=True)
class NamedValue:
    """A word for a value of a column."""

    word: str
    ref: ColumnRef
    value: str


@dataclass(frozen=True)
class NamedPlace:
    """A word for a table or, where it has one, a column."""

    word: str
    table: str
    column: str = ""


@dataclass(frozen=True)
class Metric:
    """A word for a calculation over rows of a table."""

    word: str
    table: str
    formula: Formula


@dataclass(frozen=True)
class Glossary:
    """What people call what is in a database."""

    values: tuple[NamedValue, ...] = ()
    places: tuple[NamedPlace, ...] = ()
    metrics: tuple[Metric, ...] = ()

    def computed(self, schema: Schema) -> Schema:
        """A schema in which metrics are columns of their tables."""
        if not self.metrics:
            return schema
        return replace(schema, tables=tuple(map(self._computed, schema.tables)))

    def _computed(self, table: Table) -> Table:
        columns = tuple(
            Column(metric.word, ColumnType.NUMBER, formula=metric.formula)
            for metric in self.metrics
            if metric.table == table.name
        )
        return replace(table, columns=(*table.columns, *columns))


def current(entries: Iterable[GlossaryEntry], schema: Schema) -> list[GlossaryEntry]:
    """The entries that name what a schema has and shows."""
    return [entry for entry in entries if _is_there(entry, schema)]


def glossary_of(entries: Iterable[GlossaryEntry], schema: Schema) -> Glossary:
    """The glossary of entries, as far as a schema has and shows what they name."""
    kinds = GlossaryEntry.Kind
    there = current(entries, schema)
    return Glossary(
        tuple(
            NamedValue(entry.word, ColumnRef(schema.table(entry.table).name, entry.column), entry.meaning)
            for entry in there
            if entry.kind == kinds.VALUE
        ),
        tuple(
            NamedPlace(entry.word, schema.table(entry.table).name, entry.column)
            for entry in there
            if entry.kind in (kinds.COLUMN, kinds.TABLE)
        ),
        tuple(
            Metric(entry.word, schema.table(entry.table).name, _here(formula, schema))
            for entry in there
            if entry.kind == kinds.METRIC and (formula := entry.formula) is not None
        ),
    )


def _here(formula: Formula, schema: Schema) -> Formula:
    """A calculation whose tables are called as in a schema."""
    return replace(formula, tables=tuple(schema.table(name).name for name in formula.tables))


def _is_exact(name: str, table: Table) -> bool:
    return name in (table.name, table.full_name, table.local_name)


def _is_there(entry: GlossaryEntry, schema: Schema) -> bool:
    formula = entry.formula
    refs = [ColumnRef(*ref) for ref in (entry.refs or [])]
    tables = {entry.table, *(formula.tables if formula else ())}
    try:
        return all(_is_exact(name, schema.table(name)) for name in tables) and not any(
            schema.column(ref).excluded for ref in refs
        )
    except KeyError:
        return False
