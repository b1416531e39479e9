"""Errors of the API as problems (RFC 9457)."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from searchapp.api.errors import not_found, problem, problem_handler
from searchapp.errors import Conflict, InvalidInput, NotReady, SearchappError, Unavailable


def handled(error):
    response = problem_handler(error, {})
    assert response.content_type == "application/problem+json"
    assert response.data["status"] == response.status_code
    return response


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (InvalidInput("Wrong."), 400, "urn:searchapp:invalid"),
        (Conflict("Busy."), 409, "urn:searchapp:conflict"),
        (NotReady("Soon."), 409, "urn:searchapp:conflict"),
        (Unavailable("Away."), 503, "urn:searchapp:unavailable"),
        (SearchappError("Broken."), 500, "urn:searchapp:error"),
        (OperationalError("closed"), 503, "urn:searchapp:unavailable"),
        (Http404(), 404, "urn:searchapp:not_found"),
        (PermissionDenied(), 403, "about:blank"),
        (exceptions.NotAuthenticated(), 401, "urn:searchapp:not_authenticated"),
        (exceptions.MethodNotAllowed("PUT"), 405, "urn:searchapp:method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "urn:searchapp:unsupported_media_type"),
        (exceptions.Throttled(30), 429, "urn:searchapp:throttled"),
        (exceptions.ParseError(), 400, "urn:searchapp:parse_error"),
    ],
)
def test_every_known_error_has_its_status_and_kind(error, status, kind):
    response = handled(error)
    assert (response.status_code, response.data["type"]) == (status, kind)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (NotReady("Soon."), "5"),
        (Unavailable("x", transient=True), "5"),
        (Conflict("x"), None),
        (exceptions.Throttled(30), "30"),
    ],
)
def test_what_passes_says_when_to_try_again(error, seconds):
    assert handled(error).headers.get("Retry-After") == seconds


def test_a_bug_is_left_to_django():
    assert problem_handler(KeyError("x"), {}) is None


@pytest.mark.parametrize(
    ("error", "detail", "errors"),
    [
        (InvalidInput("Wrong."), "Wrong.", None),
        (InvalidInput("Wrong.", field="name"), "name: Wrong.", {"name": ["Wrong."]}),
        (exceptions.ValidationError({"a": ["x", "y"], "b": ["z"]}), "a: x", {"a": ["x", "y"], "b": ["z"]}),
        (exceptions.ValidationError(["x", "y"]), "x y", None),
        (
            exceptions.ValidationError({"non_field_errors": ["Either."]}),
            "Either.",
            {"non_field_errors": ["Either."]},
        ),
        (
            exceptions.ValidationError({"columns": {1: ["Bad."], 3: {"name": ["Worse."]}}}),
            "columns: 1: Bad.",
            {"columns": ["1: Bad.", "3: name: Worse."]},
        ),
        (
            exceptions.ValidationError({"notes": [{}, {"table": ["None."]}]}),
            "notes: table: None.",
            {"notes": ["table: None."]},
        ),
        (DjangoValidationError({"name": ["Taken."]}), "name: Taken.", {"name": ["Taken."]}),
        (DjangoValidationError("Plain."), "Plain.", {"non_field_errors": ["Plain."]}),
    ],
)
def test_input_says_what_is_wrong_with_each_field(error, detail, errors):
    response = handled(error)
    assert response.status_code == 400
    assert response.data["detail"] == detail
    assert response.data.get("errors") == errors


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((404, "None."), {"type": "about:blank", "title": "Not found", "status": 404, "detail": "None."}),
        ((418, "Tea."), {"type": "about:blank", "title": "Error", "status": 418, "detail": "Tea."}),
        (
            (400, "x", "invalid", {"a": ["x"]}),
            {
                "type": "urn:searchapp:invalid",
                "title": "The request is not valid",
                "status": 400,
                "detail": "x",
                "errors": {"a": ["x"]},
            },
        ),
    ],
)
def test_the_body_of_a_problem(arguments, body):
    assert problem(*arguments) == body


def test_an_address_that_does_not_exist_is_named():
    response = not_found(RequestFactory().get("/api/v2/x"))
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
    assert "/api/v2/x" in json.loads(response.content)["detail"]
