"""The PostgreSQL of the tests as a database that people connect."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection
from sqlalchemy import Engine, create_engine, text

from kbqa.sql.stores.connections import parsed_url


def address_of(schema: str = "", role: str = "") -> str:
    """Return the address of the test's database, for a role and a schema of it."""
    settings = connection.settings_dict
    port = f"&port={settings['PORT']}" if settings["PORT"] else ""
    path = f"&options=-csearch_path%3D{schema}" if schema else ""
    return f"postgresql://{role or settings['USER']}@/{settings['NAME']}?host={settings['HOST']}{port}{path}"


@contextmanager
def schema_of(name: str, statements: Sequence[str] = ()) -> Iterator[tuple[Engine, str]]:
    """Make a schema by statements, for the block: an engine that may write to it, and its address."""
    address = address_of(name)
    writer = create_engine(parsed_url(address))
    with writer.begin() as connected:
        for statement in (f"CREATE SCHEMA {name}", *statements):
            connected.execute(text(statement))
    yield writer, address
    with writer.begin() as connected:
        connected.execute(text(f"DROP SCHEMA {name} CASCADE"))
    writer.dispose()
