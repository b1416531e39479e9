"""Facets: links that add a filter to the query, or take it away."""

from urllib.parse import parse_qs, urlsplit

import pytest

from frontend.facets import facet_groups


def facet(text, name="lang", value="python"):
    ((facet,),) = [group.facets for group in facet_groups(text, {name: {value: 3}})]
    return facet


def query_of(facet):
    return parse_qs(urlsplit(facet.address).query, keep_blank_values=True)["q"][0]


@pytest.mark.parametrize(
    ("text", "chosen", "toggled"),
    [
        ("parse", False, "parse lang:python"),
        ("parse lang:python", True, "parse"),
        ("LANG:Python parse", True, "parse"),
        ("lang:python", True, ""),
        ("lang:python x lang:python", True, "x"),
        ("  parse   date ", False, "parse date lang:python"),
        ("lang:python3", False, "lang:python3 lang:python"),
        ("-lang:python x", False, "-lang:python x lang:python"),
        ("slang:python", False, "slang:python lang:python"),
        ("größe", False, "größe lang:python"),
    ],
)
def test_a_facet_toggles_its_filter(text, chosen, toggled):
    assert (facet(text).chosen, query_of(facet(text))) == (chosen, toggled)


def test_a_value_is_no_pattern():
    assert not facet("repo:axb", "repo", "a.b").chosen
    assert facet("repo:a.b", "repo", "a.b").chosen


def test_languages_have_their_names_and_other_values_their_own():
    assert facet("x", "lang", "cpp").label == "C++"
    assert facet("x", "repo", "cpp").label == "cpp"
    assert facet("x", "repo", "cpp").count == 3


def test_groups_have_titles_and_at_most_twelve_values():
    counts = {"repo": {f"r{number}": number for number in range(20)}, "lang": {}, "kind": {"class": 1}}
    groups = facet_groups("x", counts)
    assert [(group.title, len(group.facets)) for group in groups] == [
        ("Repository", 12),
        ("Language", 0),
        ("Kind", 1),
    ]
    assert groups[0].facets[0].label == "r0"


@pytest.mark.parametrize(
    ("text", "chosen", "toggled"),
    [
        ("a\n  b", False, "a\n  b\nlang:python"),
        ("a\n  b\nlang:python", True, "a\n  b\n"),
        ("a\n  b\nrepo:x", False, "a\n  b\nrepo:x lang:python"),
        ("a\n  b lang:python", False, "a\n  b lang:python\nlang:python"),
        ("a\n", False, "a lang:python"),
    ],
)
def test_filters_of_pasted_code_stand_in_its_last_line(text, chosen, toggled):
    assert (facet(text).chosen, query_of(facet(text))) == (chosen, toggled)
