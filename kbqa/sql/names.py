"""The names of a database that questions look up: its cells' values, and its columns' definitions.

Both lie in PostgreSQL: values in the value index, definitions as vectors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kbqa.linking.names import Names
from kbqa.linking.text_vectors import TextVectors
from kbqa.sql.models import Definition
from kbqa.sql.schema import ColumnRef, Table, readable

MAX_DESCRIPTION_LENGTH = 200
"""The most characters of a description that are read."""
_SEPARATOR = "\t"


@dataclass(frozen=True)
class CellNames:
    """The value index of a database's cells, and the values of coded columns, which have only few."""

    names: Names | None = None
    codes: Mapping[ColumnRef, tuple[str, ...]] | None = None


def column_key(ref: ColumnRef) -> str:
    """A column as one text: the key of its values in the value index."""
    return f"{ref.table}{_SEPARATOR}{ref.column}"


def cell_names(database: int, load: int, private: Iterable[ColumnRef] = ()) -> Names:
    """The value index of one scan of a database, without the values of columns that are private by now."""
    hidden = tuple(map(column_key, private))
    return Names("kbqa_cell", "kbqa_cellword", "database_id", database, load, hidden)


def definitions_of(database: int) -> TextVectors:
    """The vectors of the definitions of a database's columns."""
    return TextVectors(Definition, {"database_id": database})


def definition_text(table: str, column: str, about: Sequence[str] = ()) -> str:
    """A column's definition: the words of its table and of itself, and what is written about it.

    >>> definition_text("city", "country code", ["ISO 3166"]), definition_text("city", "name")
    ('city: country code. ISO 3166', 'city: name')
    """
    return f"{table}: {column}{'. ' + about[0] if about else ''}"


def definition_texts(tables: Iterable[Table]) -> list[str]:
    """Definitions of all columns of some tables, in the tables' order."""
    return [
        definition_text(readable(table.name), readable(column.name), about_text(column.description))
        for table in tables
        for column in table.columns
    ]


def about_text(description: str) -> list[str]:
    """A description as far as it is read, as a list of one text; of none where nothing is written."""
    return [description[:MAX_DESCRIPTION_LENGTH]] if description else []
