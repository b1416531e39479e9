import json

from django.core.files.uploadedfile import SimpleUploadedFile

from kbqa.sql.models import Database
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages


def test_connect_look_ask_query_describe_judge_delete(api, transactional_db, shop_file):
    upload = SimpleUploadedFile("shop.sqlite", shop_file.read_bytes())
    added = api.post("/api/v1/databases", {"source_kind": "upload", "file": upload}, format="multipart")
    assert added.status_code == 201, added.data
    assert added.data["slug"] == "shop"
    assert "url" not in added.data
    run_stages(Job.objects.get(kind="scan_database").pk, follow=True)
    schema = api.get("/api/v1/databases/shop/schema").data
    assert {table["name"]: table["rows"] for table in schema["tables"]}["customer"] == 5
    assert {"source": "customer.city_id", "target": "city.city_id", "declared": True} in schema["keys"]
    answer = api.get("/api/v1/databases/shop/ask", {"q": "How many customers are there?"}).data
    assert answer["readings"][0]["sql"].startswith("SELECT")
    assert answer["readings"][0]["words"].endswith(".")
    assert len(answer["focus"]) == 25
    chosen = api.get(
        "/api/v1/databases/shop/ask", {"q": "names", "column": ["city.name", "city.country"]}
    ).data
    assert {each["column"] for each in chosen["focus"] if each["kept"]} == {"city.name", "city.country"}
    rows = api.post(
        "/api/v1/databases/shop/query",
        {"sql": "SELECT picture, name FROM größe, city LIMIT 1"},
        format="json",
    ).data
    assert rows["rows"] == [["AP8=", "Porto"]]
    described = api.post(
        "/api/v1/databases/shop/describe",
        {"table": "city", "column": "name", "description": "town"},
        format="json",
    )
    assert described.data == {"table": "city", "column": "name", "description": "town", "excluded": False}
    address = f"/api/v1/database-questions/{answer['id']}"
    assert "verdict" in api.patch(address, {}, format="json").data["errors"]
    judged = api.patch(address, {"verdict": "bad", "correction": "SELECT 1"}, format="json")
    assert judged.data["verdict"] == "bad"
    assert api.patch(address, {"verdict": "bad"}, format="json").data["correction"] == "SELECT 1"
    assert api.delete("/api/v1/databases/shop").status_code == 202
    assert api.get("/api/v1/databases/shop").status_code == 404


def test_rows_are_exported_as_asked_for(api, connect):
    connect()
    address, sql = "/api/v1/databases/shop/export/", "SELECT name, price FROM product WHERE price > 400"
    as_json = [{"name": "bicycle", "price": 450.0}]
    assert api.get(address, {"sql": sql}).getvalue() == b"name,price\r\nbicycle,450.0\r\n"
    assert json.loads(api.get(address, {"sql": sql, "format": "json"}).getvalue()) == as_json
    posted = api.post(address, {"sql": sql}, format="json", headers={"Accept": "application/json"})
    assert json.loads(posted.getvalue()) == as_json
    workbook = api.post(address, {"sql": sql, "format": "xlsx"}, format="json")
    assert workbook.headers["Content-Disposition"] == 'attachment; filename="shop.xlsx"'
    assert len(workbook.getvalue()) == int(workbook.headers["Content-Length"])


def test_mistakes_of_exports_are_problems(api, connect):
    connect()
    address = "/api/v1/databases/shop/export/"
    for given, accept, status in (
        ({"sql": "SELECT 1", "format": "pdf"}, "*/*", 400),
        ({}, "*/*", 400),
        ({"sql": "DROP TABLE city"}, "*/*", 400),
        ({"sql": "SELECT 1"}, "image/png", 406),
        ({"sql": "SELECT 1"}, "image/png, text/*;q=0.5", 200),
    ):
        answer = api.get(address, given, headers={"Accept": accept})
        assert answer.status_code == status, (given, accept)
        assert status == 200 or answer.headers["Content-Type"] == "application/problem+json"


MISTAKES = (
    ("post", "", {"source_kind": "url"}, 400, "Give the host"),
    ("post", "", {"source_kind": "file", "name": "x"}, 400, "upload or url"),
    ("post", "", {"source_kind": "url", "url": "oracle://a/b"}, 400, "not supported"),
    ("post", "", {"source_kind": "url", "url": "postgresql://a/shop", "name": "shop"}, 400, "already"),
    ("get", "/shop/ask", {}, 400, "required"),
    ("get", "/shop/ask", {"q": "x" * 3_000}, 400, "at most 2,000"),
    (
        "get",
        "/shop/ask",
        {"q": "names", "column": ["city.name", "city.mayor"]},
        400,
        "There is no column city.mayor",
    ),
    (
        "get",
        "/shop/ask",
        {"q": "names", "column": ["city.name", ""]},
        400,
        "column: 1: This field may not be blank",
    ),
    ("post", "/shop/query", {"sql": "DROP TABLE city"}, 400, "Only SELECT"),
    ("post", "/shop/query", {"sql": "SELECT * FROM nowhere"}, 400, "There is no table nowhere"),
    ("post", "/shop/query", {"sql": "SELECT 1; SELECT 2"}, 400, "one statement"),
    ("post", "/shop/describe", {"table": "nowhere"}, 400, "There is no nowhere"),
    ("get", "/none/ask", {"q": "x"}, 404, ""),
)


def test_mistakes_are_problems(api, connect):
    connect()
    for method, address, body, status, says in MISTAKES:
        response = getattr(api, method)(
            f"/api/v1/databases{address}", body, **({"format": "json"} if method == "post" else {})
        )
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/problem+json"
        assert says in str(response.json())


def test_what_is_no_database_is_not_kept(api, db):
    upload = SimpleUploadedFile("shop.sqlite", b"not a database at all")
    response = api.post("/api/v1/databases", {"source_kind": "upload", "file": upload}, format="multipart")
    assert response.status_code == 400
    assert "not an SQLite database" in str(response.json())
    assert not Database.objects.exists()


def test_reading_needs_no_account_but_writing_does(client, connect):
    connect()
    assert (
        client.post(
            "/api/v1/databases/shop/query", {"sql": "SELECT 1"}, content_type="application/json"
        ).status_code
        == 200
    )
    assert client.post("/api/v1/databases/shop/scan").status_code in (401, 403)
    assert client.post(
        "/api/v1/databases/shop/describe", {"table": "city"}, content_type="application/json"
    ).status_code in (401, 403)


def test_a_database_without_a_scan_is_a_conflict(api, db, shop_file):
    from kbqa.sql.sources.services import add_database

    add_database(name="shop", source_kind="file", location=str(shop_file))
    assert api.get("/api/v1/databases/shop/ask", {"q": "how many?"}).status_code == 409
    assert api.post("/api/v1/databases/shop/query", {"sql": "SELECT 1"}, format="json").status_code == 409


def test_a_question_comes_with_its_answer_as_it_was_given(api, connect):
    connect()
    given = api.get("/api/v1/databases/shop/ask", {"q": "what are the names of all customers?"}).json()
    question = api.get(f"/api/v1/database-questions/{given['id']}").json()
    assert question["answer"] == given
    assert "answer" not in api.get("/api/v1/database-questions").json()["results"][0]
    again = api.get(f"/api/v1/database-questions/{given['id']}/readings/0").json()
    assert again["rows"] == given["result"]["rows"]
    assert api.get(f"/api/v1/database-questions/{given['id']}/readings/99").status_code == 404


def test_the_work_on_a_database_is_told(api, connect):
    connect()
    assert api.get("/api/v1/databases/shop/status").json()["ready"] is True
