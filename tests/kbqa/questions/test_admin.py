"""Questions in the admin."""

import json

import pytest
from django.contrib.admin.sites import site

from kbqa.questions.services import keep_judgement
from kbqa.sparql.models import Graph, GraphQuestion

pytestmark = pytest.mark.django_db


@pytest.fixture
def questions():
    graph = Graph.objects.create(slug="films", name="films", source_kind="file")
    for text in ("wer führte Regie?", "who?", "when?"):
        GraphQuestion.objects.create(graph=graph, text=text, sparql="ASK {}", answer={"rows": []})
    return GraphQuestion.objects.order_by("pk")


def test_judged_questions_are_exported_a_line_each(questions):
    keep_judgement(questions[0], good=True)
    keep_judgement(questions[1], good=False)
    response = site.get_model_admin(GraphQuestion).export(None, GraphQuestion.objects.order_by("pk"))
    assert response["Content-Type"] == "application/jsonl"
    assert response["Content-Disposition"] == 'attachment; filename="questions.jsonl"'
    assert "führte" in response.content.decode(), "a person can read it"
    assert [json.loads(line) for line in response.content.decode().splitlines()] == [
        {"graph": "films", "question": "wer führte Regie?", "sparql": "ASK {}"}
    ]


def test_questions_are_listed_without_their_answers_and_only_judgements_can_be_changed(questions, rf):
    admin = site.get_model_admin(GraphQuestion)
    request = rf.get("/")
    assert "answer" in admin.get_queryset(request).first().get_deferred_fields()
    assert not admin.has_add_permission(request)
    assert admin.get_list_display(request) == ("text", "graph", "verdict", "confidence", "asked")
    assert not {"verdict", "correction"} & set(admin.get_readonly_fields(request))
    assert {"text", "sparql", "graph"} <= set(admin.get_readonly_fields(request))


@pytest.fixture
def signed_in(client, staff):
    client.force_login(staff)
    return client


def test_questions_are_found_by_their_words_and_their_query(questions, signed_in):
    address = "/admin/kbqa/graphquestion/"
    assert b"when?" in signed_in.get(address, {"q": "when"}).content
    assert b"when?" not in signed_in.get(address, {"q": "Regie"}).content
    assert b"when?" in signed_in.get(address, {"q": "ASK"}).content
