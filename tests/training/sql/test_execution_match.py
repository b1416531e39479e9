"""How SQL is judged by what it returns, and how questions are classed."""

import pytest

from training.sql.execution_match import is_ordered, question_class, same_rows


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
