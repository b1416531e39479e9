"""Answers are kept: their pages show them again, with other readings, and decode nothing."""

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kbqa.questions.models import QuestionBase
from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sparql.sources import services as graphs
from kbqa.sparql.stores import QueryError
from kbqa.sql.models import DatabaseQuestion
from kbqa.sql.sources import services as databases

pytestmark = pytest.mark.django_db

DIRECTOR = "who is the director of Silent Harbour?"
CUSTOMERS = "How many customers are there?"


def refuse(*_, **__):
    pytest.fail("This must not be called.")


def answer_address(client, source: str, question: str) -> str:
    """Ask on a page, and return where that leads."""
    asked = client.get(source, {"q": question})
    assert asked.status_code == 302
    return asked.headers["Location"]


@pytest.fixture
def graph_answer(client, load):
    load()
    return answer_address(client, "/graphs/films", DIRECTOR)


@pytest.fixture
def database_answer(client, connect):
    connect()
    return answer_address(client, "/databases/shop", CUSTOMERS)


def test_an_answer_is_asked_for_once_and_shown_as_often_as_wanted(client, graph_answer, monkeypatch):
    assert re.fullmatch(r"/answers/graph-[0-9a-f-]{36}", graph_answer)
    monkeypatch.setattr("kbqa.sparql.answer.pipeline.ask", refuse)
    monkeypatch.setattr("kbqa.sparql.sources.services.served", refuse)
    for _ in range(3):
        page = client.get(graph_answer).content.decode()
        assert "Marta Oliveira</a>" in page
        assert "graph-picture" in page
        assert f'value="{DIRECTOR}"' in page
    assert GraphQuestion.objects.count() == 1


def test_another_reading_of_a_graph_question_runs_its_query_and_is_no_new_question(
    client, graph_answer, monkeypatch
):
    monkeypatch.setattr("kbqa.sparql.answer.pipeline.ask", refuse)
    page = client.get(graph_answer).content.decode()
    others = re.findall(r'href="\?reading=(\d+)"', page)
    assert len(others) > 1
    for number in others[1:3]:
        other = client.get(graph_answer, {"reading": number})
        assert other.status_code == 200
        assert re.search(rf'href="\?reading={number}" aria-current="true"', other.content.decode())
    assert GraphQuestion.objects.count() == 1


def test_another_reading_of_a_database_question_runs_its_statement_and_is_no_new_question(
    client, database_answer, monkeypatch
):
    monkeypatch.setattr("kbqa.sql.answer.pipeline.ask", refuse)
    for _ in range(3):
        assert "\nFROM customer" in client.get(database_answer).content.decode()
    page = client.get(database_answer).content.decode()
    others = re.findall(r'href="\?reading=(\d+)"', page)
    assert len(others) > 1
    other = client.get(database_answer, {"reading": others[1]}).content.decode()
    assert re.search(rf'href="\?reading={others[1]}" aria-current="true"', other)
    assert DatabaseQuestion.objects.count() == 1


def test_what_a_reading_may_not_take_is_said_beside_its_query(client, graph_answer, monkeypatch):
    def too_long(*_):
        raise QueryError("The query took longer than 1 second and was stopped.")

    monkeypatch.setattr("kbqa.sparql.sources.services.run_reading", too_long)
    other = client.get(graph_answer, {"reading": "1"})
    assert other.status_code == 422
    assert "was stopped" in other.content.decode()
    assert "The query</h2>" in other.content.decode()


def test_an_answer_that_is_forgotten_can_be_asked_for_again(client, graph_answer):
    GraphQuestion.objects.update(answer=None)
    page = client.get(graph_answer).content.decode()
    assert "not kept any more" in page
    assert "Ask again" in page
    assert "SELECT DISTINCT" in page


def test_the_answers_of_what_is_deleted_are_gone(client, graph_answer):
    graphs.delete_graph(GraphQuestion.objects.get().graph)
    assert client.get(graph_answer).status_code == 404
    assert client.get(f"/answers/graph-{uuid.uuid4()}").status_code == 404


