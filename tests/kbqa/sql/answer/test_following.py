"""Follow-up questions change the query before; others are asked on their own."""

from pathlib import Path

from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.following import followed
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.query_json import query_from, query_json
from kbqa.sql.rendering import query_text
from kbqa.sql.sources import services
from kbqa.sql.stores.databases import served
from training.sql.parser import parse_query

_LINES = (Path(__file__).parent / "following.txt").read_text(encoding="utf-8").splitlines()
CASES = list(zip(_LINES[::3], _LINES[1::3], _LINES[2::3], strict=True))
"""A query, what is asked on, and the query that this makes of it; - where it is a question of its own."""


def test_follow_ups_change_the_query_before(connect):
    source = served(connect())

    def changed(sql: str, question: str) -> str:
        linked = link_question(question, source.schema, source.cells)
        before = query_from(query_json(parse_query(sql, source.schema)))
        query = followed(linked, question, before)
        return query_text(finished(query, "", source.schema), source.schema, headed=True) if query else "-"

    changes = [(changed(sql, question.strip()), expected.strip()) for sql, question, expected in CASES]
    assert [(found, expected) for found, expected in changes if found != expected] == []


def test_a_thread_goes_on_from_answer_to_answer(connect, api, client):
    database = connect()
    _, first = services.ask(database, "How many customers are from Porto?")
    answer, second = services.ask(database, "and from Oslo?", previous=first.link)
    assert answer.follows == first.text
    assert "= 'Oslo'" in answer.best.sql
    third = api.get(
        "/api/v1/databases/shop/ask", {"q": "only those older than 30", "previous": second.link}
    ).data
    assert third["follows"] == "and from Oslo?"
    assert "'Oslo'" in third["readings"][0]["sql"]
    assert "age > 30" in third["readings"][0]["sql"]
    own, _ = services.ask(database, "How many products are there?", previous=second.link)
    assert own.follows == ""
    page = client.get(second.get_absolute_url()).content.decode()
    assert "Understood as a change of “How many customers are from Porto?”." in page
    assert f'name="previous" value="{second.link}"' in page
    asked = client.get("/databases/shop", {"q": "and from Porto?", "previous": second.link, "from": "0"})
    assert (
        "Understood as a change of “and from Oslo?”" in client.get(asked.headers["Location"]).content.decode()
    )


def test_what_cannot_be_gone_on_from_is_asked_on_its_own(connect, client):
    database = connect()
    _, first = services.ask(database, "How many customers are from Porto?")
    services.forget_answers(database)
    answer, _ = services.ask(database, "and from Oslo?", previous=first.link)
    assert answer.follows == ""
    for previous in ("nonsense", "00000000-0000-4000-8000-000000000000"):
        assert client.get("/databases/shop", {"q": "how many?", "previous": previous}).status_code == 302


def test_a_kept_query_of_other_forms_is_none():
    assert query_from({"is": "Query", "novelty": 1}) is None
    assert query_from({"is": "Nothing"}) is None
    assert query_from(None) is None
