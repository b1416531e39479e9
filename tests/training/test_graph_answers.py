"""What known queries answer on a graph."""

from collections import Counter

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.stores import OxigraphStore
from tests.kbqa.sparql.grammar.spelled import BASE, films
from training.graph_answers import answers, has_answer
from training.sparql.parser import parse_query


@pytest.fixture(scope="module")
def store():
    return OxigraphStore(films(), "")


def read(text):
    return parse_query(text, {"": BASE})


def test_answers_are_the_rows_of_a_query(store):
    found = answers(read("SELECT ?d { :f1 :director ?d }"), store)
    assert found == Counter({(NamedNode(BASE + "p1"),): 1})


def test_answers_count_how_often_a_row_occurs(store):
    by_year = "SELECT ?d { ?f :director ?d . ?f :year ?y } ORDER BY ?y"
    p1, p2, p4 = ((NamedNode(BASE + name),) for name in ("p1", "p2", "p4"))
    assert answers(read(by_year), store) == Counter({p1: 2, p2: 1, p4: 1})


def test_answers_of_an_aggregate_are_one_row(store):
    ((row, number),) = answers(read("SELECT (COUNT(?f) AS ?n) { ?f a :Film }"), store).items()
    assert (row, number) == ((Literal(4),), 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT ?f { ?f :director :p1 }", True),
        ("SELECT ?f { ?f :director :p3 }", False),
        ("SELECT (COUNT(?f) AS ?n) { ?f :director :p3 }", False),
        ("SELECT ?f { ?f :year ?y FILTER(?y > 2014) }", True),
        ("SELECT ?f { ?f :year ?y FILTER(?y > 2015) }", False),
        ("SELECT ?d { ?f :director ?d } GROUP BY ?d HAVING (COUNT(?f) > 1)", True),
        ("SELECT ?d { ?f :director ?d } GROUP BY ?d HAVING (COUNT(?f) > 2)", False),
        ("ASK { :f1 :director :p3 }", True),
    ],
)
def test_a_query_has_an_answer_where_its_pattern_has_a_solution_and_its_groups_stay(store, text, expected):
    """A count of nothing is 0, which says nothing; no is the answer to a question with yes or no."""
    assert has_answer(read(text), store) is expected