def test_answers_are_read_by_those_who_may_see_the_source(client, graph_answer, staff):
    assert Client().get(graph_answer).status_code == 200
    Graph.objects.update(visibility="signed-in")
    assert client.get(graph_answer).status_code == 404
    client.force_login(User.objects.create_user("reader"))
    assert client.get(graph_answer).status_code == 200


def test_history_is_ones_own(client, graph_answer, staff):
    other, mine = Client(), f'href="{graph_answer}"'
    assert mine in client.get("/graphs/films").content.decode()
    assert mine not in other.get("/graphs/films").content.decode()
    reader = User.objects.create_user("reader")
    other.force_login(reader)
    assert mine not in other.get("/graphs/films").content.decode()
    GraphQuestion.objects.update(asker=reader, session="")
    assert mine in other.get("/graphs/films").content.decode()
    assert mine not in client.get("/graphs/films").content.decode()
    client.force_login(staff)
    assert mine in client.get("/graphs/films").content.decode()


def test_only_people_who_are_signed_in_judge(client, graph_answer):
    kept = GraphQuestion.objects.get()
    assert "Sign in</a> to say whether this is right." in client.get(graph_answer).content.decode()
    answer = client.post(f"/graphs/films/questions/{kept.link}", {"verdict": "good"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in?next={graph_answer}")
    kept.refresh_from_db()
    assert kept.verdict == ""


def test_history_leads_to_the_answers(client, graph_answer):
    assert f'href="{graph_answer}"' in client.get("/graphs/films").content.decode()


def test_kept_rows_of_columns_that_became_private_are_forgotten(client, connect):
    database = connect()
    address = answer_address(client, "/databases/shop", "what are the names of all customers?")
    assert "Marta Oliveira" in client.get(address).content.decode()
    databases.describe(database, table="customer", column="name", description="", excluded=True)
    assert "Marta Oliveira" not in client.get(address).content.decode()


def test_a_judgement_is_kept_from_an_answers_page(client, staff, database_answer):
    client.force_login(staff)
    page = client.get(database_answer).content.decode()
    address = re.search(r'hx-post="([^"]+)"', page)[1]
    assert "Thank you" in client.post(address, {"verdict": "good"}).content.decode()
    assert DatabaseQuestion.objects.get().verdict == QuestionBase.Verdict.GOOD


@pytest.mark.parametrize("verdict", ["", "maybe"])
def test_a_judgement_that_says_nothing_is_refused(client, staff, database_answer, verdict):
    client.force_login(staff)
    page = client.get(database_answer).content.decode()
    address = re.search(r'hx-post="([^"]+)"', page)[1]
    response = client.post(address, {"verdict": verdict})
    assert response.status_code == 422
    assert "Yes or No" in response.content.decode()
    assert DatabaseQuestion.objects.get().verdict == QuestionBase.Verdict.NONE


def test_another_reading_is_confirmed_as_a_correction(client, staff, database_answer):
    client.force_login(staff)
    assert "Is this right?" in client.get(database_answer).content.decode()
    other = client.get(database_answer, {"reading": "1"}).content.decode()
    assert 'name="reading" value="1"' in other
    assert 'value="bad">No' not in other
    address = re.search(r'hx-post="([^"]+)"', other)[1]
    client.post(address, {"verdict": "good", "reading": "1"})
    question = DatabaseQuestion.objects.get()
    assert question.correction == question.answer["readings"][1]["query"]


def test_columns_that_were_chosen_are_kept_with_the_answer(client, connect):
    connect()
    asked = client.get("/databases/shop", {"q": "names", "column": ["city.name", "city.country"]})
    for _ in range(2):
        page = client.get(asked.headers["Location"]).content.decode()
        assert "Only the 2 columns that you chose" in page
        assert 'value="city.name" checked' in page
