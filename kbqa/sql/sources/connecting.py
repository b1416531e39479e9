"""A database server before it is kept: its address checked, tried, and its schemas chosen."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kbqa.sql.models import Database
from kbqa.sql.stores.connections import ConnectError, parsed_url
from kbqa.sql.stores.probe import SECONDS, ServerSchema, looked_up, tried
from searchapp.errors import InvalidInput

_NAMED = 8


@dataclass(frozen=True)
class Trial:
    """How a server is tried before it is kept: whether it is connected to, and who is told what it has.

    An address that was given `by_parts` has errors at its parts, another one as a whole.
    """

    connects: bool = True
    by_parts: bool = False
    listed: Callable[[Sequence[ServerSchema]], None] = lambda _: None


UNTRIED = Trial(connects=False)


def check_server(database: Database, trial: Trial) -> None:
    """Check a server's address, try it, and take the password out of what is shown.

    A schema is chosen where the user sees no tables without, and there is just one. Raises InvalidInput with
    the field that is wrong, and BusyError where it could not be tried in time.
    """
    ends = time.monotonic() + SECONDS
    try:
        parsed = parsed_url(database.url)
        port = f":{parsed.port}" if parsed.port else ""
        database.location = f"{parsed.get_backend_name()}://{parsed.host or ''}{port}/{parsed.database or ''}"
        address = looked_up(database.url)
        found = tried(address, ends) if trial.connects else ()
    except (ConnectError, InvalidInput) as error:
        field = error.field if trial.by_parts else ""
        raise InvalidInput(error.message, field=field or "url") from error
    if found:
        trial.listed(found)
        _choose(database, found)


def with_tables(schemas: Sequence[ServerSchema]) -> list[ServerSchema]:
    """The schemas that have tables to read."""
    return [schema for schema in schemas if schema.readable]


def _choose(database: Database, found: Sequence[ServerSchema]) -> None:
    """Check the chosen schemas; without any, what the user sees must be something."""
    there = with_tables(found)
    known = {schema.name for schema in found}
    unknown = [name for name in database.schemas if name not in known]
    if unknown:
        raise InvalidInput(
            f"There is no schema {unknown[0]} that the user may use. {_list(there)}", field="schemas"
        )
    if database.schemas or any(schema.visible for schema in there):
        return
    if not there:
        raise InvalidInput("The database has no tables that the user may read.", field="database")
    if len(there) > 1:
        raise InvalidInput(f"Choose the schemas that are to be read. {_list(there)}", field="schemas")
    database.schemas = [there[0].name]


def _list(schemas: Sequence[ServerSchema]) -> str:
    named = [labelled(schema) for schema in schemas[:_NAMED]]
    if len(schemas) > _NAMED:
        named.append(f"and {len(schemas) - _NAMED} more")
    return f"There are: {', '.join(named)}." if named else ""


def labelled(schema: ServerSchema) -> str:
    """A schema's name with the number of its tables."""
    return f"{schema.name} ({schema.readable:,} table{'' if schema.readable == 1 else 's'})"
