"""How SQL is judged by what it returns, and how questions are classed."""

import pytest

from training.sql.execution_match import Judgement, is_ordered, judge, question_class, same_rows


@pytest.mark.parametrize(
    ("one", "other", "ordered", "same"),
    [
        ([(1,), (2,)], [(2,), (1,)], False, True),
        ([(1,), (2,)], [(2,), (1,)], True, False),
        ([(1,), (1,)], [(1,)], False, False),
        ([(3,)], [(3.0,)], False, True),
        ([("a", None)], [("a", None)], True, True),
        ([("1",)], [(1,)], False, False),
        ([], [], True, True),
    ],
)
def test_answers_are_compared_as_multisets(one, other, ordered, same):
    assert same_rows(one, other, ordered=ordered) is same


def test_questions_are_classed_as_din_sql_does():
    assert question_class("SELECT a FROM t") == "easy"
    assert question_class("SELECT a FROM t JOIN u ON t.id = u.id") == "non-nested"
    assert question_class("SELECT a FROM t WHERE b IN (SELECT c FROM u)") == "nested"
    assert question_class("SELECT a FROM t UNION SELECT b FROM u") == "nested"


def test_only_the_outermost_order_counts():
    assert is_ordered("SELECT a FROM t ORDER BY a")
    assert not is_ordered("SELECT a FROM (SELECT a FROM t ORDER BY a)")
    assert is_ordered("SELECT ((( ORDER BY a"), "what does not parse is told by its words"


WRONG, RIGHT, REFUSED = Judgement(True, False), Judgement(True, True), Judgement(False, False)
NAMES = "SELECT name FROM customer"


@pytest.mark.parametrize(
    ("sql", "gold", "judgement"),
    [
        (NAMES, NAMES, RIGHT),
        ("SELECT name FROM customer ORDER BY age", NAMES, RIGHT),
        (NAMES, "SELECT name FROM customer ORDER BY age DESC", WRONG),
        ("SELECT name FROM customer ORDER BY age DESC", "SELECT name FROM customer ORDER BY age DESC", RIGHT),
        ("SELECT DISTINCT city_id FROM customer", "SELECT city_id FROM customer", WRONG),
        ("SELECT name, age FROM customer", "SELECT age, name FROM customer", WRONG),
        ("SELECT count(*) FROM customer", "SELECT 5.0", RIGHT),
        ("SELECT avg(price) FROM product", "SELECT 138.85", RIGHT),
        ("SELECT avg(price) FROM product", "SELECT 138.8500001", RIGHT),
        ("SELECT avg(price) FROM product", "SELECT 138.85001", WRONG),
        ("SELECT age FROM customer WHERE name = 'Bo'", "SELECT NULL", RIGHT),
        ("SELECT name FROM city WHERE 1 = 0", "SELECT name FROM customer WHERE age > 99", RIGHT),
        ("SELECT nothing FROM customer", NAMES, REFUSED),
        ("DELETE FROM customer", NAMES, REFUSED),
        ("SELECT name FROM customer; SELECT 1", NAMES, REFUSED),
        ("", NAMES, REFUSED),
        ("not sql ((", NAMES, REFUSED),
    ],
)
def test_a_statement_is_right_where_it_returns_what_the_gold_statement_does(small_shop, sql, gold, judgement):
    assert judge(sql, gold, small_shop) == judgement


@pytest.mark.parametrize(
    ("gold", "kind"),
    [
        ("SELECT count(*) FROM t ORDER BY a LIMIT 1", "easy"),
        ("SELECT a FROM t, u", "non-nested"),
        ("SELECT a FROM t JOIN u ON t.i = u.i JOIN v ON u.j = v.j GROUP BY a", "non-nested"),
        ("SELECT a FROM (SELECT a FROM t)", "nested"),
        ("SELECT a FROM t EXCEPT SELECT a FROM u", "nested"),
        ("SELECT a FROM t WHERE a > (SELECT avg(a) FROM t)", "nested"),
        ("SELECT (((", "nested"),
    ],
)
def test_nested_is_what_has_a_query_within_or_beside_it(gold, kind):
    assert question_class(gold) == kind


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t UNION SELECT a FROM u ORDER BY a", True),
        ("SELECT a FROM t WHERE b IN (SELECT b FROM u ORDER BY c LIMIT 1)", False),
        ("SELECT (((", False),
    ],
)
def test_an_order_is_that_of_the_outermost_rows(sql, ordered):
    assert is_ordered(sql) is ordered
