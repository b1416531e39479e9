"""What people call things in a graph."""

import pytest

from kbqa.sparql.sources import glossary, services
from searchapp.errors import InvalidInput


def answer(graph, question):
    return services.ask(graph, question)[0]


def test_a_word_means_a_property_a_class_or_a_thing(load):
    graph = load()
    before = answer(graph, "who is the helmsman of Silent Harbour?")
    assert before.best is None or not before.sure
    assert glossary.define(graph, word="helmsman", meaning="Director").iri.endswith("/director")
    glossary.define(graph, word="the quiet one", meaning="http://films.example/f1")
    asked = answer(graph, "who is the helmsman of the quiet one?")
    assert asked.question == "who is the helmsman of the quiet one?"
    assert asked.sure
    assert asked.best.words == "The director of Silent Harbour."


@pytest.mark.parametrize(
    ("word", "meaning", "field"),
    [
        ("?!", "director", "word"),
        ("chief", "helicopter", "meaning"),
        ("chief", "http://films.example/no", "meaning"),
    ],
)
def test_what_cannot_be_defined(load, word, meaning, field):
    graph = load()
    with pytest.raises(InvalidInput) as error:
        glossary.define(graph, word=word, meaning=meaning)
    assert error.value.field == field
    assert not graph.glossary.exists()


def test_a_word_has_one_meaning_and_is_forgotten(load):
    graph = load()
    glossary.define(graph, word="chief", meaning="director")
    glossary.define(graph, word="chief", meaning="birth place")
    [kept] = graph.glossary.all()
    assert kept.iri.endswith("/birthPlace")
    glossary.forget(graph, kept.pk)
    assert not graph.glossary.exists()
