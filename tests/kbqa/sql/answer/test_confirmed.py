"""What people confirmed or corrected is answered from then on, in near words and with other constants."""

import sqlite3

import pytest
from django.contrib.auth.models import User

from kbqa.sql.sources import services

OLDER = "Which customers from Porto are older than 30?"
SQL = "SELECT customer.name FROM customer JOIN city USING (city_id) WHERE city.name = 'Porto' AND age > 30"


@pytest.fixture
def shop_with_correction(connect):
    database = connect()
    _, question = services.ask(database, OLDER)
    services.judge(question, good=False, correction=SQL, by=User.objects.create_user("ida"))
    return database


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (OLDER, "city.name = 'Porto' AND age > 30"),
        ("show me the customers from Porto that are older than 30", "city.name = 'Porto' AND age > 30"),
        ("Which customers from Oslo are older than 25?", "city.name = 'Oslo' AND age > 25"),
        ("How many customers from Porto are older than 30?", None),
        ("Which customers from Porto are younger than 30?", None),
        ("Which customers from Porto are not older than 30?", None),
        ("Which customers from Porto or Oslo are older than 30?", None),
        ("Which customers from Porto are older than Oslo?", None),
        ("Which customers are older than 30?", None),
    ],
)
def test_a_corrected_question_is_answered_from_then_on(shop_with_correction, question, expected):
    answer, kept = services.ask(shop_with_correction, question)
    if expected is None:
        assert answer.confirmed is None
        return
    assert expected in answer.best.sql
    assert answer.confirmed.by == "ida"
    assert answer.sure
    assert kept.answer["confirmed"] == [answer.confirmed.by, answer.confirmed.at]


def test_two_constants_of_a_column_keep_their_places(connect):
    database = connect()
    _, question = services.ask(database, "customers from Porto before customers from Oslo")
    sql = "SELECT 1 WHERE 'Porto' < 'Oslo' AND 1 = (SELECT COUNT(*) FROM city WHERE name = 'Porto')"
    services.judge(question, good=False, correction=sql)
    answer, _ = services.ask(database, "customers from Oslo before customers from Porto")
    assert "'Oslo' < 'Porto'" in answer.best.sql


def test_a_judgement_can_be_taken_back(shop_with_correction):
    _, again = services.ask(shop_with_correction, OLDER)
    services.judge(again, good=False)
    assert services.ask(shop_with_correction, OLDER)[0].confirmed is None


def test_what_names_a_private_column_is_forgotten(shop_with_correction):
    assert services.ask(shop_with_correction, OLDER)[0].confirmed is not None
    for excluded in (True, False):
        services.describe(
            shop_with_correction, table="customer", column="age", description="", excluded=excluded
        )
        assert services.ask(shop_with_correction, OLDER)[0].confirmed is None


def test_what_a_changed_schema_breaks_is_dropped(shop_with_correction, shop_file):
    connection = sqlite3.connect(shop_file)
    connection.execute("ALTER TABLE customer RENAME COLUMN age TO years")
    connection.close()
    assert services.ask(shop_with_correction, OLDER)[0].confirmed is None


def test_a_date_of_the_day_on_which_it_was_asked_is_not_kept(connect):
    database = connect()
    _, question = services.ask(database, "How many orders this month?")
    sql = "SELECT COUNT(*) FROM \"order\" WHERE ordered_on > '2026-11-01'"
    services.judge(question, good=False, correction=sql)
    assert services.ask(database, "How many orders this month?")[0].confirmed is None


def test_who_confirmed_is_told_to_who_is_signed_in(client, api, staff, shop_with_correction):
    page = client.get("/databases/shop", {"q": OLDER}, follow=True).content.decode()
    assert "Confirmed on" in page
    assert "ida" not in page
    client.force_login(staff)
    assert "Confirmed by ida on" in client.get("/databases/shop", {"q": OLDER}, follow=True).content.decode()
    assert api.get("/api/v1/databases/shop/ask", {"q": OLDER}).data["confirmed_by"] == "ida"
