"""The glossary: words that people define are understood by the next question."""

import pytest

from kbqa.sql.models import GlossaryEntry
from kbqa.sql.sources import glossary, services
from searchapp.errors import InvalidInput

VALUE = {"word": "grown", "kind": "value", "table": "customer", "column": "member", "meaning": "T"}
METRIC = {"word": "dearness", "kind": "metric", "table": "product", "meaning": "SUM(price * 2)"}


def test_a_word_for_a_value_is_found_without_a_scan(connect):
    database = connect()
    glossary.define(database, **{**VALUE, "word": "subscribed"})
    answer, _ = services.ask(database, "How many customers are subscribed?")
    assert "member = 'T'" in answer.readings[0].sql
    assert "subscribed" not in answer.readings[0].unused


def test_a_word_for_a_table_counts_as_its_name(connect):
    database = connect()
    glossary.define(database, word="zorbles", kind="table", table="customer")
    answer, _ = services.ask(database, "How many zorbles are there?")
    assert answer.best.result.rows == ((5,),)
    assert answer.missing == ()


def test_a_metric_is_calculated_where_a_question_names_it(connect):
    database = connect()
    glossary.define(database, **METRIC)
    answer, _ = services.ask(database, "What is the total dearness of all products?")
    expected = services.run_sql(database, "SELECT SUM(price * 2) FROM product")[0].rows
    assert answer.readings[0].result.rows == expected
    assert answer.readings[0].words == "The total dearness of products."


MISTAKES = (
    ({"word": " ?"}, "word"),
    ({"table": "nowhere"}, "table"),
    ({"column": "nothing"}, "column"),
    ({"meaning": ""}, "meaning"),
)
WRONG_METRICS = (
    "price +",
    "SUM(price) / COUNT(price)",
    "(SELECT 1)",
    "nothing * 2",
    "2 * 3",
    "load_extension(name)",
    "city.nothing",
)


def test_mistakes_are_told_at_their_field(connect):
    database = connect()
    for change, field in MISTAKES:
        with pytest.raises(InvalidInput) as error:
            glossary.define(database, **{**VALUE, **change})
        assert error.value.field == field
    for wrong in WRONG_METRICS:
        with pytest.raises(InvalidInput) as error:
            glossary.define(database, **{**METRIC, "meaning": wrong})
        assert error.value.field in ("meaning", "sql"), wrong
    with pytest.raises(InvalidInput, match="column of this name"):
        glossary.define(database, **{**METRIC, "word": "price"})
    assert not GlossaryEntry.objects.exists()


def test_what_is_private_has_no_words(connect):
    database = connect()
    glossary.define(database, **VALUE)
    services.describe(database, table="customer", column="member", description="", excluded=True)
    assert not GlossaryEntry.objects.exists()
    with pytest.raises(InvalidInput, match="private"):
        glossary.define(database, **VALUE)
    with pytest.raises(InvalidInput, match="private"):
        glossary.define(database, **{**METRIC, "table": "customer", "meaning": "member + 1"})


def test_api_and_page_define_list_and_forget(api, client, staff, connect):
    connect()
    address = "/api/v1/databases/shop/glossary"
    made = api.post(address, VALUE, format="json")
    assert made.status_code == 201
    assert [entry["word"] for entry in api.get(address).data] == ["grown"]
    assert api.post(address, {**VALUE, "table": "x"}, format="json").status_code == 400
    assert "grown" in client.get("/databases/shop/glossary").content.decode()
    assert client.post("/databases/shop/glossary", METRIC).status_code in (302, 403)
    client.force_login(staff)
    assert client.post("/databases/shop/glossary", METRIC).status_code == 302
    wrong = client.post("/databases/shop/glossary", {**METRIC, "meaning": "nothing"})
    assert "There is no column nothing" in wrong.content.decode()
    assert api.delete(f"{address}?id={made.data['id']}").status_code == 204
    client.post("/databases/shop/glossary", {"forget": GlossaryEntry.objects.get().pk})
    assert not GlossaryEntry.objects.exists()
