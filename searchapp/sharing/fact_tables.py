"""What one engine knows and another can ask as tables of a database, by a list: neither knows the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FactTable:
    """A table: its CREATE statement in SQLite's words, and its rows as they are now."""

    name: str
    statement: str
    rows: Callable[[], Iterable[tuple[Any, ...]]]


_tables: dict[str, FactTable] = {}


def register_fact_table(table: FactTable) -> None:
    """Declare a table; called once, from an application's `ready()`.

    What a table refers to is declared before it.
    """
    _tables[table.name] = table


def fact_tables() -> list[FactTable]:
    """The declared tables, in their order."""
    return list(_tables.values())
