"""Which tables and columns any SQL uses: `gold_columns.txt` has the cases."""

from pathlib import Path

import pytest

from training.sql.gold_columns import columns_in
from training.sql.oracle import used
from training.sql.parser import parse_query

FOLDER = Path(__file__).parent


def read(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split(" | ") for line in lines if line and line[0] != "#"]


@pytest.mark.parametrize(("sql", "names"), read("gold_columns.txt"))
def test_the_columns_of_sql_are_those_that_it_names(small_shop, sql, names):
    assert " ".join(sorted(map(str, columns_in(sql, small_shop.schema)))) == names.strip()


@pytest.mark.parametrize("sql", [sql for sql, _ in read("parser.txt") if sql.count("SELECT ") == 1])
def test_of_what_the_grammar_covers_all_that_the_query_uses_is_found(small_shop, sql):
    """Tables that only connect others follow from the keys, and are in neither."""
    expected = used(parse_query(sql, small_shop.schema))
    assert expected <= columns_in(sql, small_shop.schema)
