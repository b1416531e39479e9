"""A server is tried before it is kept; what is wrong stands at the part of its address that it is about."""

import re
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from sqlalchemy import create_engine, text

from kbqa.sql.models import Database
from kbqa.sql.sources import connecting, services
from kbqa.sql.sources.connecting import Trial
from kbqa.sql.stores import probe, processes
from kbqa.sql.stores.connections import ConnectError, parsed_url
from kbqa.sql.stores.processes import statement_processes
from kbqa.sql.stores.server_parts import taken_apart
from searchapp.errors import InvalidInput
from searchapp.secrets import seal
from tests.kbqa.sql.postgresql import address_of

FORMSETS = {
    f"{name}-{total}_FORMS": 0 for name in ("notes", "glossary", "scans") for total in ("TOTAL", "INITIAL")
}
ADD = "/admin/kbqa/database/add/"
PASSWORD = "very secret: ü/@?"


def refusal(code, message):
    """Return what a server of PostgreSQL sends that lets nobody in."""
    body = b"SFATAL\0VFATAL\0C" + code.encode() + b"\0M" + message.encode() + b"\0\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


@contextmanager
def server(answer=b"", *, asks_password=False):
    """Serve on a port: say nothing, or refuse in PostgreSQL's way, also after it asked for a password."""
    listening, heard = socket.create_server(("127.0.0.1", 0)), []

    def behave(connection):
        with connection, suppress(OSError):
            if not answer:
                time.sleep(30)
            while True:
                asked = connection.recv(1_000)
                if len(asked) == 8:  # for encryption
                    connection.sendall(b"N")
                    continue
                break
            if asks_password:
                connection.sendall(b"R" + struct.pack("!II", 8, 3))
                heard.append(connection.recv(1_000)[5:].rstrip(b"\0").decode())
            connection.sendall(answer)

    def accept():
        with suppress(OSError):
            while True:
                threading.Thread(target=behave, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1], heard
    listening.close()


