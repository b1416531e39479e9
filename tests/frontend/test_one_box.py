"""One box: whatever is typed, the likeliest source answers first, and code search stays as it was."""

import re

import pytest


@pytest.fixture
def loaded(index, shop, load, connect):
    index(shop, name="mailing")
    load()
    connect()


def page(client, q: str) -> str:
    return client.get("/", {"q": q}).content.decode()


def test_a_question_to_a_database_leads_to_its_answer(client, loaded):
    shown = page(client, "How many customers are there in each city?")
    part = re.search(r'hx-get="(/ask/database/shop[^"]*)"', shown)
    assert part is not None
    assert '<a href="/databases/shop?q=How+many' in shown
    answer = client.get("/ask/database/shop", {"q": "How many customers are there?"}).content.decode()
    assert '<p class="answer-value">5</p>' in answer
    assert "% sure" in answer
    assert "/answers/database-" in answer


def test_code_is_searched_as_before(client, loaded):
    shown = page(client, "apply_discount")
    assert shown.index("best match") > 0
    assert 'hx-get="/ask/' not in shown.split("best match")[0] or shown.index("hit-list") > 0
    assert "hit-list" in page(client, "code: apply_discount")
    assert 'hx-get="/ask/' not in page(client, "code: apply_discount")


def test_a_scope_asks_that_source_alone(client, loaded):
    shown = page(client, "graph:films who directed Falcon?")
    assert re.findall(r'hx-get="(/ask/[a-z]+/[a-z]+)', shown) == ["/ask/graph/films"]
    assert "hit-list" not in shown
    missing = client.get("/", {"q": "graph:nope who?"})
    assert missing.status_code == 422
    assert "There is no graph called “nope”" in missing.content.decode()


def test_the_first_page_says_what_is_loaded_and_what_to_do(client, staff, loaded):
    shown = client.get("/").content.decode()
    assert all(f'href="{address}"' in shown for address in ("/graphs/films", "/databases/shop"))
    assert "in three steps" not in shown
    client.force_login(staff)
    assert "in three steps" in client.get("/").content.decode()


def test_the_text_of_a_question_is_escaped(client, loaded):
    assert "<script>alert" not in page(client, "customers <script>alert(1)</script>")
