"""Names of tables and columns as a dialect writes them: in quotation marks where they must be."""

import re
from functools import lru_cache

import sqlglot
from sqlalchemy.dialects.mysql.reserved_words import RESERVED_WORDS_MARIADB, RESERVED_WORDS_MYSQL
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS as RESERVED_WORDS_POSTGRESQL
from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer
from sqlglot import Dialect, exp
from sqlglot.errors import SqlglotError

from kbqa.sql.schema import Table

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED = {
    "sqlite": frozenset(SQLiteIdentifierPreparer.reserved_words) | {"nothing"},
    "postgres": frozenset(RESERVED_WORDS_POSTGRESQL)
    | {"collation", "concurrently", "interval", "system_user"},
    "mysql": frozenset(RESERVED_WORDS_MARIADB)
    | frozenset(RESERVED_WORDS_MYSQL)
    | {"delete_domain_id", "master_demote_to_replica", "master_demote_to_slave", "portion", "sql_cache"},
}
"""The words that databases reserve, by SQLAlchemy's lists; what these lack stands beside them."""
_AS_COLUMN = "SELECT {0} FROM t WHERE {0} > 1 ORDER BY {0}"
_AS_TABLE = "SELECT {0}.{0} FROM {0} JOIN t ON {0}.{0} = t.{0}"


def written_name(text: str, dialect: str) -> str:
    """A table's or column's name as a dialect writes it, in quotation marks where it must.

    >>> written_name("user", "postgres"), written_name("name", "postgres"), written_name("rank", "mysql")
    ('"user"', 'name', '`rank`')
    """
    return exp.to_identifier(text, quoted=needs_quotes(text, dialect)).sql(dialect=dialect)


def written_table(table: Table, dialect: str) -> str:
    """A table as a statement of a dialect names it, with its schema where it needs that."""
    own = written_name(table.local_name, dialect)
    return f"{written_name(table.schema, dialect)}.{own}" if table.qualified else own


def needs_quotes(text: str, dialect: str) -> bool:
    """Whether an identifier must be quoted: for its letters, its capitals, or as a reserved word."""
    plain = text if dialect == "postgres" else text.lower()
    return not _PLAIN.fullmatch(plain) or _is_reserved(plain, dialect)


@lru_cache(maxsize=10_000)
def _is_reserved(word: str, dialect: str) -> bool:
    """Whether the database, or the parser that reads what is written, takes a word for something else."""
    return word in _reserved(dialect) or not _is_read_as_name(word, dialect)


def _reserved(dialect: str) -> frozenset[str]:
    if dialect in _RESERVED:
        return _RESERVED[dialect]
    keywords = Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS
    return frozenset(word.lower() for phrase in keywords for word in phrase.split())


def _is_read_as_name(word: str, dialect: str) -> bool:
    """Whether the parser takes a word without quotation marks for a column's and a table's name."""
    for form, kind, number in ((_AS_COLUMN, exp.Column, 3), (_AS_TABLE, exp.Table, 1)):
        sql = form.format(word)
        try:
            tree = sqlglot.parse_one(sql, dialect=dialect)
        except SqlglotError:
            return False
        named = [node for node in tree.find_all(kind) if node.name == word]
        if len(named) != number or tree.sql(dialect=dialect) != sql:
            return False
    return True
