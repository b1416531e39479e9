"""Errors as messages on the next page."""

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from searchapp.error_display import SHOWN_ERROR, shown_in, told
from searchapp.errors import Conflict, InvalidInput


@pytest.fixture
def request_with_messages():
    request = RequestFactory().get("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


@pytest.mark.parametrize(("subject", "text"), [("", "Busy."), ("Index shop", "Index shop: Busy.")])
def test_an_error_is_told_with_what_it_is_about(request_with_messages, subject, text):
    with told(request_with_messages, subject):
        raise Conflict("Busy.")
    assert [(message.message, message.tags) for message in get_messages(request_with_messages)] == [
        (text, "error")
    ]


def test_what_goes_well_is_not_told_and_a_bug_goes_on(request_with_messages):
    with told(request_with_messages):
        pass
    with pytest.raises(KeyError), told(request_with_messages):
        raise KeyError("a bug")
    assert list(get_messages(request_with_messages)) == []


def test_a_page_without_an_error_has_none():
    context = {}
    with shown_in(context, "query_error"):
        context["rows"] = 1
    assert context == {"rows": 1}


def test_the_last_error_of_a_page_has_its_status():
    context = {}
    for name, error in (("one", Conflict("a")), ("other", InvalidInput("b"))):
        with shown_in(context, name):
            raise error
    assert (context["one"], context["other"], context[SHOWN_ERROR].status) == ("a", "b", 422)
