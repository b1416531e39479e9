"""Rows survive being kept, whatever a database's cells hold."""

import datetime
import doctest
import json
import math
from decimal import Decimal

import pytest

from kbqa.sql.answer import values
from kbqa.sql.answer.values import plain_rows, result_from, result_json
from kbqa.sql.stores.executor import Result
from kbqa.sql.stores.values import value_from, value_json


def kept(value):
    return value_from(json.loads(json.dumps(value_json(value))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        12,
        2**80,
        1.5,
        math.inf,
        "text",
        "a\0b",
        "\ud800",
        b"\x00\xff",
        Decimal("1.50"),
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 30, 1, 5),
        datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC),
        datetime.time(12, 30),
        datetime.timedelta(days=-1, microseconds=3),
    ],
)
def test_a_value_comes_back_as_it_was(value):
    assert kept(value) == value
    assert type(kept(value)) is type(value)


def test_what_is_no_number_comes_back():
    assert math.isnan(kept(math.nan))


def test_an_unknown_type_becomes_text():
    assert str(kept(range(2))) == "range(0, 2)"


def test_rows_beyond_the_limit_are_left_out_and_said_to_be_there():
    result = Result(("a",), ((1,), (2,), (3,)))
    assert result_from(result_json(result, 2)) == Result(("a",), ((1,), (2,)), truncated=True)
    assert result_from(result_json(result, 3)) == result


def test_programs_get_plain_values():
    row = (b"\x00\xff", Decimal("1.50"), datetime.date(2024, 2, 29), None, 1)
    assert plain_rows([row]) == [["AP8=", "1.50", "2024-02-29", None, 1]]


def test_the_examples_hold():
    assert doctest.testmod(values).failed == 0
