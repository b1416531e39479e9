"""The validator of statements: one that only reads, of tables that the schema has, may be run.

A statement is parsed, looked through, and written anew from its tree: what the engine gets is what was looked
at, whatever comments and encodings came with the text.
"""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.qualify import qualify

from kbqa.sql.schema import Schema, Table
from searchapp.errors import InvalidInput

MAX_CHARACTERS = 20_000
_MAX_NODES = 4_000
_REFUSED: tuple[type[exp.Expr], ...] = (
    exp.DML,
    exp.DDL,
    exp.Command,
    exp.Into,
    exp.Lock,
    exp.Pragma,
    exp.Set,
    exp.Use,
    exp.Attach,
    exp.Detach,
    exp.Copy,
    exp.LoadData,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Kill,
    exp.Merge,
    exp.Drop,
    exp.Alter,
    exp.TruncateTable,
    exp.Analyze,
    exp.SessionParameter,
    exp.Parameter,
    exp.Placeholder,
)
_FUNCTIONS = frozenset(
    {
        "total", "printf", "format", "julianday", "strftime", "unixepoch", "instr", "likely", "unlikely",
        "iif", "ifnull", "typeof", "sign", "char", "unicode", "ltrim", "rtrim", "to_char", "to_date",
        "to_number", "to_timestamp", "age", "date_part", "date_trunc", "btrim", "split_part", "left", "right",
        "initcap", "width_bucket", "trunc", "cbrt", "degrees", "radians", "pi", "isfinite", "justify_days",
        "make_date", "extract", "datediff", "date_format", "str_to_date", "period_diff", "makedate",
        "dayname", "monthname", "weekday", "timestampdiff", "truncate", "mod", "field", "find_in_set",
        "json_array_length", "bit_length", "char_length", "octet_length", "percent_rank", "cume_dist",
        "ntile", "date", "time", "datetime", "now", "curdate",
    }
)  # fmt: skip
"""Functions that the parser has no class for and that only compute."""


class StatementError(InvalidInput):
    """A statement is not run; the message says why, and what to change."""

    field = "sql"


def checked(sql: str, schema: Schema) -> exp.Query:
    """A statement's tree, if it only reads what the schema has. Raises StatementError."""
    tree = _parsed(sql, schema.dialect)
    for node in tree.walk():
        if isinstance(node, _REFUSED):
            raise StatementError(f"Only reading is allowed here; {type(node).__name__.upper()} is not.")
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) and node.name.lower() not in _FUNCTIONS:
            raise StatementError(f"The function {node.name} is not allowed here.")
        is_unnamed = isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier)
        if is_unnamed or isinstance(node, exp.Dot):
            raise StatementError("Read from tables of the schema, by their names.")
    _check_tables(tree, schema)
    return _qualified(tree, schema)


def _parsed(sql: str, dialect: str) -> exp.Query:
    if len(sql) > MAX_CHARACTERS:
        raise StatementError(
            f"A statement has at most {MAX_CHARACTERS:,} characters; this one has {len(sql):,}."
        )
    if "\0" in sql:
        raise StatementError("A statement has no null characters.")
    try:
        trees = [
            tree for tree in sqlglot.parse(sql, dialect=dialect) if not isinstance(tree, exp.Semicolon | None)
        ]
    except (SqlglotError, RecursionError) as error:
        raise StatementError(f"This is not SQL that can be read: {_first_line(error)}") from error
    if len(trees) != 1:
        raise StatementError(f"Write one statement; these are {len(trees)}.")
    tree = trees[0]
    if not isinstance(tree, exp.Query):
        raise StatementError("Only SELECT is allowed here.")
    if sum(1 for _ in tree.walk()) > _MAX_NODES:
        raise StatementError("The statement is too long.")
    return tree


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["too deeply nested"])[0][:200]


def _check_tables(tree: exp.Query, schema: Schema) -> None:
    """Refuse tables that the schema lacks. Raises StatementError."""
    defined_here = {expression.alias.lower() for expression in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.args.get("db") or table.args.get("catalog"):
            raise StatementError(f"Write {table.name} without the name of a schema before it.")
        if table.name.lower() in defined_here:
            continue
        try:
            schema.table(table.name)
        except KeyError:
            known = ", ".join(_some(schema))
            raise StatementError(f"There is no table {table.name}. There are: {known}.") from None


def _some(schema: Schema) -> Iterator[str]:
    yield from (table.name for table in schema.tables[:12])
    if len(schema.tables) > 12:
        yield f"and {len(schema.tables) - 12} more"


def _qualified(tree: exp.Query, schema: Schema) -> exp.Query:
    """Refuse columns that are not there or are excluded; where some are, let `*` stand for the others."""
    readable: dict[str, object] = {
        _quoted(table.name, schema): _readable_columns(table, schema) for table in schema.tables
    }
    named = tree.copy()
    for table in named.find_all(exp.Table):
        if not table.alias:  # left to itself, the parser's library would lose the capitals that count
            table.set("alias", exp.TableAlias(this=table.this.copy()))
    try:
        qualified = qualify(
            named,
            schema=readable,
            dialect=schema.dialect,
            quote_identifiers=True,
            validate_qualify_columns=True,
        )
    except (OptimizeError, RecursionError) as error:
        raise StatementError(
            f"A column is not there, or its values are kept private: {_first_line(error)}"
        ) from error
    hides = any(column.excluded for table in schema.tables for column in table.columns)
    return qualified if hides else tree  # type: ignore[return-value]


def _readable_columns(table: Table, schema: Schema) -> dict[str, str]:
    """The declared types of the columns of a table that are not excluded, by their quoted names."""
    columns = (column for column in table.columns if not column.excluded)
    return {_quoted(column.name, schema): column.declared or "TEXT" for column in columns}


def _quoted(name: str, schema: Schema) -> str:
    """A name so that its capitals count where they do in the dialect."""
    return exp.to_identifier(name, quoted=True).sql(dialect=schema.dialect)
