"""Values as cells of a spreadsheet's files."""

from datetime import timedelta
from decimal import Decimal

import pytest

from searchapp.spreadsheets import cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-5", "'-5"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        (timedelta(days=-1), "'-1 day, 0:00:00"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        (-5, "-5"),
        (-0.5, "-0.5"),
        (Decimal("-1.10"), "-1.10"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"-"), "2d"),
    ],
)
def test_no_text_is_a_formula_and_numbers_stay(value, text):
    assert cell(value) == text
