"""What is done with a question, whatever it is asked of."""

import pytest
from django.contrib.auth.models import AnonymousUser

from kbqa.questions.errors import MAX_QUESTION_CHARACTERS, QuestionError
from kbqa.questions.selectors import history, training_examples
from kbqa.questions.services import keep, keep_judgement, normalized
from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sql.models import Database, DatabaseQuestion


def test_spaces_and_what_no_text_has_are_taken_out():
    assert normalized("  who\n made\0 \t Falcon? ") == "who made Falcon?"


@pytest.mark.parametrize("text", ["", "  \0\n", "x" * (MAX_QUESTION_CHARACTERS + 1)])
def test_what_cannot_be_asked_says_why(text):
    with pytest.raises(QuestionError, match=r"Ask something|at most 2,000 characters; this one has 2,001"):
        normalized(text)


@pytest.fixture(params=["graph", "database"])
def question(request, db):
    if request.param == "graph":
        graph = Graph.objects.create(slug="films", name="films", source_kind="file")
        return GraphQuestion(graph=graph, text="who?", sparql="ASK {}", answer={"a": ["\0", float("inf")]})
    database = Database.objects.create(slug="films", name="films", source_kind="file")
    return DatabaseQuestion(
        database=database, text="who?", sql="SELECT 1", answer={"a": ["\0", float("inf")]}
    )


def test_answers_are_kept_whatever_they_hold(question):
    keep(question)
    question.refresh_from_db()
    assert question.answer == {"a": ["\0", float("inf")]}
    assert (question.source.name, question.query) == ("films", question.query)


def test_visitors_ask_without_a_name(question, staff):
    assert keep(question, AnonymousUser()).asker is None
    assert keep(question, staff).asker == staff


def test_history_is_read_without_the_answers(question, django_assert_num_queries):
    keep(question)
    with django_assert_num_queries(1):
        assert [past.text for past in history(question.source.questions.all())] == ["who?"]
    assert "answer" in next(iter(history(question.source.questions.all()))).get_deferred_fields()


def test_examples_are_what_was_right_or_was_corrected(question):
    keep(question)
    assert training_examples(type(question).objects.all()) == []
    keep_judgement(question, good=False)
    assert training_examples(type(question).objects.all()) == []
    keep_judgement(question, good=True)
    expected = {question.EXAMPLE_SOURCE: "films", "question": "who?", question.LANGUAGE: question.query}
    assert training_examples(type(question).objects.all()) == [expected]
    keep_judgement(question, good=False, correction="SELECT 2")
    assert training_examples(type(question).objects.all()) == [expected | {question.LANGUAGE: "SELECT 2"}]
