"""The tables that names in a statement mean, with and without the name of a schema before them."""

from collections.abc import Iterator

from sqlglot import exp

from kbqa.sql.schema import Schema, Table
from kbqa.sql.stores.errors import StatementError


def table_of(name: exp.Identifier, before: exp.Identifier | None, schema: Schema, folds: bool) -> Table:
    """The table of a name, which may have that of its schema `before` it. Raises StatementError."""
    if before is not None and not any(table.schema for table in schema.tables):
        raise StatementError(f"Write {name.name} without the name of a schema before it.")
    near = [table for table in schema.tables_called(name.name) if is_table(table, name, before, folds)]
    exact = [table for table in near if is_table(table, name, before, folds, exactly=True)]
    if len(exact or near) == 1:
        return (exact or near)[0]
    if len({table.local_name for table in near}) == 1:
        ways = " or ".join(table.full_name for table in near)
        raise StatementError(f"There are several tables {name.name}; write {ways}.")
    written = name.name if before is None else f"{before.name}.{name.name}"
    raise StatementError(f"There is no table {written}. There are: {', '.join(_some(schema))}.")


def is_table(
    table: Table, name: exp.Identifier, schema: exp.Identifier | None, folds: bool, *, exactly: bool = False
) -> bool:
    """Whether a name, with that of a schema where there is one, means a table."""
    # In quotation marks its name as a whole is a name of it, too.
    is_whole = schema is None and name.name.lower() != table.local_name.lower()
    pairs = [(table.name if is_whole else table.local_name, name)]
    if schema is not None:
        pairs.append((table.schema, schema))
    if exactly:
        return all(spelled == folded(given, folds) for spelled, given in pairs)
    return all(spelled.lower() == given.name.lower() for spelled, given in pairs)


def folded(name: exp.Identifier, folds: bool) -> str:
    """A name as its dialect understands it."""
    return name.name.lower() if folds and not name.args.get("quoted") else name.name


def _some(schema: Schema) -> Iterator[str]:
    yield from (table.name for table in schema.tables[:12])
    if len(schema.tables) > 12:
        yield f"and {len(schema.tables) - 12} more"
