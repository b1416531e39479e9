"""Writing into the audit log, from the few places that everything passes.

The log lies in the database that everything else needs, too. Where it cannot be written, what was asked for
fails: nobody gets rows, an export or an account that the log knows nothing of.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from searchapp.audit.models import Entry
from searchapp.client_address import client_address
from searchapp.errors import InvalidInput, SearchappError, storable

__all__ = [
    "Action",
    "AuditMiddleware",
    "Outcome",
    "failures_recorded",
    "present_request",
    "record",
    "record_failure",
    "recorded",
    "requested",
]

Action, Outcome = Entry.Action, Entry.Outcome
_MAX_DETAIL, _MAX_ERROR, _MAX_SUBJECT, _MAX_NAME = 20_000, 500, 200, 150
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class AuditMiddleware:
    """Tells entries whose request they belong to, and records what keys write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        token = _request.set(request)
        try:
            response = self.get_response(request)
            if request.method not in _SAFE_METHODS and _key_of(request):
                outcome = Outcome.DONE if response.status_code < 400 else Outcome.REFUSED
                status = f"{request.method} {request.path} {response.status_code}"
                record(Action.KEY_WRITE, detail=status, outcome=outcome)
            return response
        finally:
            _request.reset(token)


def requested() -> bool:
    """Whether somebody's request is being answered: jobs, and commands at a terminal, are not."""
    return _request.get() is not None


def present_request() -> HttpRequest | None:
    """The request that is being answered, for what is recorded once its view has returned."""
    return _request.get()


@dataclass
class Draft:
    """What is known of an entry only at its end."""

    rows: int | None = None


@contextmanager
def recorded(action: Entry.Action, *, subject: str, detail: str) -> Iterator[Draft]:
    """Record what the block does, with how it ends, if it is part of a request."""
    draft = Draft()
    if not requested():
        yield draft
        return
    try:
        yield draft
    except Exception as error:
        record_failure(action, error, subject=subject, detail=detail)
        raise
    record(action, subject=subject, detail=detail, rows=draft.rows)


@contextmanager
def failures_recorded(action: Entry.Action, *, subject: str, detail: str) -> Iterator[None]:
    """Record the block only if it fails: what follows it is recorded by itself."""
    try:
        yield
    except SearchappError as error:
        if requested():
            record_failure(action, error, subject=subject, detail=detail)
        raise


def record(
    action: Entry.Action,
    *,
    subject: str = "",
    detail: str = "",
    outcome: Entry.Outcome = Outcome.DONE,
    rows: int | None = None,
    error: str = "",
    account: str | None = None,
    request: HttpRequest | None = None,
) -> Entry:
    """Write one entry of the present request, or else of the command that runs.

    Secrets are the caller's to leave out: statements are kept as they were written, values of fields never.
    Raises what the database raises.
    """
    request = request or _request.get()
    return Entry.objects.create(
        action=action,
        outcome=outcome,
        account=_clean(_account_of(request) if account is None else account, _MAX_NAME),
        key=_clean(_key_of(request), 120) if request is not None else "",
        address=client_address(request) if request is not None else "",
        subject=_clean(subject, _MAX_SUBJECT),
        detail=_clean(detail, _MAX_DETAIL),
        rows=rows,
        error=_clean(error, _MAX_ERROR),
    )


def record_failure(action: Entry.Action, error: Exception, **known: Any) -> None:
    """Record that something failed, with what a person is told of it; of a bug, its class alone.

    What else is `known` is as in `record`.
    """
    outcome = Outcome.REFUSED if isinstance(error, InvalidInput) else Outcome.FAILED
    message = error.message if isinstance(error, SearchappError) else type(error).__name__
    record(action, outcome=outcome, error=message, **known)


def _account_of(request: HttpRequest | None) -> str:
    if request is not None:
        user: Any = getattr(request, "user", None)
        return user.get_username() if user is not None and user.is_authenticated else ""
    program = Path(sys.argv[0]).name
    return " ".join([program, *sys.argv[1:2]]) if program == "manage.py" else program


def _key_of(request: HttpRequest) -> str:
    """The API key of a request, by its name: REST framework leaves it on the request."""
    key: Any = getattr(request, "auth", None)
    return str(key) if hasattr(key, "prefix") else ""


def _clean(text: str, length: int) -> str:
    """A text as PostgreSQL can hold it, cut where it is too long."""
    text = storable(text)
    return text if len(text) <= length else f"{text[: length - 1]}…"
