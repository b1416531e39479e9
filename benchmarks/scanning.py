"""(h) Databases of many tables: how long a scan takes until it serves, on SQLite and on PostgreSQL."""

import random
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.base import Options, Row, timed
from benchmarks.graphs import name
from kbqa.sql.public import Database, services
from searchapp.jobs.runner import run_stages
from training.throwaway import throwaway_database

_ROWS = 500
_ROWS_A_STATEMENT = 100
_TOWNS = ("Bergen", "Cork", "Faro", "Graz", "Lyon", "Porto", "Turku", "Utrecht")
_SCHEMA = "scanned"
_COLUMNS = (
    "name varchar(80), town varchar(80), status varchar(20), remark varchar(200), price numeric(8, 2), "
    "amount integer, ordered_on date, delivered_on date, is_paid integer"
)


def run(options: Options) -> list[Row]:
    """Scan a database of `--tables` tables, each with a key to another, as any that people connect."""
    with throwaway_database(), tempfile.TemporaryDirectory() as folder:
        return [*_sqlite(Path(folder) / "many.sqlite", options.tables), *_postgresql(options.tables)]


def _sqlite(path: Path, tables: int) -> list[Row]:
    writer = sqlite3.connect(path)
    with writer:
        for statement in _statements(tables):
            writer.execute(statement)
    writer.close()
    return _scanned("SQLite", tables, source_kind=Database.SourceKind.FILE, location=str(path))


def _postgresql(tables: int) -> list[Row]:
    """Scan a schema of the PostgreSQL that this runs on."""
    own = connection.settings_dict
    port = f"&port={own['PORT']}" if own["PORT"] else ""
    address = f"postgresql://{own['USER']}@/{own['NAME']}?host={own['HOST']}{port}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {_SCHEMA}; SET search_path = {_SCHEMA}")
        for statement in _statements(tables):
            cursor.execute(statement)
        cursor.execute("RESET search_path; ANALYZE")
    settings.ALLOWED_PRIVATE_HOSTS = [f"{own['HOST']}/.s.PGSQL.{own['PORT'] or 5432}"]
    return _scanned("PostgreSQL", tables, source_kind=Database.SourceKind.URL, url=address, schemas=[_SCHEMA])


def _scanned(engine: str, tables: int, **source: object) -> list[Row]:
    """Connect a database, scan it in this process, and say how long that took."""
    begun = timezone.now()
    database, job = services.add_database(name=engine, **source)  # type: ignore[arg-type]
    seconds, _ = timed(lambda: run_stages(job.pk, follow=True))
    database.refresh_from_db()
    serving = database.serving
    if serving is None or serving.finished is None:
        raise RuntimeError(f"{engine} was not scanned: {job.error}")
    served = (serving.finished - begun).total_seconds()
    note = f"{tables} tables, {10 * tables:,} columns, {serving.cells:,} values"
    return [
        Row("scanning", f"{engine}, until it serves", round(served, 1), "s", note),
        Row("scanning", f"{engine}, with questions to begin with", round(seconds, 1), "s"),
    ]


def _statements(tables: int) -> Iterator[str]:
    """What makes tables called after invented names, each with rows and a key to the one before."""
    rng = random.Random(0)
    before = ""
    for number in range(tables):
        called = name(number).replace(" ", "_").lower()
        key = f", {before}_id integer REFERENCES {before} ({before}_id)" if before else ""
        yield f"CREATE TABLE {called} ({called}_id integer PRIMARY KEY, {_COLUMNS}{key})"
        for first in range(0, _ROWS, _ROWS_A_STATEMENT):
            rows = (_row(row, rng, bool(before)) for row in range(first, first + _ROWS_A_STATEMENT))
            yield f"INSERT INTO {called} VALUES {', '.join(rows)}"
        before = called


def _row(number: int, rng: random.Random, refers: bool) -> str:
    status, day = (
        rng.choice(("open", "sent", "returned")),
        f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    )
    remark = " ".join(name(rng.randrange(10_000)) for _ in range(4))
    values = (
        f"'{name(rng.randrange(100_000))}', '{rng.choice(_TOWNS)}', '{status}', '{remark}', "
        f"{rng.randrange(10_000) / 100}, {rng.randrange(50)}, '{day}', '{day}', {number % 2}"
    )
    return f"({number}, {values}{f', {rng.randrange(_ROWS)}' if refers else ''})"
