"""Pages, reasons and facets, of candidates made by hand."""

from codesearch.retrieval.results import facets, hits_of, reasons
from tests.codesearch.retrieval.hand_made import candidate


def test_reasons_say_what_a_hit_was_found_by():
    assert reasons(candidate()) == ()
    assert reasons(candidate(defines=True, lexical=0.1, dense=0.25)) == ("name", "words", "meaning")
    assert reasons(candidate(lexical=0.0, dense=0.24)) == ()


def test_ranks_go_on_from_page_to_page():
    ranked = [candidate(key) for key in range(5)]
    assert [(hit.rank, hit.candidate.id) for hit in hits_of(ranked, 2, 2)] == [(3, 2), (4, 3)]
    assert [hit.rank for hit in hits_of(ranked, 4, 2)] == [5]
    assert hits_of(ranked, 5, 2) == []


def test_facets_count_the_most_frequent_first():
    python = ("shop", "python", "function", 1)
    counts = facets([("shop", "go", "function", 1), python, python, ("shop", "python", "class", 1)])
    assert counts == {
        "repo": {"shop": 4},
        "lang": {"python": 3, "go": 1},
        "kind": {"function": 3, "class": 1},
    }
    assert list(counts["lang"]) == ["python", "go"]
