"""One name for all that a request causes: in its answer, in the log, and in the jobs that it starts."""

import json
import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-Id"
_TASK_HEADER = "searchapp_request_id"
_VALID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The name of the request that is being answered, or that the running job is of; else empty."""
    return _id.get()


class RequestIdMiddleware:
    """Names each request, by the name that a proxy has given it if it has one, and tells it in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view."""
        given = request.headers.get(HEADER, "")
        name = given if _VALID.fullmatch(given) else uuid.uuid4().hex
        token = _id.set(name)
        try:
            response = self.get_response(request)
        finally:
            _id.reset(token)
        response.headers[HEADER] = name
        return response


class RequestIdFilter(logging.Filter):
    """Gives each line of the log the name of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `request_id`, a dash where there is none."""
        record.request_id = request_id() or "-"
        return True


class JsonFormatter(logging.Formatter):
    """A line of the log as JSON, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


@before_task_publish.connect
def _hand_on(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and request_id():
        headers[_TASK_HEADER] = request_id()


@task_prerun.connect
def _take_over(task: Any = None, **_: Any) -> None:
    given = getattr(task.request, "headers", None) or {}
    _id.set(str(getattr(task.request, _TASK_HEADER, "") or given.get(_TASK_HEADER, "")))


@task_postrun.connect
def _let_go(**_: Any) -> None:
    _id.set("")
