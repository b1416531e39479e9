"""What trainings on databases are tested on."""

import sqlite3

import pytest

from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.names import CellNames
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source
from tests.kbqa.sql.conftest import SHOP, shop, shop_file

__all__ = ["shop", "shop_file"]


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """The shop, for tests that only read it: made once."""
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SHOP)
    connection.close()
    return Source(read_schema(sqlite_engine(path, introspects=True)), CellNames(), sqlite_engine(path))
