"""Who is let through, and the pages of errors; none of it asks the database."""

import json
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from redis.exceptions import RedisError

from frontend.middleware import KnownErrorMiddleware, PolicyMiddleware
from frontend.views import errors
from frontend.views.access import readers, writers
from searchapp.errors import Conflict, NotReady, Unavailable

VISITOR = SimpleNamespace(is_authenticated=False, is_staff=False)
ACCOUNT = SimpleNamespace(is_authenticated=True, is_staff=False)
STAFF = SimpleNamespace(is_authenticated=True, is_staff=True)


def request_of(user=VISITOR, path="/graphs?q=1"):
    request = RequestFactory().get(path)
    request.user = user
    return request


def view(request, *args, **kwargs):
    """Says so."""
    return HttpResponse("let through")


@pytest.mark.parametrize(
    ("guard", "user", "anonymous_read", "outcome"),
    [
        (readers, VISITOR, True, "through"),
        (readers, VISITOR, False, "sign in"),
        (readers, ACCOUNT, False, "through"),
        (writers, VISITOR, True, "sign in"),
        (writers, ACCOUNT, True, "refused"),
        (writers, STAFF, False, "through"),
    ],
)
def test_who_is_let_through(settings, monkeypatch, guard, user, anonymous_read, outcome):
    settings.ANONYMOUS_READ = anonymous_read
    monkeypatch.setattr("searchapp.api.permissions.anything_for_everyone", lambda: False)
    guarded = guard(view)
    if outcome == "refused":
        with pytest.raises(PermissionDenied, match="staff account"):
            guarded(request_of(user))
        return
    response = guarded(request_of(user))
    if outcome == "sign in":
        assert response.headers["Location"] == "/sign-in?next=/graphs%3Fq%3D1"
    else:
        assert response.content == b"let through"


def test_a_guard_keeps_the_views_name():
    assert (readers(view).__name__, readers(view).__doc__) == ("view", "Says so.")


@pytest.mark.parametrize(
    ("page", "status", "text"),
    [
        (errors.not_found, 404, "There is nothing here"),
        (errors.forbidden, 403, "Your account may not do this."),
        (errors.bad_request, 400, "could not be understood"),
        (errors.server_error, 500, "Nothing of yours was lost"),
    ],
)
def test_each_error_has_a_page_and_below_the_api_a_problem(page, status, text):
    response = page(request_of(path="/nowhere"))
    assert response.status_code == status
    assert text in response.content.decode()
    problem = page(request_of(path="/api/v1/nowhere"))
    assert (problem.status_code, problem.headers["Content-Type"]) == (status, "application/problem+json")
    assert json.loads(problem.content)["status"] == status


def test_a_refusal_says_why():
    assert (
        "Only on Mondays"
        in errors.forbidden(request_of(), PermissionDenied("Only on Mondays")).content.decode()
    )


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [(Conflict("Busy."), 409, None), (NotReady("Soon."), 409, "5"), (Unavailable("Away."), 503, None)],
)
def test_an_error_of_the_tree_is_a_page_that_says_when_to_try_again(error, status, retry):
    response = errors.known_error_page(request_of(), error)
    assert (response.status_code, response.headers.get("Retry-After")) == (status, retry)
    assert error.title in response.content.decode()
    assert error.message in response.content.decode()


def test_messages_are_escaped():
    assert "<script>" not in errors.known_error_page(request_of(), Conflict("<script>x")).content.decode()


@pytest.mark.parametrize(
    ("path", "scripts", "styles"),
    [
        ("/", "", ""),
        ("/graphs", "", ""),
        ("/administer", "", ""),
        ("/api/v1/", "", ""),
        ("/admin/x", "'self' 'unsafe-eval'", "'self' 'unsafe-inline'"),
        ("/api/docs/", "", "'self' 'unsafe-inline'"),
    ],
)
def test_every_page_has_policies_and_none_lets_scripts_in_pages_run(path, scripts, styles):
    response = PolicyMiddleware(lambda request: HttpResponse())(request_of(path=path))
    parts = dict(
        part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";")
    )
    assert (parts["default-src"], parts["object-src"], parts["frame-ancestors"]) == (
        "'self'",
        "'none'",
        "'none'",
    )
    assert (parts.get("script-src", ""), parts.get("style-src", "")) == (scripts, styles)
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_a_page_may_have_a_policy_of_its_own():
    own = HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})
    response = PolicyMiddleware(lambda request: own)(request_of())
    assert response.headers["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.parametrize(
    ("error", "status"), [(RedisError("away"), 503), (Conflict("Busy."), 409), (KeyError("a bug"), None)]
)
def test_known_errors_are_answered_and_bugs_go_on(error, status):
    response = KnownErrorMiddleware(view).process_exception(request_of(), error)
    assert (response.status_code if response else None) == status


def test_without_an_error_a_view_answers_as_it_is():
    assert KnownErrorMiddleware(view)(request_of()).content == b"let through"
