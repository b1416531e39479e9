"""A small database of a shop, with names that need quoting, and how databases are connected in tests."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.models import Database
from kbqa.sql.names import CellNames
from kbqa.sql.sources import services
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source
from kbqa.sql.suggestions import stage
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages

SHOP = """
CREATE TABLE city (city_id INTEGER PRIMARY KEY, name TEXT, country TEXT);
CREATE TABLE customer (customer_id INTEGER PRIMARY KEY, name TEXT, age INTEGER,
    city_id INTEGER REFERENCES city (city_id), member TEXT);
CREATE TABLE product (product_id INTEGER PRIMARY KEY, name TEXT, price REAL, "Product Group" TEXT);
CREATE TABLE "order" (order_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (customer_id),
    product_id INTEGER REFERENCES product (product_id), ordered_on DATE, amount INTEGER);
CREATE TABLE flight (flight_id INTEGER PRIMARY KEY, source INTEGER REFERENCES city (city_id),
    target INTEGER REFERENCES city (city_id));
CREATE TABLE "größe" (id INTEGER PRIMARY KEY, "select" TEXT, picture BLOB);
CREATE VIEW expensive AS SELECT name, price FROM product WHERE price > 50;
INSERT INTO city VALUES (1, 'Porto', 'Portugal'), (2, 'Akureyri', 'Iceland'), (3, 'Oslo', 'Norway');
INSERT INTO customer VALUES (1, 'Marta Oliveira', 34, 1, 'T'), (2, 'Jón Þórsson', 51, 2, 'F'),
    (3, 'Anna O''Hara', 28, 1, 'T'), (4, 'Bo', NULL, 3, 'F'),
    (5, 'Ida', 61, 3, 'F');
INSERT INTO product VALUES (1, 'lamp', 20.5, 'home'), (2, 'red chair', 75, 'home'),
    (3, 'bicycle', 450, 'sport'), (4, 'ball', 9.9, 'sport');
INSERT INTO "order" VALUES (1, 1, 2, '2024-01-05', 2), (2, 1, 3, '2024-02-11', 1),
    (3, 2, 4, '2024-02-12', 10), (4, 3, 1, '2024-03-01', 1);
INSERT INTO flight VALUES (1, 1, 2), (2, 2, 3), (3, 1, 3);
INSERT INTO "größe" VALUES (1, 'groß', x'00ff'), (2, 'klein', NULL);
"""

Connect = Callable[..., Database]


@pytest.fixture(autouse=True)
def _reachable(settings) -> None:
    """Let tests connect to their own servers, and to the PostgreSQL that they run on by its socket."""
    own = settings.DATABASES["default"]
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1", f"{own['HOST']}/.s.PGSQL.{own.get('PORT') or 5432}"]


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SHOP)
    connection.close()
    return path


@pytest.fixture
def shop(shop_file: Path) -> Source:
    """Return the shop without an index of its cells."""
    return Source(
        read_schema(sqlite_engine(shop_file, introspects=True)), CellNames(), sqlite_engine(shop_file)
    )


@pytest.fixture
def connect(transactional_db: None, shop_file: Path) -> Connect:
    """Return a function that connects the shop and scans it; `fails=True` returns the failed job instead.
    So many `suggestions` are tried, none unless a test looks at them: these take most of the time.
    """

    def run(
        name: str = "shop",
        *,
        path: Path | None = None,
        url: str = "",
        schemas: Sequence[str] = (),
        fails: bool = False,
        suggestions: int = 0,
    ) -> Database:
        kind = Database.SourceKind.URL if url else Database.SourceKind.FILE
        database = Database.objects.filter(name=name).first()
        if database is None:
            database, job = services.add_database(
                name=name,
                source_kind=kind,
                location="" if url else str(path or shop_file),
                url=url,
                schemas=schemas,
            )
        else:
            job = services.scan_database(database)
        with patch.object(stage, "_TRIED", suggestions):
            run_stages(job.pk, follow=True)
        job.refresh_from_db()
        if fails:
            return job
        assert job.state == Job.State.SUCCEEDED, job.error
        database.refresh_from_db()
        return database

    return run
