"""The scopes of a statement: what its SELECTs read from, and which columns of that may be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from kbqa.sql.schema import Table
from kbqa.sql.stores.table_names import folded, is_table


@dataclass(frozen=True)
class ColumnSource:
    """Something that columns are read from; `columns` without a name have None."""

    alias: exp.Identifier
    columns: tuple[str | None, ...]
    private: frozenset[str] = frozenset()
    """The names of columns that may not be read."""
    table: Table | None = None
    """What it is of the schema, where the statement gives it no other name."""
    by_name: dict[str, list[str]] = field(default_factory=dict)
    """Columns and private ones, by their names in small letters."""

    def __post_init__(self) -> None:
        for name in (*self.columns, *self.private):
            if name is not None:
                self.by_name.setdefault(name.lower(), []).append(name)

    def visible(self, name: exp.Identifier, folds: bool) -> str | None:
        """The column of a name, as it is spelled; None for none, and for a private one."""
        spelled = self._spelled(name, folds)
        return None if spelled in self.private else spelled

    def hides(self, name: exp.Identifier) -> bool:
        """Whether it has a private column of a name, whatever its capitals."""
        return any(spelled in self.private for spelled in self.by_name.get(name.name.lower(), ()))

    def _spelled(self, name: exp.Identifier, folds: bool) -> str | None:
        near = self.by_name.get(name.name.lower(), [])
        wanted = folded(name, folds)
        if wanted in near:
            return wanted
        return near[0] if len(near) == 1 else None


@dataclass
class Scope:
    """A SELECT's sources and what its own columns are called; `outer` is the SELECT around it."""

    outer: "Scope | None"
    sources: list[ColumnSource] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    """In small letters."""
    shared: set[str] = field(default_factory=set)
    """Names, in small letters, by which sources are joined."""
    is_natural: bool = False

    def around(self) -> Iterator["Scope"]:
        """This scope and those around it, from the inside."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def named(
        self, name: exp.Identifier, schema: exp.Identifier | None, folds: bool
    ) -> Sequence[ColumnSource]:
        """The sources of a name, which may have that of a schema before it."""
        if schema is not None:
            tables = [(source, source.table) for source in self.sources if source.table is not None]
            return [source for source, table in tables if is_table(table, name, schema, folds)]
        near = [source for source in self.sources if source.alias.name.lower() == name.name.lower()]
        exact = [source for source in near if source.alias.name == folded(name, folds)]
        return (exact or near)[:1] or [
            source
            for source in self.sources
            if source.table is not None and is_table(source.table, name, None, folds)
        ]

    def found(self, name: exp.Identifier, folds: bool) -> list[tuple[ColumnSource, str]]:
        """Sources that have a visible column of a name, and how they spell it; exactly so, where any does."""
        found = [
            (source, spelled)
            for source in self.sources
            if (spelled := source.visible(name, folds)) is not None
        ]
        exact = [entry for entry in found if entry[1] == folded(name, folds)]
        return exact or found

    def hides(self, name: exp.Identifier) -> bool:
        """Whether one of its sources has a private column of a name."""
        return any(source.hides(name) for source in self.sources)


def quoted(name: str) -> exp.Identifier:
    """A name in quotation marks."""
    return exp.to_identifier(name, quoted=True)


def source_of(alias: exp.Identifier, table: Table, *, renamed: bool) -> ColumnSource:
    """A table of the schema as a source, which the statement gives another name where it is `renamed`."""
    visible = tuple(column.name for column in table.columns if not column.excluded)
    private = frozenset(column.name for column in table.columns if column.excluded)
    return ColumnSource(alias, visible, private, None if renamed else table)
