"""Known queries without what adds nothing to their answers: `pruning.txt` has what becomes of them."""

from pathlib import Path

import pytest

from kbqa.sparql.query import query_text
from kbqa.sparql.stores import OxigraphStore
from tests.kbqa.sparql.grammar.spelled import BASE, cases, films
from training.graph_answers import answers
from training.sparql.parser import parse_query
from training.sparql.pruning import pruned

PREFIXES = {"": BASE}


@pytest.fixture(scope="module")
def store():
    return OxigraphStore(films(), "")


@pytest.mark.parametrize(("text", "shorter"), cases(Path(__file__).parent / "pruning.txt"))
def test_edges_that_add_nothing_are_taken_away(store, text, shorter):
    query, expected = (parse_query(each, PREFIXES) for each in (text, shorter))
    found = pruned(query, store)
    assert len(found.edges) == len(expected.edges), query_text(found)
    assert {edge.predicate for edge in found.edges} == {edge.predicate for edge in expected.edges}
    if query.columns:
        assert answers(found, store) == answers(query, store)


def test_a_query_keeps_one_edge_at_least(store):
    query = parse_query("SELECT (COUNT(*) AS ?n) { :f1 :year ?y }", PREFIXES)
    assert pruned(query, store) == query
