"""Hubness, penalties of paths and kinds, diversification; on candidates and vectors made by hand."""

from uuid import uuid4

import numpy as np
import pytest

from codesearch.retrieval.penalties import (
    KIND_FACTORS,
    NEIGHBOURS,
    PATH_PENALTIES,
    diversify,
    hubness,
    penalty,
    set_hubness,
)
from tests.codesearch.retrieval.hand_made import candidate, scores, vector


def test_hubness_is_the_mean_cosine_to_the_nearest_others():
    # Six in a row along a quarter circle: the last has the fifth nearest at a right angle.
    angles = np.linspace(0, np.pi / 2, NEIGHBOURS + 1)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    expected = [np.mean([np.cos(abs(a - b)) for b in angles if b != a]) for a in angles]
    assert hubness(vectors) == pytest.approx(np.array(expected))
    assert hubness(vectors)[2] > hubness(vectors)[0]


def test_only_the_nearest_count():
    vectors = np.array([[1.0, 0.0]] * (NEIGHBOURS + 1) + [[-1.0, 0.0]] * 20)
    assert hubness(vectors)[0] == 1


def test_a_vector_is_no_neighbour_of_itself():
    assert hubness(np.eye(NEIGHBOURS + 1)) == pytest.approx(np.zeros(NEIGHBOURS + 1))


def test_hubness_is_set_for_candidates_that_were_compared():
    hubs = [candidate(key, vector=vector(1, 0), dense=0.5) for key in range(NEIGHBOURS + 1)]
    apart = candidate(10, vector=vector(0, 1), dense=0.5)
    not_compared, without = candidate(11, vector=vector(1, 0)), candidate(12)
    set_hubness([without, *hubs, apart, not_compared])
    assert [each.hubness for each in hubs] == [1] * len(hubs)
    assert [each.hubness for each in (apart, not_compared, without)] == [0, 0, 0]


def test_too_few_candidates_have_no_neighbourhood():
    few = [candidate(key, vector=vector(1, 0), dense=0.5) for key in range(NEIGHBOURS)]
    set_hubness(few)
    assert {each.hubness for each in few} == {0}
    enough = [*few, candidate(9, vector=vector(1, 0), dense=0.5)]
    set_hubness(enough)
    assert {each.hubness for each in enough} == {1}


@pytest.mark.parametrize(
    ("path", "factor"),
    [
        ("shop/prices.py", 1),
        ("tests/prices.py", 0.6),
        ("shop/test_prices.py", 0.6),
        ("shop/prices_test.go", 0.6),
        ("shop/prices.spec.ts", 0.6),
        ("src/PricesTests.cs", 0.6),
        ("shop/contest.py", 1),
        ("shop/latest/prices.py", 1),
        ("docs/prices.py", 0.75),
        ("examples/prices.py", 0.75),
        ("shop/prices.pyi", 0.7),
        ("shop/prices.d.ts", 0.7),
        ("shop/compat.py", 0.8),
        ("shop/migrations/0001.py", 0.8),
        ("shop/__init__.py", 0.85),
        ("shop/index.tsx", 0.85),
        ("docs/tests/prices.py", 0.6 * 0.75),
        ("CHANGELOG.md", 0.6),
        ("docs/changes.rst", 0.6 * 0.75),
        ("change-archive.txt", 0.6),
        ("web/package-lock.json", 0.6),
        ("Cargo.lock", 0.6),
        ("shop/change_prices.py", 1),
        ("shop/newsletter.py", 1),
        ("shop/locks.py", 1),
    ],
)
def test_paths_that_stand_aside(path, factor):
    assert penalty(candidate(path=path, kind="function"), set()) == pytest.approx(factor)


def test_what_the_query_asks_for_has_no_penalty():
    assert penalty(candidate(path="tests/prices.py", kind="function"), {"price", "test"}) == 1
    assert penalty(candidate(path="docs/tests/prices.py", kind="function"), {"test"}) == 0.75
    assert penalty(candidate(path="shop/prices.py", kind="module"), {"modul"}) == KIND_FACTORS["module"]
    assert penalty(candidate(path="shop/prices.py", kind="passage"), {"passage"}) == 1


def test_kinds_that_say_little_by_themselves_stand_aside():
    factors = [
        penalty(candidate(path="a.py", kind=kind), set())
        for kind in ("class", "function", "method", "module", "passage")
    ]
    assert factors == [1, 1, 1, 0.9, 0.75]


def test_declarations_stand_aside_unless_they_are_what_was_asked_for():
    constant = candidate(kind="constant")
    assert penalty(constant, set()) == KIND_FACTORS["constant"]
    constant.defines = True
    assert penalty(constant, set()) == 1


def test_tests_among_the_code_are_tests():
    inline = candidate(language="rust", path="src/walk.rs", qualified_name="tests::walks")
    assert penalty(inline, set()) == 0.6
    assert penalty(inline, {"test"}) == 1
    assert (
        penalty(candidate(language="rust", path="src/walk.rs", qualified_name="contests::walks"), set()) == 1
    )


def test_copies_come_after_what_they_are_copies_of():
    one, other = uuid4(), uuid4()
    ordered = [
        candidate(key, score=1.0, text_hash=text) for key, text in enumerate((one, one, other, None, None))
    ]
    diversify(ordered)
    assert scores(ordered) == pytest.approx([1, 0.3, 1, 1, 1])


def test_every_penalty_holds_back():
    assert all(0 < each.factor < 1 for each in PATH_PENALTIES)
    assert all(0 < factor < 1 for factor in KIND_FACTORS.values())


def test_further_units_of_a_file_count_for_less_and_less():
    ordered = [candidate(key, file_id=file, score=1.0) for key, file in enumerate((7, 7, 8, 7))]
    diversify(ordered)
    assert scores(ordered) == pytest.approx([1, 0.65, 1, 0.65**2])


def test_a_definition_keeps_its_score_but_counts_as_a_unit_of_its_file():
    first, definition, third = (candidate(key, file_id=7, score=1.0) for key in range(3))
    definition.defines = True
    diversify([first, definition, third])
    assert scores([first, definition, third]) == pytest.approx([1, 1, 0.65**2])
