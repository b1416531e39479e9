"""Questions that go on from others, and those that people confirmed."""

import pytest

from kbqa.sparql.answer.kept_answer import kept_answer_of
from kbqa.sparql.sources import services


def rows(question):
    result = kept_answer_of(question).result
    return sorted(row[0].text for row in result.rows) if result and result.rows else None


def asked(graph, text, before=None):
    return services.ask(graph, text, previous=before.link if before else None)[1]


FIRST = "which films have the director Marta Oliveira?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("how many are they?", ["2"]),
        ("and of Marta Falcon?", ["Falcon"]),
    ],
)
def test_a_follow_up_changes_the_reading_before(load, text, found):
    graph = load()
    first = asked(graph, FIRST)
    second = asked(graph, text, first)
    answer = kept_answer_of(second)
    assert (answer.follows, rows(second)) == (FIRST, found)
    assert rows(first) == ["Silent Harbour", "The Long Road"]


def test_it_is_what_was_asked_about(load):
    graph = load()
    first = asked(graph, "who is the director of Silent Harbour?")
    second = asked(graph, "where was she born?", first)
    assert kept_answer_of(second).readings[0].words == "Every city that Marta Oliveira is born in." or rows(
        second
    ) == ["Porto"]


def test_what_changes_nothing_is_asked_on_its_own(load):
    graph = load()
    first = asked(graph, FIRST)
    second = asked(graph, "and how many films are there?", first)
    answer = kept_answer_of(second)
    assert (answer.follows, rows(second)) == ("", ["4"])
    assert "asked on its own" in answer.notice


def test_another_graphs_question_is_no_start(load):
    films, other = load(), load(name="other")
    first = asked(other, FIRST)
    assert kept_answer_of(asked(films, "how many are they?", first)).follows == ""


def test_a_corrected_question_has_that_answer_from_then_on(load):
    graph = load()
    question = asked(graph, "who is the boss of Silent Harbour?")
    director = "SELECT ?x WHERE { <http://films.example/f1> <http://films.example/director> ?x }"
    services.judge(question, good=False, correction=director)
    again = asked(graph, "Please tell me who the boss of Silent Harbour is")
    answer = kept_answer_of(again)
    assert (rows(again), answer.sure) == (["Marta Oliveira"], True)
    assert answer.confirmed_at
    other = asked(graph, "who is the boss of Falcon?")
    assert rows(other) == ["Marta Falcon"]
    assert asked(graph, "who is the boss of everything?").sparql != director
    services.judge(again, good=False)
    assert not kept_answer_of(asked(graph, "who is the boss of Silent Harbour?")).confirmed_at
