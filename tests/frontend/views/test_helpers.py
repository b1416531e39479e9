"""What the views compute by themselves: readings told apart, cells, addresses, shades, places."""

from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from codesearch.retrieval.explanation import Explanation
from frontend.views.answers import told_apart
from frontend.views.graphs import _json_cell, _node_address
from frontend.views.search import _address, _page_number, _shaded
from frontend.views.sources import _place
from kbqa.questions.answers import KeptReading
from kbqa.sparql.models import Graph
from kbqa.sparql.public import Cell


def reading(words, query="q"):
    return KeptReading(query, words, 0.5, ())


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        ([], []),
        ([("a", "q1"), ("b", "q2")], [(0, "a"), (1, "b")]),
        ([("a", "q1"), ("a", "q2"), ("b", "q3")], [(0, "a"), (2, "b")]),
        ([("", "q1"), ("", "q2"), ("", "q1")], [(0, "q1"), (1, "q2")]),
    ],
)
def test_readings_that_are_worded_alike_are_one_the_likeliest(readings, told):
    kept = [reading(words, query) for words, query in readings]
    assert [(number, text) for number, _, text in told_apart(kept)] == told


@pytest.mark.parametrize(
    ("term", "cell"),
    [
        (None, Cell("")),
        ({"type": "uri", "value": "http://x.example/a"}, Cell("Ann", "http://x.example/a", about="x:a")),
        ({"type": "literal", "value": "a"}, Cell("a", "")),
        ({"type": "bnode", "value": "b0"}, Cell("what b0 holds", "_:b0")),
    ],
)
def test_of_sparqls_results_nodes_alone_lead_somewhere(term, cell):
    blank = SimpleNamespace(text=lambda node: f"what {node.value} holds")
    names = {"http://x.example/a": "Ann"}
    assert _json_cell(term, names, blank, Graph(prefixes={"x": "http://x.example/"})) == cell


def test_a_nodes_address_is_escaped_and_a_text_has_none():
    graph = Graph(slug="films")
    assert _node_address(graph, "http://x.example/a b&c#ü") == (
        "/graphs/films/node?iri=http%3A%2F%2Fx.example%2Fa+b%26c%23%C3%BC"
    )
    assert _node_address(graph, "") == ""


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("1", 1), ("7", 7), ("0", 1), ("-3", 1), ("100", 100), ("1000001", 1_000_000), ("x", 1), ("", 1),
        ("1.5", 1), ("9" * 5000, 1),
    ],
)  # fmt: skip
def test_a_page_has_a_number_from_one_to_a_million(given, number):
    assert _page_number(RequestFactory().get("/", {"page": given})) == number


def test_without_a_number_it_is_the_first_page():
    assert _page_number(RequestFactory().get("/")) == 1


def test_the_address_of_a_page_of_results_keeps_the_query():
    assert _address("a b&c", 2) == "/?q=a+b%26c&page=2"


@pytest.mark.parametrize(
    ("weights", "shades"), [({2: 0.5, 3: 0.25}, [9, 4]), ({}, [0, 0]), ({2: 1.0, 3: 0.01}, [9, 0])]
)
def test_lines_are_shaded_beside_the_heaviest(weights, shades):
    blob = SimpleNamespace(text="one\ntwo\nthree\nfour")
    unit = SimpleNamespace(file=SimpleNamespace(blob=blob), start_line=2, end_line=3, language="text")
    explanation = Explanation(lines=weights, nodes=[], apart=0.0)
    assert [(number, str(html), shade) for number, html, shade in _shaded(unit, explanation)] == [
        (2, "two", shades[0]),
        (3, "three", shades[1]),
    ]


@pytest.mark.parametrize(("is_shown", "place"), [(True, "Address · https://x.example/y"), (False, "Address")])
def test_a_list_tells_where_a_source_is_if_it_may(is_shown, place):
    pages = SimpleNamespace(shows_location=lambda source: is_shown)
    graph = Graph(source_kind="url", location="https://x.example/y")
    assert _place(pages, graph).replace(graph.get_source_kind_display(), "Address") == place
