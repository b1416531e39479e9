import html
import re
import sqlite3

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kbqa.sql.models import Database, DatabaseQuestion
from kbqa.sql.sources import services

pytestmark = pytest.mark.django_db


def test_without_databases_the_page_says_what_to_do(client, staff):
    assert "No database has been connected yet" in client.get("/databases").content.decode()
    client.force_login(staff)
    assert "/databases/add" in client.get("/databases").content.decode()
    form = client.post("/databases/add", {"source_kind": "url"})
    assert form.status_code == 422
    assert "Give the host" in form.content.decode()


def test_a_file_is_connected_and_mistakes_are_shown_at_their_field(client, staff, shop_file):
    client.force_login(staff)
    wrong = client.post(
        "/databases/add", {"source_kind": "upload", "file": SimpleUploadedFile("a.sqlite", b"text")}
    )
    assert wrong.status_code == 422
    assert "is not an SQLite database" in wrong.content.decode()
    unknown = client.post("/databases/add", {"source_kind": "url", "url": "oracle://x"})
    assert "not supported" in unknown.content.decode()
    added = client.post(
        "/databases/add",
        {"source_kind": "upload", "file": SimpleUploadedFile("my shop.sqlite", shop_file.read_bytes())},
    )
    assert added.headers["Location"] == "/databases/my-shop"
    assert "being scanned" in client.get("/databases/my-shop").content.decode()


def test_a_database_shows_what_is_in_it(client, connect):
    connect()
    page = client.get("/databases/shop").content.decode()
    assert "größe" in page
    assert "→ city.city_id" in page
    assert "5 rows" in page


def test_an_answer_shows_sql_words_readings_and_focus(client, connect):
    connect()
    page = client.get("/databases/shop", {"q": "How many customers are there?"}, follow=True).content.decode()
    assert "\nFROM customer" in page, "each clause has a line"
    assert "How it was decided" in page
    assert "Which part of the schema it is about" in page
    for reading in ("1", "99"):
        asked = {"q": "How many customers are there?", "reading": reading}
        assert client.get("/databases/shop", asked, follow=True).status_code == 200


def test_in_doubt_readings_are_offered_and_no_answer_is_shown(client, connect, monkeypatch):
    monkeypatch.setattr("kbqa.sql.answer.pipeline.SURE", 1.0)
    connect()
    asked = client.get("/databases/shop", {"q": "customers and cities"})
    page = client.get(asked.headers["Location"]).content.decode()
    assert "I can read this as …" in page
    assert "The query</h2>" not in page
    assert 2 <= page.count('<li class="card">') <= 3
    chosen = client.get(asked.headers["Location"], {"reading": "0"}).content.decode()
    assert "The query</h2>" in chosen
    assert "I can read this as" not in chosen


def test_words_that_an_answer_does_not_use_and_why_it_found_nothing_are_said(client, connect):
    connect()
    asked = {"q": "How many shiny customers are older than 95?"}
    page = client.get("/databases/shop", asked, follow=True).content.decode()
    assert "“shiny”" in page
    assert "There is no customer whose age is more than 95." in page


def test_sql_is_run_and_exported(client, connect):
    connect()
    page = client.get(
        "/databases/shop/query", {"sql": "SELECT name, price FROM product ORDER BY price"}
    ).content.decode()
    assert "4 rows" in page
    assert "chart-drawing" in page


def test_all_rows_are_exported_from_below_the_table(client, connect, settings):
    settings.DATABASE_MAX_ROWS = 2
    connect()
    sql = "SELECT name FROM city WHERE city_id < 3 UNION SELECT '=1+1' ORDER BY 1"
    page = client.get("/databases/shop/query", {"sql": sql}).content.decode()
    assert "Download all rows, also those that are not shown:" in page
    address = re.search(r'href="(/databases/shop/export[^"]*csv[^"]*)"', page)[1]
    exported = client.get(html.unescape(address))
    assert exported.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert exported.headers["Content-Disposition"] == 'attachment; filename="shop.csv"'
    assert exported.getvalue().decode().splitlines() == ["name", "'=1+1", "Akureyri", "Porto"]
    settings.DATABASE_MAX_ROWS = 3
    assert "Download all 3 rows:" in client.get("/databases/shop/query", {"sql": sql}).content.decode()


def test_answers_are_exported_as_each_kind_of_file(client, connect):
    connect()
    page = client.get("/databases/shop", {"q": "names of all products"}, follow=True).content.decode()
    addresses = re.findall(r'href="(/databases/shop/export[^"]*)"', page)
    files = [client.get(html.unescape(address)).getvalue() for address in addresses]
    assert [file[:4] for file in files] == [b"name", b'[\n{"', b"PK\x03\x04"]
    assert b"bicycle" in files[0]


