"""Known queries → the actions that write them. `tests/kbqa/sql/grammar/walks.txt` has what is written;
`oracle_refusals.txt` what is not.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.grammar import LinkedQuestion, start
from kbqa.sql.grammar.actions import NumberPointer, ValuePointer
from kbqa.sql.query import Query
from kbqa.sql.schema import ColumnRef
from tests.kbqa.sql.grammar.spelled import cases, spelled
from training.sql.oracle import NotWritableError, decisions, used
from training.sql.parser import parse_query

FOLDER = Path(__file__).parent
QUESTION = "Which 3 customers from Porto older than 30 bought a 'red chair' after 2024-01-01?"
NOT_WRITABLE = {
    'SELECT name FROM customer WHERE name = "name"': "column customer.name is not offered at VALUE.",
    **{
        f"SELECT name FROM customer WHERE name {condition}": "keyword END is not offered at NEXT."
        for condition in ('= "Bo"', "= 'Anna O''Hara'", "= 'Jón Þórsson'", "LIKE 'Bo'")
    },
    "SELECT count(DISTINCT city_id), sum(DISTINCT age) FROM customer": (
        "keyword DISTINCT is not offered at OPERAND."
    ),
}
"""What the parser reads and the grammar does not write: a column beside itself, or one shown as said."""


def mentioning(shop, query: Query) -> LinkedQuestion:
    """A question that mentions every constant of a query."""
    linked = link_question("What is asked?", shop.schema, shop.cells)
    texts = dict.fromkeys(
        value.text for part in query.queries() for condition in part.conditions for value in condition.values
    )
    limits = [str(part.limit + part.offset) for part in query.queries() if part.limit is not None]
    return LinkedQuestion(
        shop.schema,
        linked.tables,
        linked.columns,
        (),
        tuple(NumberPointer(text, text) for text in (*texts, *limits)),
    )


@pytest.mark.parametrize(("sql", "reason"), NOT_WRITABLE.items())
def test_what_is_read_but_not_written_is_refused(small_shop, sql, reason):
    query = parse_query(sql, small_shop.schema)
    with pytest.raises(NotWritableError) as refused:
        decisions(query, mentioning(small_shop, query))
    assert str(refused.value) == reason


@pytest.mark.parametrize("sql", [sql for sql, _ in cases(FOLDER / "parser.txt") if sql not in NOT_WRITABLE])
def test_the_actions_of_a_query_write_the_same_query(small_shop, sql):
    query = parse_query(sql, small_shop.schema)
    linked = mentioning(small_shop, query)
    state = start(linked)
    for decision in decisions(query, linked):
        assert decision.step == state.step
        assert decision.action in state.legal_actions()
        state = state.apply(decision.action)
    assert state.step == ""
    assert replace(state.query, via=turned(state.query.via)) == replace(query, via=turned(query.via))


def turned(via):
    """Keys whichever end they are written from."""
    return {frozenset((key.source, key.target)) for key in via}


@pytest.mark.parametrize(("sql", "reason"), cases(FOLDER / "oracle_refusals.txt"))
def test_what_cannot_be_written_is_told_with_the_reason(small_shop, sql, reason):
    linked = link_question(QUESTION, small_shop.schema, small_shop.cells)
    with pytest.raises(NotWritableError) as refused:
        decisions(parse_query(sql, small_shop.schema), linked)
    assert str(refused.value) == reason


def test_a_question_without_an_answer_is_one_decision(small_shop):
    (decision,) = decisions(None, link_question(QUESTION, small_shop.schema, small_shop.cells))
    assert (spelled(decision.action), decision.step) == ("NONE", "SELECT")


def offering(shop, *values) -> LinkedQuestion:
    linked = link_question("What?", shop.schema, shop.cells)
    return LinkedQuestion(shop.schema, linked.tables, linked.columns, values, ())


def test_a_value_is_found_whatever_its_capitals_but_as_written_first(small_shop):
    ref = ColumnRef("city", "name")
    query = parse_query("SELECT country FROM city WHERE name = 'porto'", small_shop.schema)
    for offered, chosen in (
        (("Porto",), "Porto"),
        (("PORTO", "porto"), "porto"),
        (("porto", "PORTO"), "porto"),
    ):
        linked = offering(small_shop, *(ValuePointer((ref, text), text) for text in offered))
        assert [spelled(each.action) for each in decisions(query, linked)][-2] == f'"{chosen}"'


def test_a_value_of_another_column_is_not_offered(small_shop):
    query = parse_query("SELECT country FROM city WHERE name = 'Porto'", small_shop.schema)
    value = ValuePointer((ColumnRef("city", "country"), "Porto"), "Porto")
    with pytest.raises(NotWritableError, match="A value was not found"):
        decisions(query, offering(small_shop, value))


def test_a_column_outside_the_focus_is_not_offered(small_shop):
    query = parse_query("SELECT age FROM customer", small_shop.schema)
    linked = link_question("What?", small_shop.schema, small_shop.cells)
    columns = tuple(column for column in linked.columns if column.key.column != "age")
    with pytest.raises(NotWritableError, match=r"customer\.age is not offered at SELECT"):
        decisions(query, LinkedQuestion(small_shop.schema, linked.tables, columns))


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT name FROM customer", "customer customer.name"),
        ("SELECT count(*) FROM customer", "customer"),
        ("SELECT * FROM city WHERE country = 'x'", "city city.country"),
        ("SELECT max(price) - min(product_id) FROM product", "product product.price product.product_id"),
        ("SELECT name FROM customer ORDER BY age LIMIT 1", "customer customer.age customer.name"),
        (
            "SELECT member FROM customer GROUP BY member HAVING max(age) > 3",
            "customer customer.age customer.member",
        ),
        (
            "SELECT name FROM customer WHERE age = city_id",
            "customer customer.age customer.city_id customer.name",
        ),
        ("SELECT strftime('%Y', ordered_on) FROM \"order\"", "order order.ordered_on"),
        (
            "SELECT name FROM city WHERE city_id IN (SELECT city_id FROM customer)",
            "city city.city_id city.name customer customer.city_id",
        ),
        (
            "SELECT name FROM city EXCEPT SELECT name FROM product",
            "city city.name product product.name",
        ),
        (
            "SELECT customer.name FROM customer JOIN city ON customer.city_id = city.city_id",
            "city customer customer.name",
        ),
        (
            "SELECT b.name FROM flight AS a JOIN city AS b ON a.target = b.city_id",
            "city city.city_id city.name flight flight.target",
        ),
    ],
)
def test_what_a_query_uses_is_what_it_names_itself_or_within(small_shop, sql, names):
    assert " ".join(sorted(map(str, used(parse_query(sql, small_shop.schema))))) == names
