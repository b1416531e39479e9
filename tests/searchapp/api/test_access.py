"""Who may call the API, how often, and how long its pages are; without a database."""

from types import SimpleNamespace

import pytest
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from searchapp.api.authentication import ApiKeyAuthentication
from searchapp.api.models import ApiKey, digest
from searchapp.api.paging import Paging
from searchapp.api.permissions import Readers, ReadOrWriteScope, may_read, may_write

VISITOR = SimpleNamespace(is_authenticated=False, is_staff=False, pk=None)
ACCOUNT = SimpleNamespace(is_authenticated=True, is_staff=False, pk=3)
STAFF = SimpleNamespace(is_authenticated=True, is_staff=True, pk=4)
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
VIEW = SimpleNamespace(allowed_methods=METHODS)
READ, WRITE = ApiKey(pk=8, scope="read"), ApiKey(pk=9, scope="write")


@pytest.fixture
def closed(monkeypatch):
    """Let no source be for everyone."""
    monkeypatch.setattr("searchapp.api.permissions.anything_for_everyone", lambda: False)


def request_of(user, method="GET", auth=None, **headers):
    request = APIRequestFactory().generic(method, "/api/v1/jobs/", **headers)
    return SimpleNamespace(user=user, method=method, auth=auth, META=request.META, headers=request.headers)


@pytest.mark.parametrize(
    ("user", "anonymous_read", "reads", "writes"),
    [
        (VISITOR, True, True, False),
        (VISITOR, False, False, False),
        (ACCOUNT, False, True, False),
        (STAFF, False, True, True),
        (None, False, False, False),
        (SimpleNamespace(is_authenticated=False, is_staff=True), False, False, False),
    ],
)
def test_everybody_or_accounts_read_and_staff_writes(settings, user, anonymous_read, reads, writes, closed):
    settings.ANONYMOUS_READ = anonymous_read
    assert (may_read(user), may_write(user)) == (reads, writes)


def test_everybody_reads_where_a_source_is_for_everyone(settings, monkeypatch):
    settings.ANONYMOUS_READ = False
    monkeypatch.setattr("searchapp.api.permissions.anything_for_everyone", lambda: True)
    assert may_read(VISITOR)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("user", "auth", "writes"),
    [
        (STAFF, None, True),
        (STAFF, WRITE, True),
        (STAFF, READ, False),
        (ACCOUNT, WRITE, False),
        (ACCOUNT, None, False),
        (VISITOR, None, False),
    ],
)
def test_writing_needs_staff_and_a_key_of_the_scope_write(settings, method, user, auth, writes):
    settings.ANONYMOUS_READ = True
    expected = writes or method in ("GET", "HEAD", "OPTIONS")
    assert ReadOrWriteScope().has_permission(request_of(user, method, auth), VIEW) == expected


def test_a_view_that_only_reads_lets_readers_post(settings, closed):
    settings.ANONYMOUS_READ = False
    assert Readers().has_permission(request_of(ACCOUNT, "POST", READ), VIEW)
    assert not Readers().has_permission(request_of(VISITOR, "POST"), VIEW)


def test_a_method_that_a_view_has_not_is_told_before_who_may_use_it():
    reading = SimpleNamespace(allowed_methods=["GET"])
    with pytest.raises(MethodNotAllowed):
        ReadOrWriteScope().has_permission(request_of(VISITOR, "PUT"), reading)


@pytest.mark.parametrize(
    ("asked", "size"),
    [("", 20), ("5", 5), ("100", 100), ("101", 100), ("0", 20), ("-5", 20), ("many", 20), ("1e2", 20)],
)
def test_a_page_has_twenty_entries_or_as_many_as_asked_for_up_to_a_hundred(asked, size):
    request = Request(APIRequestFactory().get("/", {"page_size": asked} if asked else {}))
    assert Paging().get_page_size(request) == size


class TestKeys:
    @pytest.fixture
    def found(self, monkeypatch):
        """Let only the key `sa_right` be found; it was used just now."""
        from django.utils import timezone

        key = ApiKey(user_id=None, used=timezone.now())
        monkeypatch.setattr(ApiKey, "user", STAFF, raising=False)
        monkeypatch.setattr(ApiKey.objects, "find", lambda text: key if text == "sa_right" else None)
        return key

    def authenticate(self, header):
        headers = {} if header is None else {"HTTP_AUTHORIZATION": header}
        return ApiKeyAuthentication().authenticate(APIRequestFactory().get("/", **headers))

    @pytest.mark.parametrize("header", ["Bearer sa_right", "bearer sa_right", "  BEARER   sa_right "])
    def test_a_key_is_a_bearer_token(self, found, header):
        assert self.authenticate(header) == (STAFF, found)

    @pytest.mark.parametrize("header", [None, "", "Basic sa_right", "sa_right"])
    def test_without_a_bearer_token_others_may_authenticate(self, found, header):
        assert self.authenticate(header) is None

    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer sa_wrong", "Bearer sa_RIGHT", "Bearer größe", "Bearer sa_right x"]
    )
    def test_a_wrong_key_is_refused(self, found, header):
        with pytest.raises(AuthenticationFailed, match="does not exist"):
            self.authenticate(header)

    def test_what_is_stored_is_sha256(self):
        # The digest of "abc" in FIPS 180-2.
        assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    def test_a_key_is_shown_without_its_secret(self):
        assert str(ApiKey(name="ci", prefix="12ab34cd")) == "ci (sa_12ab34cd_…)"
