"""One name for a request, the lines of its log, and the jobs that it starts."""

import json
import logging
import sys
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from searchapp import request_id
from searchapp.request_id import JsonFormatter, RequestIdFilter, RequestIdMiddleware


def line(message="It broke.", **given):
    """A line of the log as JSON."""
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, message, None, **{"exc_info": None, **given})
    RequestIdFilter().filter(record)
    return json.loads(JsonFormatter().format(record))


def answered(view, **headers):
    """What a request is answered with."""
    return RequestIdMiddleware(view)(RequestFactory().get("/", headers=headers))


def test_lines_have_the_name_of_their_request():
    lines = []

    def view(_):
        lines.append(line())
        return HttpResponse()

    response = answered(view)
    assert lines[0]["request_id"] == response.headers["X-Request-Id"]
    assert line()["request_id"] == "-"


def test_the_name_of_a_proxy_is_taken_if_it_is_one():
    assert (
        answered(lambda _: HttpResponse(), **{"X-Request-Id": "proxy-0001"}).headers["X-Request-Id"]
        == "proxy-0001"
    )
    assert len(answered(lambda _: HttpResponse(), **{"X-Request-Id": "a b"}).headers["X-Request-Id"]) == 32


def test_an_error_has_its_traceback():
    try:
        raise ValueError("seven")
    except ValueError:
        told = line(exc_info=sys.exc_info())
    assert "ValueError: seven" in told["exception"]


@pytest.mark.parametrize("how", ["attribute", "headers"])
def test_a_job_has_the_name_of_the_request_that_started_it(how):
    headers = {}
    name = answered(lambda _: request_id._hand_on(headers=headers) or HttpResponse()).headers["X-Request-Id"]
    request = SimpleNamespace(**headers) if how == "attribute" else SimpleNamespace(headers=headers)
    request_id._take_over(task=SimpleNamespace(request=request))
    assert request_id.request_id() == name
    request_id._let_go()
    assert request_id.request_id() == ""
