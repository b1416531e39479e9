"""A query as data → SQL of a dialect: joins follow the schema's keys, constants suit their columns."""

from kbqa.sql.joins import NotConnectedError
from kbqa.sql.rendering.select import query_text, render

__all__ = ["NotConnectedError", "query_text", "render"]
