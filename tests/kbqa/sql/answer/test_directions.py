"""On which side of a time something is, as the words around the time say."""

from datetime import datetime

import pytest

from kbqa.linking.calendar import Calendar
from kbqa.sql.answer.directions import directed
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.names import CellNames
from kbqa.sql.query import Comparison, Condition, Item, Query, SetOperation, Term, Value
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table, declared_column

NOW = Calendar(datetime(2026, 11, 30))
COLUMNS = (declared_column("at", "DATE", "sqlite"), Column("year", ColumnType.NUMBER), Column("done"))
SCHEMA = Schema((Table("event", COLUMNS),))
DONE = CellNames(codes={ColumnRef("event", "done"): ("N", "Y")})


def compared(question: str, column: str, comparison: str, value: str) -> str:
    item = Item(Term(ColumnRef("event", column)))
    query = Query((item,), where=(Condition(item, Comparison(comparison), (Value(value),)),))
    return str(directed(query, question, link_question(question, SCHEMA, DONE, NOW)).where[0].comparison)


@pytest.mark.parametrize(
    ("question", "chosen", "value", "meant"),
    [
        ("events since September 2026", ">", "2026-09", ">="),
        ("events until September 2026", "<", "2026-09", "<="),
        ("events by September 2026", "=", "2026-09", "<="),
        ("events before September 2026", "=", "2026-09", "<"),
        ("events after September 2026", ">=", "2026-09", ">"),
        ("events no later than September 2026", ">", "2026-09", "<="),
        ("events in September 2026 or later", "=", "2026-09", ">="),
        ("events from September 2026 on", ">", "2026-09", ">="),
        ("events from September 2026", "=", "2026-09", "="),
        ("events after the end of September 2026", "=", "2026-09", ">"),
        ("events in September 2026", ">", "2026-09", ">"),
        ("events in the last 7 days", ">", "2026-11-24/2026-12-01", "="),
        ("events of last month", ">=", "2026-10", "="),
        ("events more than 3 days ago", ">", "2026-11-27", "<"),
        ("events less than 3 days ago", "=", "2026-11-27", ">"),
        ("events older than 30 days", ">", "2026-10-31", "<"),
        ("events in September 2026 and before October 2026", "=", "2026-09", "="),
        ("not the events of last month", "!=", "2026-10", "!="),
    ],
)
def test_words_around_a_time_decide(question, chosen, value, meant):
    assert compared(question, "at", chosen, value) == meant


def test_of_years_that_are_numbers_the_year_itself_is_within_since_and_until():
    assert compared("events since 2020", "year", ">", "2020") == ">="
    assert compared("events since 2020", "year", "=", "2020") == "="


def test_what_is_not_done_is_not_taken_from_all_that_is_not():
    item, done = (Item(Term(ColumnRef("event", column))) for column in ("at", "done"))
    undone = Query((item,), where=(Condition(done, Comparison.EQUAL, (Value("N"),)),))
    query = Query((item,), operation=SetOperation.EXCEPT, right=undone)
    question = "events that are not done"
    assert directed(query, question, link_question(question, SCHEMA, DONE, NOW)) == undone


def test_what_is_not_done_is_negated_once():
    assert compared("events that are not done", "done", "!=", "N") == "="
    assert compared("events that are done", "done", "!=", "Y") == "!="
