"""Every error of the API as `application/problem+json` (RFC 9457), from one handler."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from searchapp.encoders import EncoderError
from searchapp.jobs.errors import InvalidTransition

CONTENT_TYPE = "application/problem+json"
_TITLES = {
    400: "The request is not valid",
    401: "Sign in or send an API key",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Not possible now",
    413: "Too large",
    415: "Unsupported media type",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available at the moment",
}


class Conflict(exceptions.APIException):
    """The state of things does not allow what was asked for."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Unavailable(exceptions.APIException):
    """A service that is needed is away; trying again later helps."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "A service that is needed is away; try again in a moment."
    default_code = "unavailable"


def problem(status_code: int, detail: str, code: str = "", errors: Any = None) -> dict[str, Any]:
    """Return the body of an error: type, title, status, detail, and by field what is wrong."""
    body: dict[str, Any] = {
        "type": "about:blank" if not code else f"urn:searchapp:{code}",
        "title": _TITLES.get(status_code, "Error"),
        "status": status_code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return body


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem; unknown ones go on to Django."""
    error = _as_api_exception(error)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException | Exception):
        return response
    detail, errors = _detail(response.data)
    codes = getattr(error, "default_code", "")
    response.data = problem(response.status_code, detail, codes, errors)
    response.content_type = CONTENT_TYPE
    return response


def problem_response(status_code: int, detail: str) -> JsonResponse:
    """Return a problem outside of DRF's views."""
    return JsonResponse(problem(status_code, detail), status=status_code, content_type=CONTENT_TYPE)


def not_found(request: HttpRequest) -> JsonResponse:
    """Answer an address below `/api/` that does not exist."""
    return problem_response(404, f"There is nothing at {request.path}; see /api/docs/.")


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, InvalidTransition):
        return Conflict(str(error))
    if isinstance(error, OperationalError | InterfaceError | RedisError):
        return Unavailable()
    if isinstance(error, EncoderError):
        return Unavailable(str(error))
    return error


def _detail(data: Any) -> tuple[str, Any]:
    """Return (one sentence, errors by field) of what DRF says."""
    if isinstance(data, dict) and set(data) == {"detail"}:
        return str(data["detail"]), None
    if isinstance(data, list):
        return " ".join(map(str, data)), None
    fields = {name: list(_messages(found)) for name, found in data.items()}
    first = next(iter(fields.items()))
    sentence = str(first[1][0])
    return (sentence if first[0] in ("non_field_errors", "__all__") else f"{first[0]}: {sentence}"), fields


def _messages(found: Any) -> Iterator[str]:
    """Yield what is wrong with a field; of entries of a list, each with its place."""
    if isinstance(found, dict):
        yield from (f"{place}: {message}" for place, each in found.items() for message in _messages(each))
    elif isinstance(found, list):
        yield from (message for each in found for message in _messages(each))
    else:
        yield str(found)
