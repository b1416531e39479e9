"""Values that questions mean in other words: flags, sexes, described codes, places."""

import sqlite3

import pytest

from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from kbqa.sql.stores.databases import served

COLUMNS = (
    Column("gender"),
    Column("is_active", ColumnType.NUMBER),
    Column("discontinued"),
    Column("paid", ColumnType.BOOLEAN),
    Column("status", description="C = cancelled, S = shipped, P: on hold"),
    Column("kind", description="wholesale (W), retail (R)"),
)
SCHEMA = Schema((Table("thing", COLUMNS),))
CODES = {
    ColumnRef("thing", "gender"): ("F", "M"),
    ColumnRef("thing", "is_active"): ("0", "1"),
    ColumnRef("thing", "discontinued"): ("N", "Y"),
}


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("how many women", {"gender F"}),
        ("male things", {"gender M"}),
        ("active things", {"is_active 1"}),
        ("inactive things", {"is_active 0"}),
        ("things that are not active", {"is_active 0"}),
        ("discontinued things", {"discontinued Y"}),
        ("whether things are discontinued", set()),
        ("unpaid things", {"paid false"}),
        ("cancelled things, on hold", {"status C", "status P"}),
        ("retail things", {"kind R"}),
        ("things", set()),
    ],
)
def test_values_that_words_mean(question, meant):
    values = link_question(question, SCHEMA, CellNames(codes=CODES)).values
    assert {f"{value.key[0].column} {value.key[1]}" for value in values if value.span} == meant


@pytest.fixture
def travels(connect, tmp_path):
    path = tmp_path / "travels.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE trip (id INTEGER PRIMARY KEY, country TEXT, state TEXT, code TEXT);"
            "INSERT INTO trip VALUES (1, 'United States', 'NC', 'DE'), (2, 'UK', 'CA', 'OR'),"
            " (3, 'DE', 'OR', 'NC'), (4, 'Planned', 'Planed', 'x'), (5, 'Holland', 'WA', 'y');"
        )
    return served(connect(path=path))


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("trips to the USA", {"country United States"}),
        ("trips to the United Kingdom", {"country UK"}),
        ("British trips", {"country UK"}),
        ("trips in North Carolina", {"state NC"}),
        ("German trips", {"country DE"}),
        ("Dutch trips", {"country Holland"}),
        ("trips in me or in us", set()),
        ("planned trips", {"country Planned"}),
    ],
)
def test_places_are_found_by_their_other_names(travels, question, meant):
    values = link_question(question, travels.schema, travels.cells).values
    found = {f"{value.key[0].column} {value.key[1]}" for value in values if value.span}
    assert {text for text in found if "Planed" not in text} == meant
