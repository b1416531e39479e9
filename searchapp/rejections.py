"""Answers to requests that the web server rejects: too long, too large, or none that HTTP knows.

They are made without looking at the request any further: no session, no database, no middleware.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.utils.module_loading import import_string

REJECTED = "searchapp.rejected"
"""The key of a WSGI environment under which the web server leaves a `Rejection`."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_TITLES = {
    HTTPStatus.BAD_REQUEST: "The request could not be understood",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request has too much beside its address",
    HTTPStatus.NOT_IMPLEMENTED: "Not supported",
    HTTPStatus.INSUFFICIENT_STORAGE: "No room",
}


@dataclass(frozen=True)
class Rejection:
    """Why a request is rejected: the status of its answer, and what the person can do."""

    status: HTTPStatus
    detail: str

    @property
    def title(self) -> str:
        """The heading of its page."""
        return _TITLES.get(self.status, self.status.phrase)


def rejecting(application: Application) -> Application:
    """An application that answers rejected requests by `REJECTED_VIEW`, and all others as before."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        rejection: Rejection | None = environ.get(REJECTED)
        if rejection is None:
            return application(environ, start_response)
        response = import_string(settings.REJECTED_VIEW)(WSGIRequest(environ), rejection)
        response.headers["Content-Length"] = str(len(response.content))
        start_response(f"{rejection.status.value} {rejection.status.phrase}", list(response.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.content]

    return answer
