"""Which source a question goes to: by what is in the sources, among those that its asker may see."""

import pytest
from django.contrib.auth.models import User

from routing import Scope, ScopeError, rank, split_scope, visible_sources
from searchapp.visibility import Visibility

CODE_QUESTIONS = [
    "apply_discount",
    "send a confirmation to an address",
    "def f(price, percent):\n    return price",
]
GRAPH_QUESTIONS = [
    "Who directed Silent Harbour?",
    "films starring Marta Falcon",
    "birth place of Anna O'Hara",
]
DATABASE_QUESTIONS = [
    "How many customers are there in each city?",
    "average age of members",
    "SELECT name FROM customer WHERE age > 30",
]


@pytest.fixture
def loaded(index, shop, load, connect):
    index(shop, name="mailing")
    load()
    connect()


def first(question: str) -> str:
    return rank(question)[0].source.label


def test_a_question_goes_to_the_source_that_holds_its_answer(loaded):
    assert [first(each) for each in CODE_QUESTIONS] == ["code:mailing"] * 3
    assert [first(each) for each in GRAPH_QUESTIONS] == ["graph:films"] * 3
    assert [first(each) for each in DATABASE_QUESTIONS] == ["db:shop"] * 3
    assert sum(each.probability for each in rank(GRAPH_QUESTIONS[0])) == pytest.approx(1)


def test_a_source_is_routed_to_as_soon_as_it_is_loaded_and_anew_when_it_changes(loaded, load):
    question = "Which mountain is higher than Ben Nevis?"
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    text = f'@prefix : <urn:m:> . :a a :Mountain ; :height 1345 ; {label} "{{}}" .'
    load(text.format("Scafell"), name="hills")
    before = {each.source.key: each.probability for each in rank(question)}
    assert first(question) == "graph:hills"
    load(text.format("Ben Nevis"), name="hills")
    after = {each.source.key: each.probability for each in rank(question)}
    assert after["hills"] > before["hills"]


def test_only_what_a_person_may_see_is_ranked(loaded, client):
    graph = next(each for each in visible_sources() if each.kind == "graph").row
    graph.visibility = Visibility.SIGNED_IN
    graph.save()
    asked = {"q": GRAPH_QUESTIONS[0]}
    anonymous = client.get("/api/v1/ask", asked).json()
    assert "films" not in [each["key"] for each in anonymous["sources"]]
    assert client.get("/api/v1/ask", {**asked, "scope": "graph:films"}).status_code == 400
    client.force_login(User.objects.create_user("ada"))
    assert client.get("/api/v1/ask", asked).json()["sources"][0]["key"] == "films"


def test_a_scope_narrows_and_one_that_is_not_there_is_refused(loaded):
    assert {each.source.kind for each in rank("customers", Scope("graph"))} == {"graph"}
    with pytest.raises(ScopeError, match="no database called “shops”"):
        rank("customers", Scope("db", "shops"))
    assert split_scope("DB:shop how many?") == (Scope("db", "shop"), "how many?")
    assert split_scope("http://example.org is down")[0] == Scope()


@pytest.mark.parametrize(
    "text", ["", " ", "?", "\0", "é" * 5000, "(" * 3000, "SELECT", "{", "x:y:z {", "a" * 60_000]
)
def test_any_text_is_ranked(loaded, text):
    assert len(rank(text)) == 3


def test_the_api_answers_from_the_likeliest_source(loaded, client):
    body = client.get("/api/v1/ask", {"q": "How many customers are there?"}).json()
    assert body["sources"][0]["key"] == "shop"
    assert body["answer"]["rows"] == [["5"]]
    assert body["answer"]["query"].startswith("SELECT COUNT(*)")
    assert 0 < body["answer"]["confidence"] <= 1
    code = client.get("/api/v1/ask", {"q": "apply_discount", "scope": "code:"}).json()["answer"]
    assert code["rows"][0][3] == "apply_discount"
    assert client.get("/api/v1/ask").status_code == 400
