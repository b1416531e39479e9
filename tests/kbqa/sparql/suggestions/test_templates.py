"""Questions made from a graph read as a person would ask them."""

import re
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.query import Aggregate, query_text
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.templates import make_examples
from tests.kbqa.sparql.grammar.spelled import BASE, cases, films, live, shortened
from tests.kbqa.sparql.graphs import live_graph_of

FIRM = """
@prefix : <http://firm.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:ann a :Employee ; rdfs:label "Ann" ; :reportsTo :bo ; :bornIn :oslo ; :desk :d1 ; :salary 50 ; :awards 12 .
:bo a :Employee ; rdfs:label "Bo" ; :reportsTo :cy ; :bornIn :oslo ; :desk :d2 ; :salary 60 ; :awards 3 .
:cy a :Employee ; rdfs:label "Cy" ; :bornIn :rome ; :desk :d2 ; :salary 70 ; :awards 8 .
:d1 a :Desk ; rdfs:label "Window desk" ; :maintainedBy :bo .
:d2 a :Desk ; rdfs:label "Door desk" ; :maintainedBy :ann .
:oslo a :City ; rdfs:label "Oslo" . :rome a :City ; rdfs:label "Rome" .
"""


@pytest.fixture(scope="module")
def questions() -> set[str]:
    store = Store()
    store.load(FIRM.encode(), format=RdfFormat.TURTLE)
    profile = profile_graph(OxigraphStore(store, ""))
    return {
        example.question.lower() for seed in range(12) for example in make_examples(store, profile, 60, seed)
    }


@pytest.mark.parametrize(
    "part", ["employees report to bo", "employees were born in oslo", "desks were maintained by"]
)
def test_verbs_agree_with_several(questions, part):
    assert any(part in each for each in questions)


@pytest.mark.parametrize(
    "part", ["the reports to", "the born in", "the maintained by", "employees reports", "employees born in"]
)
def test_a_verb_is_no_noun(questions, part):
    assert not [each for each in questions if part in each]


def test_only_what_is_counted_is_most(questions):
    assert any("the most awards" in each for each in questions)
    assert any("highest salary" in each for each in questions)
    assert not [
        each for each in questions if any(f"{word} salary" in each for word in ("most", "least", "fewest"))
    ]
    assert any(re.search(r"(with|have) (more|less|fewer) than \d+ awards", each) for each in questions)
    assert not [each for each in questions if "a awards" in each or "salary after" in each]


@pytest.fixture(scope="module")
def about_films() -> list[Example]:
    graph = live(films())
    return [
        example
        for seed in range(250)
        for example in make_examples(graph.store.store, graph.profile, 150, seed)
    ]


@pytest.mark.parametrize(("question", "query"), cases(Path(__file__).with_name("templates.txt")))
def test_a_question_means_its_query(about_films, question, query):
    queries = {
        shortened(query_text(example.query))
        for example in about_films
        if example.question.lower() == question
    }
    assert queries == {query}


@pytest.mark.parametrize(
    ("property_and_value", "words"),
    [
        (
            "year 1988",
            "more than > | greater than > | over > | above > | higher than > | less than < | below < | "
            "under < | lower than < | smaller than < | at least >= | at most <= | of = | equal to = | not != | "
            "after > | before <",
        ),
        (
            "length 88.50",
            "more than > | greater than > | over > | above > | higher than > | less than < | below < | "
            "under < | lower than < | smaller than < | at least >= | at most <= | of = | equal to = | not !=",
        ),
        (
            "awards 2000",
            "more than > | over > | less than < | fewer than < | under < | at least >= | at most <=",
        ),
    ],
)
def test_words_for_comparisons(property_and_value, words):
    name, _, value = property_and_value.partition(" ")
    graph = live_graph_of(f":f a :Film ; :{name} {value} .")
    shown = value.rstrip("0") if "." in value else value
    wording = f"films with {{}} {shown} {name}" if name == "awards" else f"films with {name} {{}} {shown}"
    found = {}
    for example in make_examples(graph.store.store, graph.profile, 20_000, 1):
        if example.query.filters and example.query.columns[0].aggregate is None:
            found[example.question.lower()] = example.query.filters[0].comparison.value
    expected = dict(entry.rsplit(" ", 1) for entry in words.split(" | "))
    prefix, _, suffix = wording.partition("{}")
    assert {
        question.removeprefix(prefix).removesuffix(suffix): comparison
        for question, comparison in found.items()
        if question.startswith(prefix) and question.endswith(suffix)
    } == expected


def test_a_question_may_begin_with_a_capital_or_not(about_films):
    asked = {example.question for example in about_films}
    assert {"whose genre is drama?", "Whose genre is drama?"} <= asked


def test_every_query_can_be_run_and_names_what_its_question_names(about_films):
    store, names = (
        films(),
        {"p1": "Marta Oliveira", "p2": "Jón Þórsson", "f1": "Silent Harbour", "c2": "Akureyri"},
    )
    texts = {query_text(example.query): example.question for example in about_films}
    for text, question in texts.items():
        store.query(text)
        for local, name in names.items():
            assert (f"<{BASE}{local}>" in text) == (name.casefold() in question.casefold()), question


def test_all_kinds_of_questions_have_their_turn(about_films):
    made = [example.query for example in about_films]
    assert any(query.negations for query in made)
    assert any(query.having for query in made)
    assert any(query.order and query.descending for query in made)
    assert any(not query.columns for query in made)
    assert any(edge.alternatives for query in made for edge in query.edges)
    assert {item.aggregate for query in made for item in query.columns} == {
        None, Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX
    }  # fmt: skip


def test_the_same_seed_makes_the_same_questions_and_as_many_as_are_wanted():
    graph = live(films())

    def made(seed: int) -> list[Example]:
        return list(make_examples(graph.store.store, graph.profile, 20, seed))

    assert made(1) == made(1)
    assert made(1) != made(2)
    assert 15 <= len(made(1)) <= 20
    assert list(make_examples(graph.store.store, graph.profile, 0, 1)) == []
