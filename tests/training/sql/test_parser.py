"""SQL → queries as data, over the small database of a shop: `parser.txt` has what is read,
`parser_refusals.txt` what is not.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from kbqa.sql.query import AllOf, Comparison, Item, Term, Value, Via
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from tests.kbqa.sql.grammar.spelled import cases
from training.sql.parser import NotCoveredError, parse_query

FOLDER = Path(__file__).parent
READ = cases(FOLDER / "parser.txt")


@pytest.mark.parametrize(("sql", "written"), READ)
def test_sql_is_read_as_the_grammar_writes_it(small_shop, sql, written):
    assert query_text(parse_query(sql, small_shop.schema), small_shop.schema) == written


def test_what_is_read_finds_the_same_rows(small_shop):
    with small_shop.engine.connect() as connection:
        for sql, written in READ:
            rows = [connection.exec_driver_sql(text).fetchall() for text in (sql, written)]
            assert sorted(rows[0], key=repr) == sorted(rows[1], key=repr), sql


@pytest.mark.parametrize(("sql", "reason"), cases(FOLDER / "parser_refusals.txt"))
def test_what_the_grammar_has_no_form_for_is_refused(small_shop, sql, reason):
    with pytest.raises(NotCoveredError) as refused:
        parse_query(sql, small_shop.schema)
    assert str(refused.value) == reason


def test_what_is_written_is_read_back(small_shop):
    for _, written in READ:
        query = parse_query(written, small_shop.schema)
        assert query == parse_query(query_text(query, small_shop.schema), small_shop.schema)


def test_a_table_that_only_joins_is_named_for_itself(small_shop):
    query = parse_query(
        "SELECT customer.name FROM customer JOIN city ON customer.city_id = city.city_id", small_shop.schema
    )
    assert query.with_tables == ("city",)


def test_tables_on_the_way_are_not_named(small_shop):
    query = parse_query(
        'SELECT product.name FROM customer JOIN "order" ON customer.customer_id = "order".customer_id'
        ' JOIN product ON "order".product_id = product.product_id WHERE customer.age > 30',
        small_shop.schema,
    )
    assert query.with_tables == ()


def test_which_of_several_keys_joins_is_kept(small_shop):
    query = parse_query(
        "SELECT b.name FROM flight AS a JOIN city AS b ON a.target = b.city_id", small_shop.schema
    )
    assert query.via == (Via(ColumnRef("flight", "target"), ColumnRef("city", "city_id")),)


def test_all_rows_are_those_of_the_table_that_nothing_else_names(small_shop):
    join = "FROM customer JOIN city ON customer.city_id = city.city_id"
    counted = [
        parse_query(f"SELECT {shown}count(*) {join}", small_shop.schema).items[-1].term.operand
        for shown in ("customer.name, ", "city.name, ", "customer.name, city.name, ", "")
    ]
    assert counted == [AllOf("city"), AllOf("customer"), AllOf("customer"), AllOf("customer")]


def test_truth_values_are_numbers_as_sqlite_has_them(small_shop):
    conditions = parse_query(
        "SELECT name FROM customer WHERE member = TRUE OR member = FALSE", small_shop.schema
    ).where
    assert [condition.values for condition in conditions] == [(Value("1"),), (Value("0"),)]


def test_a_condition_after_or_says_so(small_shop):
    conditions = parse_query(
        "SELECT name FROM customer WHERE age > 60 OR member = 'T' AND city_id = 1", small_shop.schema
    ).where
    assert [condition.follows_or for condition in conditions] == [False, True, False]


def test_a_quoted_name_is_a_constant_only_where_no_column_has_it(small_shop):
    one, other = (
        parse_query(f'SELECT name FROM customer WHERE name = "{word}"', small_shop.schema).where[0]
        for word in ("Age", "Aged")
    )
    assert (one.column, one.values) == (ColumnRef("customer", "age"), ())
    assert (other.column, other.values) == (None, (Value("Aged"),))


def test_names_are_spelled_as_the_schema_spells_them():
    schema = Schema((Table("Lake", (Column("LakeName"), Column("Depth", ColumnType.NUMBER))),))
    query = parse_query("SELECT lakename FROM LAKE WHERE depth > 3", schema)
    assert query.items == (Item(Term(ColumnRef("Lake", "LakeName"))),)
    assert query.where[0].item.term.operand == ColumnRef("Lake", "Depth")


@pytest.mark.parametrize(
    ("dialect", "year"),
    [
        ("sqlite", "strftime('%Y', ordered_on)"),
        ("postgres", "EXTRACT(YEAR FROM ordered_on)"),
        ("mysql", "YEAR(ordered_on)"),
        ("sqlite", "substr(ordered_on, 1, 4)"),
    ],
)
def test_the_year_of_a_date_is_read_however_it_is_taken(small_shop, dialect, year):
    schema = replace(small_shop.schema, dialect=dialect)
    order = "`order`" if dialect == "mysql" else '"order"'
    query = parse_query(f"SELECT {year} FROM {order}", schema)
    assert str(query.items[0].term.operand.column) == "order.ordered_on"
    assert query.items[0].term.operand.part == "YEAR"


def test_where_the_dialect_puts_empty_values_by_itself_is_no_wish(small_shop):
    postgres = replace(small_shop.schema, dialect="postgres")
    assert parse_query("SELECT name FROM customer ORDER BY age ASC NULLS LAST", postgres).order
    with pytest.raises(NotCoveredError, match="NULLS"):
        parse_query("SELECT name FROM customer ORDER BY age ASC NULLS FIRST", postgres)


def test_not_in_is_unequal_to_each_of_several_values(small_shop):
    condition = parse_query(
        "SELECT name FROM customer WHERE name NOT IN ('Bo', 'Ida')", small_shop.schema
    ).where[0]
    assert (condition.comparison, condition.values) == (Comparison.UNEQUAL, (Value("Bo"), Value("Ida")))
