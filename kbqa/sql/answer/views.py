"""Views that repeat tables: a query that reads from one counts for less than that from the tables."""

from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.query import Query, column_of
from kbqa.sql.schema import Schema

_OF_VIEW = 0.3
"""How much a query from a view counts beside one from the tables that it repeats."""


def weight(query: Query, linked: LinkedQuestion) -> float:
    """How much a query counts: less for each view, of those that nobody named, that repeats tables."""
    named = {table.key for table in linked.tables if table.features.exact}
    views = {name for part in query.queries() for name in part.tables()} - named
    return float(_OF_VIEW ** sum(_repeats_tables(query, view, linked.schema) for view in views))


def _repeats_tables(query: Query, name: str, schema: Schema) -> bool:
    """Whether this is a view, and tables have all columns of it that a query uses."""
    table = schema.table(name)
    if not table.view:
        return False
    operands = [operand for part in query.queries() for operand in part.operands() if operand.table == name]
    refs = [ref for operand in operands if (ref := column_of(operand)) is not None]
    return all(map(schema.repeats_tables, refs or table.refs()))
