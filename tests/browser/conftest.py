"""Graphs and databases for the browser."""

from tests.kbqa.conftest import load
from tests.kbqa.sql.conftest import connect, shop_file

__all__ = ["connect", "load", "shop_file"]
