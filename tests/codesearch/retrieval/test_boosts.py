"""Boosts of definitions, paths and files, on candidates made by hand."""

import pytest

from codesearch.retrieval.boosts import (
    FILE_BOOST,
    PATH_BOOST,
    defines,
    definition_boost,
    file_boosts,
    is_named_file,
    overlap,
    path_boost,
    words_of_path,
)
from codesearch.retrieval.query import Query, parse_query
from tests.codesearch.retrieval.hand_made import candidate

QUERY = Query("Session", symbols=("Session",))


def test_a_unit_defines_a_name_that_the_query_has_capitals_apart():
    assert defines(QUERY, candidate(name="Session"))
    assert defines(QUERY, candidate(name="session"))
    assert not defines(QUERY, candidate(name="SessionStore"))
    assert not defines(Query("session data"), candidate(name="session"))


def named(name, **fields):
    return candidate(name=name, **{"qualified_name": name} | fields)


def test_the_exact_name_is_boosted_more():
    assert definition_boost(QUERY, named("Session", kind="class")) == pytest.approx(0.8)
    assert definition_boost(QUERY, named("session", kind="class")) == pytest.approx(0.32)


def test_a_class_or_function_defines_more_than_a_method_or_a_module():
    boosts = [
        definition_boost(QUERY, named("Session", kind=kind))
        for kind in ("class", "function", "method", "module", "passage")
    ]
    assert boosts == pytest.approx([0.8, 0.8, 0.64, 0.4, 0.16])


def test_a_class_comes_before_its_constructors_and_what_it_is_asked_for_as():
    constructor = named("Session", kind="method", qualified_name="net::Session::Session")
    assert definition_boost(QUERY, constructor) < definition_boost(QUERY, named("Session", kind="field"))
    asked = parse_query("class session")
    assert definition_boost(asked, named("session", kind="class")) == pytest.approx(0.8)
    assert definition_boost(asked, named("session", kind="function")) == pytest.approx(0.32)


def test_a_written_scope_is_the_class_the_package_or_the_file():
    query = parse_query("store.Session")
    best = definition_boost(QUERY, named("Session", kind="class"))
    for fields in (
        {"qualified_name": "Store.Session"},
        {"path": "app/store/session.go"},
        {"path": "app/store.py"},
    ):
        assert definition_boost(query, named("Session", kind="class", **fields)) == pytest.approx(best)
    elsewhere = named("Session", kind="class", path="app/other/session.go")
    assert definition_boost(query, elsewhere) == pytest.approx(best * 0.6)
    assert definition_boost(parse_query("self.Session"), elsewhere) == pytest.approx(best)


def test_a_file_is_named_by_its_name_or_the_end_of_its_path():
    assert is_named_file(parse_query("db.h"), "include/leveldb/DB.h")
    assert is_named_file(parse_query("leveldb/db.h iterator"), "include/leveldb/db.h")
    assert not is_named_file(parse_query("db.h"), "include/leveldb/mydb.h")
    assert not is_named_file(parse_query("store.Session"), "store.session")


def test_overlap_is_the_geometric_mean_of_both_coverages():
    assert overlap({"a", "b", "c", "d"}, {"a"}) == pytest.approx(0.5)
    assert overlap({"a"}, {"a", "b", "c", "d"}) == pytest.approx(0.5)
    assert overlap({"a", "b"}, {"a", "b"}) == 1
    assert overlap(set(), {"a"}) == overlap({"a"}, set()) == overlap(set(), set()) == 0


def test_the_words_of_a_path_are_those_of_its_name_and_last_folder():
    assert words_of_path("django/contrib/sessions/backend.py") == {"session", "backend"}
    assert words_of_path("backend.py") == {"backend"}
    assert "of" not in words_of_path("table_of_contents.md")


def test_a_path_is_boosted_by_the_querys_words():
    assert path_boost({"session", "backend"}, "contrib/sessions/backend.py") == pytest.approx(PATH_BOOST)
    assert path_boost({"session"}, "contrib/sessions/backend.py") == pytest.approx(PATH_BOOST * 0.5**0.5)
    assert path_boost(set(), "contrib/sessions/backend.py") == 0


def test_a_file_is_boosted_by_its_second_to_fourth_best_unit():
    of_file = [candidate(key, file_id=7, score=score) for key, score in enumerate((0.1, 0.9, 0.6, 0.3, 0.3))]
    alone = candidate(9, file_id=8, score=1.0)
    boosts = file_boosts([*of_file, alone])
    assert boosts == {7: pytest.approx(FILE_BOOST * (0.6 + 0.3 + 0.3) / 3), 8: 0}


def test_missing_units_of_a_file_count_as_0():
    pair = [candidate(1, file_id=7, score=0.9), candidate(2, file_id=7, score=0.6)]
    assert file_boosts(pair) == {7: pytest.approx(FILE_BOOST * 0.2)}


def test_where_nothing_scores_no_file_is_boosted():
    assert file_boosts([candidate(1, score=-0.5), candidate(2, file_id=1, score=-0.7)]) == {1: 0}
    assert file_boosts([]) == {}
