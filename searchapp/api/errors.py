"""Every error of the API as `application/problem+json` (RFC 9457), from one handler."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from searchapp.errors import InvalidInput, SearchappError
from searchapp.outages import known_error

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not valid",
    401: "Sign in or send an API key",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Not possible now",
    413: "Too large",
    414: "The address is too long",
    415: "Unsupported media type",
    429: "Too many requests",
    431: "Too many or too long headers",
    500: "Something went wrong",
    501: "Not supported",
    503: "Not available at the moment",
    507: "No room",
}


def problem(status_code: int, detail: str, code: str = "", errors: Any = None) -> dict[str, Any]:
    """The body of an error: type, title, status, detail, and by field what is wrong."""
    body: dict[str, Any] = {
        "type": "about:blank" if not code else f"urn:searchapp:{code}",
        "title": TITLES.get(status_code, "Error"),
        "status": status_code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return body


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The problem that an exception of a view is; None, for Django to go on with, where it is a bug."""
    known = known_error(error)
    if known is not None and (not isinstance(known, InvalidInput) or known.status != InvalidInput.status):
        return _problem_of(known)
    error = _as_api_exception(known or error, context)
    response = exception_handler(error, context)
    if response is None:
        return None
    detail, errors = _detail(response.data)
    response.data = problem(response.status_code, detail, getattr(error, "default_code", ""), errors)
    response.content_type = CONTENT_TYPE
    return response


def problem_response(status_code: int, detail: str) -> JsonResponse:
    """A problem outside of DRF's views."""
    return JsonResponse(problem(status_code, detail), status=status_code, content_type=CONTENT_TYPE)


def not_found(request: HttpRequest) -> JsonResponse:
    """Answer an address below `/api/` that does not exist."""
    return problem_response(404, f"There is nothing at {request.path}; see /api/docs/.")


def _problem_of(error: SearchappError) -> Response:
    body = problem(error.status, error.message, error.code)
    return Response(body, status=error.status, headers=error.headers, content_type=CONTENT_TYPE)


def _as_api_exception(error: Exception, context: dict[str, Any]) -> Exception:
    """An error as DRF knows it: input that is not valid is 400, with what is wrong by field."""
    if isinstance(error, Http404):
        return exceptions.NotFound(_missing(context))
    if isinstance(error, InvalidInput):
        return exceptions.ValidationError({error.field: [error.message]} if error.field else [error.message])
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(as_serializer_error(error))
    return error


def _missing(context: dict[str, Any]) -> str:
    """What is not there: the same words for what does not exist and for what others alone may see."""
    view, given = context.get("view"), context.get("kwargs") or {}
    queryset = getattr(view, "queryset", None)
    name = next(iter(given.values()), "")
    if queryset is None or not name:
        return "There is nothing like that here, or you may not see it."
    return f"There is no {queryset.model._meta.verbose_name} {str(name)[:200]!r} here, or you may not see it."


def _detail(data: Any) -> tuple[str, Any]:
    """(One sentence, errors by field) of what DRF says."""
    if isinstance(data, dict) and set(data) == {"detail"}:
        return str(data["detail"]), None
    if isinstance(data, list):
        return " ".join(map(str, data)), None
    fields = {name: list(_messages(value)) for name, value in data.items()}
    name, messages = next(iter(fields.items()))
    sentence = str(messages[0])
    return (sentence if name in ("non_field_errors", "__all__") else f"{name}: {sentence}"), fields


def _messages(value: Any) -> Iterator[str]:
    """What is wrong with a field; of entries of a list, each with its position."""
    if isinstance(value, dict):
        yield from (
            f"{position}: {message}" for position, entry in value.items() for message in _messages(entry)
        )
    elif isinstance(value, list):
        yield from (message for entry in value for message in _messages(entry))
    else:
        yield str(value)
