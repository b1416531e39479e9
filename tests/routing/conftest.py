"""Graphs and databases to route to."""

from tests.kbqa.conftest import load
from tests.kbqa.sql.conftest import connect, shop_file

__all__ = ["connect", "load", "shop_file"]
