"""Words that nothing in a graph is called by find what means the same."""

import pytest

from kbqa.sparql.answer.entity_linking import find_candidates
from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest import load as ingest
from kbqa.sparql.models import LabelVector
from kbqa.sparql.names import label_vectors_of

COUNTRIES = """
@prefix : <http://world.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:us a :Country ; rdfs:label "United States of America" ; :capital :w . :w a :City ; rdfs:label "Washington" .
:nl a :Country ; rdfs:label "Netherlands" ; :capital :a . :a a :City ; rdfs:label "Amsterdam" .
:q142 a :Country ; rdfs:label "France" ; :capital :p . :p a :City ; rdfs:label "Paris" .
"""


def mentioned(graph, question: str) -> list[str]:
    opened = served(graph)
    version, live = opened.version, opened.live
    return [choice.text for choice in find_candidates(question, version, live.profile).entities]


@pytest.fixture
def countries(load):
    return load(COUNTRIES, name="countries")


def test_other_words_for_a_name_find_it(countries):
    assert mentioned(countries, "What is the capital of the USA?")[:1] == ["United States of America"]
    assert mentioned(countries, "What is the capital of Holland?")[:1] == ["Netherlands"]


def test_what_is_called_so_is_found_by_its_name_alone(countries, monkeypatch):
    def refuse(texts):
        raise AssertionError(f"{texts} were encoded, though all words are known.")

    monkeypatch.setattr("kbqa.sparql.answer.entity_linking.encode_labels", refuse)
    assert mentioned(countries, "What is the capital of France?") == ["France"]


def test_unlike_words_find_nothing(countries):
    assert mentioned(countries, "What is the capital of zzyzx quuxbar?") == []


def test_vectors_are_made_once_and_go_with_their_labels(countries, load, monkeypatch):
    assert LabelVector.objects.filter(graph=countries).count() == 6

    def refuse(texts):
        raise AssertionError(f"{texts} were encoded again.")

    monkeypatch.setattr(ingest, "encode_labels", refuse)
    load(
        COUNTRIES.replace(':q142 a :Country ; rdfs:label "France" ; ', ":q142 a :Country ; "),
        name="countries",
    )
    assert set(label_vectors_of(countries.pk).rows().values_list("text", flat=True)) == {
        "United States of America",
        "Washington",
        "Netherlands",
        "Amsterdam",
        "Paris",
    }


def test_they_can_be_left_out(load, settings):
    settings.GRAPH_EMBEDDED_LABELS = 0
    graph = load(COUNTRIES, name="countries")
    assert not LabelVector.objects.exists()
    assert mentioned(graph, "What is the capital of Yankeeland?") == []