def form_of(at, **more):
    return {
        **FORMSETS, "name": "shop", "source_kind": "url", "engine": "postgresql", "host": "127.0.0.1",
        "port": at, "database": "shop", "user": "reader", "password": PASSWORD, **more,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Let a server be tried for longer than people wait: tests run beside others."""
    monkeypatch.setattr(connecting, "SECONDS", 120.0)


def closed_port():
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def sent(at, **more):
    """Return what the API is sent of a server."""
    form = form_of(at, **more)
    return {name: value for name, value in form.items() if name not in FORMSETS}


@pytest.fixture
def admin(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def own():
    """Return the fields of the form for the PostgreSQL of the tests."""
    parts = taken_apart(address_of())
    return form_of(parts.port, host=parts.host, database=parts.database, user=parts.user, password="")


REFUSALS = (
    ("28P01", 'password authentication failed for user "reader"', "password", "User or password is wrong"),
    ("28P01", "Passwort-Authentifizierung fehlgeschlagen", "password", "refused the password"),
    ("3D000", 'database "shop" does not exist', "database", "There is no database shop"),
    ("28000", 'role "reader" does not exist', "user", "There is no user reader"),
    ("28000", 'no pg_hba.conf entry for host "127.0.0.1"', "user", "in from here"),
    ("42501", 'permission denied for database "shop"', "database", "reader may not connect to the database"),
)


@pytest.mark.parametrize(("code", "message", "field", "says"), REFUSALS)
def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(admin, code, message, field, says):
    with server(refusal(code, message), asks_password=True) as (port, heard):
        response = admin.post(ADD, form_of(port))
        assert heard == [PASSWORD]
        form = response.context["adminform"].form
        assert list(form.errors) == [field]
        assert says in form.errors[field][0]
        page = response.content.decode()
        assert PASSWORD not in page
        assert "very secret" not in page
        assert (form["host"].value(), str(form["port"].value())) == ("127.0.0.1", str(port))
        assert not Database.objects.exists()
        # Corrected in place, the password need not be typed again; another server does not get it.
        again = form_of(port, database="other", password="", kept=form["kept"].value())
        admin.post(ADD, again)
        assert heard == [PASSWORD, PASSWORD]
        with server(refusal("3D000", "x"), asks_password=True) as (elsewhere, stolen):
            admin.post(ADD, {**again, "port": elsewhere})
        assert PASSWORD not in stolen


@pytest.mark.parametrize(
    ("more", "field", "says"),
    [
        ({"host": ""}, "host", "Give the host"),
        ({"database": ""}, "database", "Give the database"),
        ({"port": "99999"}, "port", "is not a port"),
        ({"host": "10.1.2.3"}, "host", "private address"),
        ({"host": "nowhere.invalid"}, "host", "not known"),
        ({"parameters": "passfile=/etc/passwd"}, "parameters", "not passed on"),
        ({"parameters": "options=-cwork_mem%3D1"}, "parameters", "not passed on"),
        ({"parameters": "port=6543"}, "parameters", "its own field"),
        ({"parameters": "host=db.example"}, "parameters", "its own field"),
        ({"engine": "mysql", "tls": "require"}, "port", "Nothing listens"),
        ({"url": "mysql://x:y@"}, "host", "names no host"),
        ({"url": "nothing"}, "url", "not a database address"),
    ],
)
def test_fields_follow_from_the_kind_and_the_limits_hold(admin, more, field, says):
    port = closed_port()
    response = admin.post(ADD, form_of(port, **more))
    errors = response.context["adminform"].form.errors
    assert says in str(errors.get(field)), errors
    assert not Database.objects.exists()


def test_a_pasted_address_is_taken_apart(admin):
    port = closed_port()
    url = f"postgresql://me:geheim@127.0.0.1:{port}/shop?sslmode=verify-full&sslrootcert=system&application_name=x"
    response = admin.post(ADD, form_of("", host="", url=url))
    form = response.context["adminform"].form
    shown = {
        name: form[name].value() for name in ("host", "port", "database", "user", "tls", "parameters", "url")
    }
    assert shown == {
        "host": "127.0.0.1", "port": str(port), "database": "shop", "user": "me", "tls": "verify",
        "parameters": "application_name=x", "url": "",
    }  # fmt: skip
    assert "geheim" not in response.content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a%40b:p%3A%2F%C3%BC@db.example:6543/shop?sslmode=require",
        "postgresql://u:p@/shop?host=one,two&port=5432,5433",
        "postgresql://u@/shop?host=/run/postgresql",
        "postgresql://u:p@[2606:2800:220:1::1]:5432/shop?options=-csearch_path%3Dsales",
        "mysql://u:p@db.example/shop?ssl_verify_identity=true",
        "mariadb://u:p@db.example/shop?ssl_required=true&charset=utf8mb4",
    ],
)
def test_taking_apart_and_putting_together_is_the_same_address(url):
    assert parsed_url(taken_apart(url).url) == parsed_url(url)
    assert taken_apart(taken_apart(url).url) == taken_apart(url)


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_a_server_that_says_nothing_is_left_in_time(db, monkeypatch, engine):
    def add(port):
        services.add_database(
            name="x", source_kind="url", url=f"{engine}://u:p@127.0.0.1:{port}/d", trial=Trial(by_parts=True)
        )

    with pytest.raises(InvalidInput, match="Nothing listens"):  # so that a process is there for the next
        add(closed_port())
    monkeypatch.setattr(connecting, "SECONDS", 6.0)
    with server() as (port, _), pytest.raises(InvalidInput, match="does not answer") as error:
        add(port)
    assert error.value.field == "host"


def test_a_process_that_starts_slowly_counts_and_what_was_typed_stays(admin, api, monkeypatch):
    monkeypatch.setattr(processes, "_START", f"import time; time.sleep(60); {processes._START}")
    monkeypatch.setattr(connecting, "SECONDS", 0.5)
    statement_processes().close()
    with server() as (port, heard):
        form = admin.post(ADD, form_of(port)).context["adminform"].form
        added = api.post("/api/v1/databases", sent(port), format="json")
    statement_processes().close()
    assert "Try again" in str(form.non_field_errors())
    assert form["host"].value() == "127.0.0.1"
    assert (added.status_code, heard) == (503, [])
    assert "Try again" in added.data["detail"]


def test_a_name_that_nobody_looks_up_is_left_in_time(db, monkeypatch):
    over = threading.Event()

    def never(_):
        over.wait(20)
        raise ConnectError("late")

    monkeypatch.setattr(probe, "reachable_url", never)
    monkeypatch.setattr(probe, "_LOOKUP_SECONDS", 0.2)
    with pytest.raises(InvalidInput, match="cannot be looked up"):
        services.add_database(name="x", source_kind="url", url="postgresql://u@slow.example/d", trial=Trial())
    over.set()


def test_what_cannot_be_reached_is_kept_only_on_purpose(admin):
    port = closed_port()
    assert admin.post(ADD, form_of(port)).status_code == 200
    assert admin.post(ADD, form_of(port, unreachable="on")).status_code == 302
    database = Database.objects.get()
    assert database.location == f"postgresql://127.0.0.1:{port}/shop"
    assert taken_apart(database.url).password == PASSWORD
    # Its other fields can be changed while it is away; no other server gets its password.
    change = f"/admin/kbqa/database/{database.pk}/change/"
    page = admin.get(change).content.decode()
    assert "very secret" not in page
    assert 'value="127.0.0.1"' in page
    assert admin.post(change, form_of(port, name="new name", password="")).status_code == 302
    database.refresh_from_db()
    assert (database.name, taken_apart(database.url).password) == ("new name", PASSWORD)
    moved = form_of(port, host="localhost", password="", unreachable="on")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.ALLOWED_PRIVATE_HOSTS", ["127.0.0.1", "localhost"])
        assert admin.post(change, moved).status_code == 302
    database.refresh_from_db()
    assert taken_apart(database.url).password == ""


@pytest.fixture
def schemas(transactional_db):
    """Make two schemas that nobody sees unnamed, and a user that may read the one only."""
    writer = create_engine(parsed_url(address_of()))
    with writer.begin() as connected:
        for statement in (
            "CREATE SCHEMA sales", "CREATE SCHEMA hr", "CREATE TABLE sales.customer (id int)",
            "CREATE TABLE hr.customer (id int)", "CREATE TABLE hr.room (id int)", "CREATE ROLE narrow LOGIN",
            "GRANT USAGE ON SCHEMA sales, hr TO narrow", "GRANT SELECT ON sales.customer TO narrow",
            "CREATE ROLE blind LOGIN", "GRANT USAGE ON SCHEMA hr TO blind",
        ):  # fmt: skip
            connected.execute(text(statement))
    yield
    with writer.begin() as connected:
        for statement in (
            "DROP SCHEMA sales CASCADE",
            "DROP SCHEMA hr CASCADE",
            "DROP ROLE narrow",
            "DROP ROLE blind",
        ):
            connected.execute(text(statement))
    writer.dispose()


def test_schemas_are_listed_with_their_tables_and_chosen(admin, own, schemas):
    response = admin.post(ADD, own)
    form = response.context["adminform"].form
    assert "Choose the schemas" in str(form.errors["schemas"])
    labels = dict(form.fields["schemas"].choices)
    assert labels["hr"] == "hr (2 tables)"
    assert labels["sales"] == "sales (1 table)"
    assert form["schemas"].value() == ["public"]
    unknown = admin.post(ADD, {**own, "schemas": ["sales", "none"], "listed": "yes"})
    assert "There is no schema none" in str(unknown.context["adminform"].form.errors["schemas"])
    assert admin.post(ADD, {**own, "schemas": ["sales", "hr"], "listed": "yes"}).status_code == 302
    assert Database.objects.get().schemas == ["sales", "hr"]


def test_the_button_tests_and_saves_nothing(admin, own, schemas):
    response = admin.post(ADD, {**own, "schemas": ["hr"], "test": ""})
    form = response.context["adminform"].form
    page = response.content.decode()
    assert not form.errors
    assert "The connection works. Nothing is saved yet." in page
    assert "correct the error" not in page
    assert "sales (1 table)" in page
    assert not Database.objects.exists()


def test_the_button_does_nothing_to_an_uploaded_file(admin, shop_file):
    upload = SimpleUploadedFile("shop.sqlite", shop_file.read_bytes())
    form = {**FORMSETS, "name": "shop", "source_kind": "upload", "file": upload, "test": ""}
    assert admin.post(ADD, form).status_code == 302
    assert Database.objects.get().name == "shop"


def test_who_may_read_nothing_is_told_so_and_a_single_schema_is_chosen(db, schemas):
    def add(role, **more):
        url = address_of("nothing_here", role)
        return services.add_database(
            name=role, source_kind="url", url=url, trial=Trial(by_parts=True), **more
        )[0]

    with pytest.raises(InvalidInput, match="blind may read none of the tables") as error:
        add("blind")
    assert error.value.field == "user"
    assert add("narrow").schemas == ["sales"]
    with pytest.raises(InvalidInput, match=r"Choose the schemas.*hr \(2 tables\), .*sales \(1 table\)"):
        add(taken_apart(address_of()).user)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"database": "no_such"}, "database", "There is no database no_such"),
        ({"user": "nobody_here"}, "user", "There is no user nobody_here"),
    ],
)
def test_a_real_server_refuses_in_words_that_are_understood(admin, own, change, field, says):
    form = admin.post(ADD, {**own, **change}).context["adminform"].form
    assert says in str(form.errors[field]), form.errors


MOVES = (
    {"host": "localhost"},
    {"port": "another"},
    {"user": "somebody"},
    {"engine": "mysql"},
    {"host": "127.0.0.1,localhost"},
)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("way", ["stored", "typed"])
def test_no_other_server_is_sent_the_password(admin, settings, monkeypatch, way, move):
    """Neither the stored one, nor one that was typed before the server was changed."""
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1", "localhost"]
    refused = refusal("3D000", "x")
    with (
        server(refused, asks_password=True) as (port, heard),
        server(refused, asks_password=True) as (
            elsewhere,
            there,
        ),
    ):
        move = {name: elsewhere if value == "another" else value for name, value in move.items()}
        if way == "stored":
            assert admin.post(ADD, form_of(port, unreachable="on")).status_code == 302
            address, kept = f"/admin/kbqa/database/{Database.objects.get().pk}/change/", ""
        else:
            address = ADD
            kept = admin.post(ADD, form_of(port)).context["adminform"].form["kept"].value()
            assert heard.pop() == PASSWORD
        with monkeypatch.context() as hurried:
            if "engine" in move:  # what waits for another kind of server waits until the end
                hurried.setattr(connecting, "SECONDS", 4.0)
            admin.post(address, form_of(port, password="", kept=kept, test="", **move))
        assert PASSWORD not in [*heard, *there]
        # The same server gets it, so that this test would see it.
        admin.post(address, form_of(port, password="", kept=kept, test=""))
        assert PASSWORD in heard


@pytest.fixture
def guarded(transactional_db):
    """Make a role whose password the PostgreSQL of the tests asks for, unlike those of others."""
    file = Path(ran("SHOW hba_file"))
    rules = file.read_text()
    file.write_text(f"local all guarded scram-sha-256\n{rules}")
    ran("CREATE ROLE guarded LOGIN PASSWORD 'right one'")
    ran("GRANT pg_read_all_data TO guarded")
    ran("SELECT pg_reload_conf()")
    yield
    file.write_text(rules)
    ran("DROP ROLE guarded")
    ran("SELECT pg_reload_conf()")


def ran(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def test_a_real_postgresql_refuses_a_wrong_password(admin, own, guarded):
    own = {**own, "user": "guarded", "password": "wrong one"}
    form = admin.post(ADD, own).context["adminform"].form
    assert form.errors == {"password": ["User or password is wrong."]}
    none = admin.post(ADD, {**own, "password": ""}).context["adminform"].form
    assert list(none.errors) == ["password"]
    right = admin.post(ADD, {**own, "password": "right one", "test": ""})
    assert "The connection works" in right.content.decode()


def test_the_api_takes_the_parts_and_says_at_which_one_it_fails(api, own, guarded):
    own = {name: value for name, value in own.items() if name not in FORMSETS}
    wrong = api.post("/api/v1/databases", {**own, "user": "guarded", "password": "wrong one"}, format="json")
    assert wrong.status_code == 400
    assert wrong.data["errors"] == {"password": ["User or password is wrong."]}
    for more, field in (({"host": ""}, "host"), ({"port": "0"}, "port"), ({"tls": "maybe"}, "tls")):
        answer = api.post("/api/v1/databases", {**own, **more}, format="json")
        assert list(answer.data["errors"]) == [field], answer.data
    right = {**own, "user": "guarded", "password": "right one", "schemas": ["public"]}
    added = api.post("/api/v1/databases", right, format="json")
    assert added.status_code == 201, added.data
    assert "right one" not in str(added.data)
    database = Database.objects.get()
    assert (database.schemas, taken_apart(database.url).password) == (["public"], "right one")


def test_the_page_takes_the_same_parts_and_lists_the_schemas(admin, own, schemas):
    wrong = admin.post("/databases/add", {**own, "user": "nobody_here"})
    assert wrong.status_code == 422
    assert "There is no user nobody_here" in wrong.content.decode()
    tested = admin.post("/databases/add", {**own, "test": "yes"})
    page = tested.content.decode()
    assert tested.status_code == 200
    assert "The connection works" in page
    assert "sales (1 table)" in page
    assert not Database.objects.exists()
    several = admin.post("/databases/add", own)
    assert "Choose the schemas to be read" in several.content.decode()
    added = admin.post("/databases/add", {**own, "schemas": ["sales", "hr"], "listed": "yes"})
    assert added.headers["Location"] == "/databases/shop"
    assert Database.objects.get().schemas == ["sales", "hr"]


def test_a_password_is_on_no_page_and_need_not_be_typed_twice(admin):
    with server(refusal("3D000", 'database "shop" does not exist'), asks_password=True) as (port, heard):
        page = admin.post("/databases/add", form_of(port)).content.decode()
        assert "There is no database shop" in page
        assert "very secret" not in page
        kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
        admin.post("/databases/add", form_of(port, database="other", password="", kept=kept))
        assert heard == [PASSWORD, PASSWORD]


def test_a_sealed_password_of_another_form_is_nothing(admin):
    with server(refusal("3D000", "x"), asks_password=True) as (port, heard):
        admin.post(ADD, form_of(port, password="", kept=seal("nonsense")[:-4]))
        assert heard in ([], [""])
