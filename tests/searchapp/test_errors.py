"""The tree of errors, and the commands' and forms' way of telling them."""

import importlib
import inspect
import pkgutil

import pytest
from django import forms
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

import codesearch
import evaluation
import frontend
import kbqa
import searchapp
import training
from searchapp.commands import SearchappCommand
from searchapp.error_display import SHOWN_ERROR, shown_in, shown_on
from searchapp.errors import Conflict, InvalidInput, NotReady, SearchappError, Unavailable
from searchapp.outages import known_error

# Events and what never leaves its engine.
INTERNAL = {
    "AllBusy",
    "AppendOnlyError",
    "CommandFailed",
    "JobCancelled",
    "NotConnectedError",
    "NotCoveredError",
    "NotWritableError",
    "Refused",
    "RegularExpressionError",
    "StatementFailed",
    "TooDeep",
    "UnsupportedQueryError",
    "_NoPlaceError",
}
# What runs something as soon as it is imported.
PROGRAMS = ("searchapp.settings", "searchapp.wsgi", "searchapp.embedded.up")


def modules():
    for package in (searchapp, codesearch, kbqa, frontend, training, evaluation):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(PROGRAMS) and ".migrations" not in module.name:
                yield module.name


def test_every_error_is_in_the_one_tree():
    outside = {
        f"{name}.{error.__name__}"
        for name in modules()
        for _, error in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if issubclass(error, Exception) and error.__module__ == name and not issubclass(error, SearchappError)
    }
    assert {name.rsplit(".", 1)[1] for name in outside} == INTERNAL


def test_every_command_says_errors_of_the_tree_in_one_line():
    commands = {
        f"{name}.{command.__name__}": command
        for name in modules()
        for _, command in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if issubclass(command, BaseCommand) and command.__module__ == name
    }
    assert len(commands) > 15
    assert {name for name, command in commands.items() if not issubclass(command, SearchappCommand)} == set()


@pytest.mark.parametrize(
    ("kind", "status", "transient"),
    [(InvalidInput, 422, False), (Conflict, 409, False), (NotReady, 409, True), (Unavailable, 503, False)],
)
def test_a_class_says_the_status_and_whether_trying_again_helps(kind, status, transient):
    error = kind("Do this.")
    assert (str(error), error.message, error.status, error.transient) == (
        "Do this.",
        "Do this.",
        status,
        transient,
    )
    assert error.headers == ({"Retry-After": "5"} if transient else {})


def test_an_error_may_say_otherwise_than_its_class():
    assert kind_of(Unavailable("Away.", transient=True)) == ("", True)
    assert kind_of(NotReady("Gone.", transient=False)) == ("", False)
    assert kind_of(InvalidInput("Wrong.", field="url")) == ("url", False)


def kind_of(error):
    return error.field, error.transient


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, RedisConnectionError])
def test_outages_of_postgresql_and_redis_pass(kind):
    error = known_error(kind("connection refused"))
    assert (error.status, error.transient) == (503, True)
    assert "refused" not in error.message


def test_a_bug_is_no_known_error():
    assert known_error(KeyError("x")) is None


class Failing(SearchappCommand):
    requires_system_checks = []

    def handle(self, *args, **options):
        raise options["error"]


def failing(error):
    Failing().execute(
        error=error, force_color=False, no_color=True, skip_checks=True, stdout=None, stderr=None
    )


def test_a_command_says_an_error_in_one_line():
    with pytest.raises(CommandError, match="Do this") as told:
        failing(InvalidInput("Do this."))
    assert told.value.returncode == 1
    with pytest.raises(CommandError, match="is away right now"):
        failing(OperationalError("server closed the connection"))
    with pytest.raises(KeyError):
        failing(KeyError("a bug"))


class SourceForm(forms.Form):
    address = forms.CharField(required=False)


def shown(error, fields=None):
    form = SourceForm({})
    assert form.is_valid()
    with shown_on(form, fields):
        raise error
    return form.errors


def test_input_is_shown_at_its_field():
    assert shown(InvalidInput("No.", field="location"), {"location": "address"}) == {"address": ["No."]}
    assert shown(InvalidInput("No.", field="address")) == {"address": ["No."]}
    assert shown(InvalidInput("No.", field="ref")) == {"__all__": ["No."]}
    with pytest.raises(Unavailable):
        shown(Unavailable("Away."))


def test_a_page_gets_the_message_and_the_error():
    context = {"q": "x"}
    with shown_in(context, "question_error"):
        raise Unavailable("Away.")
    assert context["question_error"] == "Away."
    assert context[SHOWN_ERROR].status == 503
    with pytest.raises(KeyError), shown_in(context, "question_error"):
        raise KeyError("a bug")
