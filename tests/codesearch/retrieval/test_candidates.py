"""SQL for candidates; what it finds is tested with the pipeline."""

import pytest

from codesearch.models import VectorIndex
from codesearch.retrieval.candidates import (
    by_meaning,
    by_meaning_exactly,
    by_name,
    by_position,
    by_words,
    scan_settings,
    without,
)
from codesearch.retrieval.filters import Conditions
from codesearch.retrieval.lexical import weigh
from codesearch.retrieval.query import parse_query
from tests.codesearch.retrieval.hand_made import candidate, vector

INDEX = VectorIndex(id=3, dimension=2)
CONDITIONS = Conditions("u.language = %s AND u.id <> %s", ("python", 7))
RARE = weigh(["a", "b"], {"a": 3, "b": 5}, 10_000, 1e6)
COMMON = weigh(["a"], {"a": 9000}, 10_000, 1e6)


@pytest.mark.parametrize(
    "query",
    [
        by_words(RARE, CONDITIONS, 9, alone=False),
        by_words(COMMON, CONDITIONS, 9, alone=False),
        by_words(COMMON, CONDITIONS, 9, alone=True),
        by_meaning(vector(1, 0), INDEX, CONDITIONS, 9),
        by_meaning_exactly(vector(1, 0), INDEX, CONDITIONS, 9),
        by_name(parse_query("get_user"), CONDITIONS, 9),
        by_name(parse_query("core/mail.py"), CONDITIONS, 9),
        by_position(CONDITIONS, 18, 9),
    ],
)
def test_every_query_has_its_conditions_a_limit_and_a_value_for_each_parameter(query):
    assert query.sql.count("%s") == len(query.parameters)
    assert "python" in query.parameters
    assert 7 in query.parameters
    assert query.parameters[-1] == 9


def test_queries_that_can_find_nothing_are_not_made():
    assert by_words(weigh(["a"], {}, 10, 100.0), CONDITIONS, 9, alone=True) is None
    assert by_name(parse_query("apply a discount"), CONDITIONS, 9) is None


def test_where_few_units_are_left_the_graph_is_not_scanned():
    assert by_meaning(vector(1, 0), INDEX, Conditions("TRUE", few=True), 9) is None


def test_the_graph_is_scanned_as_deep_as_is_asked_for():
    assert "'hnsw.ef_search', '300'" in scan_settings(300)
    assert "'hnsw.ef_search', '120'" in scan_settings(9)
    assert "'hnsw.ef_search', '1000'" in scan_settings(5000)


def test_wildcards_in_a_path_stand_for_themselves():
    query = by_name(parse_query("a_b/100%.py"), Conditions("TRUE"), 9)
    assert "%/a\\_b/100\\%.py" in query.parameters


def test_a_unit_that_was_found_before_is_left_out():
    found = [candidate(1), candidate(2)]
    assert [each.id for each in without([candidate(3), candidate(2), candidate(3), candidate(4)], found)] == [
        3,
        4,
    ]
