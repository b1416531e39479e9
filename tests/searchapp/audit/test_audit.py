"""What the audit log says of who did what, and that nobody changes it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from codesearch.models import Repository
from kbqa.sql.sources.services import add_database
from searchapp.api.models import ApiKey
from searchapp.audit.models import AppendOnlyError, Entry
from searchapp.audit.recording import Action, record
from searchapp.audit.retention import forget_old_entries
from tests.kbqa.conftest import load
from tests.kbqa.sql.conftest import connect, shop_file

__all__ = ["connect", "load", "shop_file"]

SECRET = "gh-token-that-nobody-may-read"
UPDATE = 'INSERT DATA { <urn:a> <urn:b> "c" }'


def entries(action=None, **wanted):
    found = Entry.objects.filter(**({"action": action} if action else {}), **wanted)
    return list(found.order_by("pk"))


@pytest.fixture
def person(db):
    return User.objects.create_user("person", password="a long password", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of(person):
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.force_login(person)
    return client


class TestSignIns:
    @pytest.mark.parametrize("at", ["/sign-in", "/admin/login/"])
    def test_good_bad_and_throttled_ones_are_kept(self, person, settings, at):
        settings.THROTTLES = {**settings.THROTTLES, "sign_in": "2 per 1 minute"}
        client = Client(REMOTE_ADDR="192.0.2.7")
        for password in ("a long password", "wrong", "wrong", "wrong"):
            client.post(at, {"username": "person", "password": password})
            client.logout()
        kept = entries(Action.SIGN_IN)
        assert [(entry.outcome, entry.account, entry.address) for entry in kept] == [
            ("done", "person", "192.0.2.7"),
            ("refused", "person", "192.0.2.7"),
            ("refused", "person", "192.0.2.7"),
            ("throttled", "person", "192.0.2.7"),
        ]

    def test_what_is_typed_as_a_name_is_kept_only_if_somebody_has_it(self, person, client):
        client.post("/sign-in", {"username": "a long password", "password": "person"})
        assert [entry.account for entry in entries(Action.SIGN_IN)] == ["(unknown name)"]

    def test_signing_out_is_kept(self, client_of):
        client_of.post("/sign-out")
        assert [entry.account for entry in entries(Action.SIGN_OUT)] == ["person"]

    def test_an_address_counts_as_far_as_proxies_are_trusted(self, person, settings):
        settings.TRUSTED_PROXIES = 1
        sent = {"username": "person", "password": "wrong"}
        Client().post("/sign-in", sent, HTTP_X_FORWARDED_FOR="203.0.113.1, 198.51.100.2")
        assert entries(Action.SIGN_IN)[0].address == "198.51.100.2"


class TestAdministration:
    def test_accounts_groups_and_keys(self, person, client_of):
        other = User.objects.create_user("other", password="another long one")
        group = Group.objects.create(name="readers")
        other.groups.add(group)
        other.is_staff = True
        other.set_password("a third long one")
        other.save()
        key, text = ApiKey.objects.issue(user=other, name="ci", scope="read")
        key.delete()
        other.delete()
        said = [(entry.action, entry.subject, entry.detail) for entry in entries()]
        assert said[-7:] == [
            ("added", "user: other", ""),
            ("added", "group: readers", ""),
            ("changed", "user: other", "groups: add readers"),
            ("changed", "user: other", "password, is_staff=True"),
            ("added", f"API key: ci (sa_{key.prefix}_…)", ""),
            ("deleted", f"API key: ci (sa_{key.prefix}_…)", ""),
            ("deleted", "user: other", ""),
        ]
        assert not any(secret in str(said) for secret in (text, "long one", other.password))

    def test_a_change_in_the_admin_says_who_and_from_where(self, client_of):
        client_of.post("/admin/auth/group/add/", {"name": "editors"})
        entry = entries(Action.ADDED, subject="group: editors")[0]
        assert (entry.account, entry.address) == ("person", "192.0.2.7")

    def test_a_sign_in_alone_changes_no_account(self, person, client_of):
        assert entries(Action.CHANGED) == []

    def test_a_change_that_is_undone_leaves_no_entry(self, person):
        with transaction.atomic():
            Group.objects.create(name="undone")
            transaction.set_rollback(True)
        assert entries(Action.ADDED, subject="group: undone") == []


class TestSources:
    @pytest.fixture
    def program(self, person):
        _, text = ApiKey.objects.issue(user=person, name="ci", scope="write")
        return APIClient(headers={"Authorization": f"Bearer {text}"}, REMOTE_ADDR="192.0.2.8")

    @pytest.mark.django_db(transaction=True)
    def test_adding_changing_and_deleting_is_kept_without_secrets(self, program, settings):
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
        given = {
            "source_kind": "git",
            "location": "https://127.0.0.1:9/a.git",
            "token": SECRET,
            "name": "a",
        }
        assert program.post("/api/v1/code/repositories/", given, format="json").status_code in (201, 202)
        assert program.post("/api/v1/code/repositories/a/rebuild/").status_code in (200, 201, 202)
        assert program.delete("/api/v1/code/repositories/a/").status_code == 202
        said = [(entry.action, entry.subject, entry.account) for entry in entries(account="person")]
        assert ("added", "repository: a", "person") in said
        assert ("deleted", "repository: a", "person") in said
        for told in ("Index a: started", "Rebuild a: asked for again"):
            assert any(told in entry.detail for entry in entries(Action.JOB))
        assert SECRET not in str(list(Entry.objects.values_list()))

    @pytest.mark.django_db(transaction=True)
    def test_what_a_key_writes_is_kept_with_the_keys_name(self, program):
        program.post(
            "/api/v1/graphs/", {"name": "g", "source_kind": "url", "location": "ftp://x"}, format="json"
        )
        program.get("/api/v1/graphs/")
        kept = entries(Action.KEY_WRITE)
        assert [(entry.detail, entry.outcome, entry.address) for entry in kept] == [
            ("POST /api/v1/graphs/ 400", "refused", "192.0.2.8")
        ]
        assert kept[0].key.startswith("ci (sa_")

    def test_what_a_job_publishes_is_no_change_of_a_person(self, db):
        repository = Repository.objects.create(name="a", source_kind="git", location="x")
        repository.units, repository.ref = 7, "main"
        repository.save(update_fields=Repository.PUBLISHED_FIELDS)
        assert entries(Action.CHANGED) == []
        repository.save()
        assert [entry.detail for entry in entries(Action.CHANGED)] == ["ref"]

    def test_the_password_of_a_database_is_not_kept(self, client_of, settings):
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
        url = f"postgresql://me:{SECRET}@127.0.0.1:9/shop"
        add_database(name="shop", source_kind="url", url=url)
        assert entries(Action.ADDED, subject="database: shop")
        assert SECRET not in str(list(Entry.objects.values_list()))


class TestQueries:
    def test_a_statement_is_kept_with_its_source_rows_and_outcome(self, connect, client_of):
        connect()
        assert entries(Action.DATABASE_QUERY) == []  # what the scan asks is no person's query
        client_of.get("/databases/shop/query", {"sql": "SELECT name FROM city LIMIT 2"})
        client_of.get("/databases/shop/query", {"sql": "DROP TABLE city"})
        client_of.get("/databases/shop/query", {"sql": "SELECT nothing FROM city"})
        kept = entries(Action.DATABASE_QUERY)
        assert [(entry.subject, entry.outcome, entry.rows) for entry in kept] == [
            ("database: shop", "done", 2),
            ("database: shop", "refused", None),
            ("database: shop", "refused", None),
        ]
        assert kept[0].detail.replace('"', "").startswith("SELECT city.name FROM city")
        assert (kept[1].detail, kept[1].account) == ("DROP TABLE city", "person")
        assert kept[1].error

    def test_statements_of_people_without_an_account_are_kept_with_their_address(self, connect, settings):
        settings.ANONYMOUS_READ = True
        connect()
        Client(REMOTE_ADDR="192.0.2.9").get("/databases/shop/query", {"sql": "SELECT 1 AS one"})
        entry = entries(Action.DATABASE_QUERY)[0]
        assert (entry.account, entry.address, entry.rows) == ("", "192.0.2.9", 1)

    def test_rows_that_cannot_be_recorded_are_not_shown(self, connect, client_of, monkeypatch):
        connect()

        def fail(*_, **__):
            raise DatabaseError("No space left on device")

        monkeypatch.setattr("searchapp.audit.recording.Entry.objects.create", fail)
        client_of.raise_request_exception = False
        answer = client_of.get("/databases/shop/query", {"sql": "SELECT name FROM city"})
        assert answer.status_code >= 500
        assert "Berlin" not in answer.content.decode()

    def test_exports_are_kept_when_they_begin_and_with_their_rows_when_they_end(self, connect, client_of):
        connect()
        sql = "SELECT name FROM city"
        export = client_of.get("/databases/shop/export", {"sql": sql})
        assert [(entry.detail, entry.account) for entry in entries(Action.EXPORT)] == [(sql, "person")]
        assert entries(Action.DATABASE_QUERY) == []
        export.getvalue()
        abandoned = client_of.get("/databases/shop/export", {"sql": sql})
        next(iter(abandoned.streaming_content))
        abandoned.close()
        kept = entries(Action.DATABASE_QUERY)
        assert [(entry.account, entry.outcome, entry.rows) for entry in kept] == [
            ("person", "done", 3),
            ("person", "failed", 0),
        ]

    def test_queries_updates_and_exports_of_graphs_are_kept(self, load, client_of):
        load()
        query = "SELECT * { ?s ?p ?o } LIMIT 1"
        client_of.get("/graphs/films/query", {"query": query})
        client_of.get("/graphs/films/query", {"query": "SELECT"})
        client_of.post("/api/v1/graphs/films/edit/", {"update": UPDATE}, content_type="application/json")
        b"".join(client_of.get("/api/v1/graphs/films/export/").streaming_content)
        said = [(entry.action, entry.detail, entry.outcome) for entry in entries(subject="graph: films")]
        for wanted in (
            ("graph-query", query, "done"),
            ("graph-query", "SELECT", "refused"),
            ("graph-update", UPDATE, "done"),
            ("export", "", "done"),
        ):
            assert wanted in said, wanted


class TestAppendOnly:
    def test_the_application_cannot_change_or_delete_entries(self, db):
        entry = record(Action.EXPORT, subject="x")
        for change in (entry.save, entry.delete, Entry.objects.all().delete):
            with pytest.raises(AppendOnlyError):
                change()
        with pytest.raises(AppendOnlyError):
            Entry.objects.update(account="nobody")

    @pytest.mark.parametrize(
        "statement", ["UPDATE audit_entry SET account = 'nobody'", "DELETE FROM audit_entry"]
    )
    def test_the_database_refuses_it_too(self, db, statement):
        record(Action.EXPORT, subject="x")
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert Entry.objects.count() == 1

    def test_what_is_too_old_is_forgotten_and_nothing_else(self, db, settings, monkeypatch):
        settings.AUDIT_DAYS = 30
        now = timezone.now()
        for days in (31, 29):
            monkeypatch.setattr("django.utils.timezone.now", lambda days=days: now - timedelta(days=days))
            record(Action.EXPORT, subject=f"{days} days")
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        assert forget_old_entries() == 1
        assert [entry.subject for entry in entries()] == ["29 days"]
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_entry")

    def test_zero_days_keep_everything(self, db, settings):
        settings.AUDIT_DAYS = 0
        assert forget_old_entries() == 0

    def test_the_schedule_runs_what_exists(self, settings):
        from searchapp.celery import app

        app.loader.import_default_modules()
        planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert planned <= set(app.tasks)


class TestAdmin:
    def test_it_is_read_and_filtered_and_never_changed(self, client_of):
        entry = record(Action.EXPORT, subject="films")
        page = client_of.get("/admin/audit/entry/", {"action__exact": "export", "q": "films"})
        assert page.status_code == 200
        assert "films" in page.content.decode()
        assert client_of.get(f"/admin/audit/entry/{entry.pk}/change/").status_code == 200
        assert client_of.post(f"/admin/audit/entry/{entry.pk}/change/", {"subject": "x"}).status_code == 403
        assert client_of.get("/admin/audit/entry/add/").status_code == 403
        assert client_of.post(f"/admin/audit/entry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_it_is_exported_without_formulas(self, client_of):
        entry = record(Action.EXPORT, subject="=HYPERLINK(1)")
        sent = {"action": "export_as_csv", "_selected_action": [entry.pk]}
        body = b"".join(client_of.post("/admin/audit/entry/", sent).streaming_content).decode()
        assert "'=HYPERLINK(1)" in body
        assert entries(Action.EXPORT, subject="audit log")

    def test_staff_without_the_right_does_not_see_it(self, db):
        User.objects.create_user("staff", password="x", is_staff=True)
        client = Client()
        client.force_login(User.objects.get(username="staff"))
        assert client.get("/admin/audit/entry/").status_code == 403


@pytest.mark.parametrize(
    "text", ["a\0b", "\ud800", "x" * 100_000, "größe 🔑", "'; DROP TABLE audit_entry; --"]
)
def test_any_text_can_be_kept(db, text):
    entry = record(Action.DATABASE_QUERY, subject=text, detail=text, error=text, account=text)
    entry.refresh_from_db()
    assert len(entry.detail) <= 20_000
    assert "\0" not in entry.detail