def test_exports_refuse_what_is_not_shown_either(client, connect, staff):
    connect()
    client.force_login(staff)
    note = {"description": "", "excluded": "on"}
    client.post("/databases/shop/describe?table=customer&column=age", note)
    for sql, status in (
        ("SELECT age FROM customer", 422),
        ("DELETE FROM city", 422),
        ("SELECT * FROM customer", 200),
    ):
        answer = client.get("/databases/shop/export", {"sql": sql})
        assert answer.status_code == status, sql
        assert "34" not in answer.getvalue().decode()
    unknown = client.get("/databases/shop/export", {"sql": "SELECT 1", "format": "pdf"})
    assert (unknown.status_code, "There is no format pdf" in unknown.content.decode()) == (422, True)


def test_a_column_without_a_type_is_not_called_null(client, connect, tmp_path):
    path = tmp_path / "loose.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, anything)")
    connect(path=path)
    page = client.get("/databases/shop").content.decode()
    assert "no known type" in page
    assert "null" not in page.lower()


def test_mistakes_are_explained(client, connect):
    connect()
    assert client.get("/databases/shop", {"q": "x" * 3_000}).status_code == 422
    refused = client.get("/databases/shop/query", {"sql": "DELETE FROM customer"})
    assert refused.status_code == 422
    assert "Only SELECT is allowed" in refused.content.decode()
    assert client.get("/databases/none").status_code == 404


def test_questions_and_cells_are_escaped(client, connect):
    connect()
    for address, given in (
        ("", {"q": "<script>alert(1)</script>"}),
        ("/query", {"sql": "SELECT '<script>alert(1)</script>'"}),
    ):
        assert (
            "<script>alert"
            not in client.get(f"/databases/shop{address}", given, follow=True).content.decode()
        )


def test_columns_are_described_by_those_who_may(client, staff, connect):
    connect()
    address = "/databases/shop/describe?table=customer&column=age"
    assert client.get(address).status_code in (302, 403)
    client.force_login(staff)
    assert "What it means" in client.get(address).content.decode()
    assert client.post(address, {"description": "in years", "excluded": ""}).status_code == 302
    assert "in years" in client.get("/databases/shop").content.decode()
    assert client.post("/databases/shop/describe?table=nowhere", {"description": "x"}).status_code == 422


def test_answers_are_judged_and_corrected(client, staff, connect):
    _, kept = services.ask(connect(), "how many customers?")
    address = f"/databases/shop/questions/{kept.link}"
    client.force_login(staff)
    wrong = client.post(address, {"verdict": "bad", "correction": "DROP TABLE city"})
    assert wrong.status_code == 422
    assert "Only SELECT" in wrong.content.decode()
    assert (
        "Thank you"
        in client.post(
            address, {"verdict": "bad", "correction": "SELECT count(*) FROM customer"}
        ).content.decode()
    )
    assert DatabaseQuestion.objects.get().correction == "SELECT count(*) FROM customer"


def test_scans_and_deletions_are_started(client, staff, connect):
    connect()
    assert client.post("/databases/shop/scan").status_code in (302, 403)
    client.force_login(staff)
    assert client.post("/databases/shop/scan").headers["Location"] == "/databases/shop"
    assert client.post("/databases/shop/delete").headers["Location"] == "/databases"
    assert Database.objects.get().deleting
    assert client.post("/databases/shop/explode").status_code == 404


def test_the_admin_connects_describes_and_exports(client, staff, connect):
    database = connect()
    services.judge(
        services.ask(database, "how many customers?")[1],
        good=False,
        correction="SELECT count(*) FROM customer",
    )
    client.force_login(staff)
    assert client.get("/admin/kbqa/database/").status_code == 200
    assert client.get(f"/admin/kbqa/database/{database.pk}/change/").status_code == 200
    form = {
        "name": "other",
        "source_kind": "url",
        "url": "oracle://x",
        "notes-TOTAL_FORMS": 0,
        "notes-INITIAL_FORMS": 0,
        "glossary-TOTAL_FORMS": 0,
        "glossary-INITIAL_FORMS": 0,
        "scans-TOTAL_FORMS": 0,
        "scans-INITIAL_FORMS": 0,
    }
    assert "not supported" in client.post("/admin/kbqa/database/add/", form).content.decode()
    question = DatabaseQuestion.objects.get()
    exported = client.post(
        "/admin/kbqa/databasequestion/", {"action": "export", "_selected_action": [question.pk]}
    )
    assert b"SELECT count(*) FROM customer" in exported.content


def test_a_column_that_becomes_private_in_the_admin_is_forgotten(client, staff, connect):
    database = connect()
    question = services.ask(database, "what are the names of all customers?")[1]
    client.force_login(staff)
    form = {
        "name": "shop",
        "source_kind": "file",
        "notes-TOTAL_FORMS": 1,
        "notes-INITIAL_FORMS": 0,
        "notes-0-table": "customer",
        "notes-0-column": "name",
        "notes-0-excluded": "on",
        "glossary-TOTAL_FORMS": 0,
        "glossary-INITIAL_FORMS": 0,
        "scans-TOTAL_FORMS": 0,
        "scans-INITIAL_FORMS": 0,
    }
    assert client.post(f"/admin/kbqa/database/{database.pk}/change/", form).status_code == 302
    question.refresh_from_db()
    assert question.answer is None
