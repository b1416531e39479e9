"""Errors beside what they are about: on a form's field, in a page's context, as a message."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest

from searchapp.errors import InvalidInput, SearchappError

SHOWN_ERROR = "shown_error"
"""The context's key of the error that a page shows, whose status is the page's."""


@contextmanager
def shown_in(context: dict[str, Any], name: str) -> Iterator[None]:
    """Put the message of an error of the block into a page's context as `name`, beside the error itself."""
    try:
        yield
    except SearchappError as error:
        context.update({name: error.message, SHOWN_ERROR: error})


@contextmanager
def shown_on(form: BaseForm, fields: Mapping[str, str] | None = None) -> Iterator[None]:
    """Add an error of the block's input to the field of a form that it is about, else to the form as a whole.

    `fields` gives a form's name of a field where it has one of its own.
    """
    try:
        yield
    except InvalidInput as error:
        name = (fields or {}).get(error.field, error.field)
        form.add_error(name if name in form.fields else None, error.message)


@contextmanager
def told(request: HttpRequest, subject: str = "") -> Iterator[None]:
    """Show an error of the block as a message on the next page; it begins with `subject`."""
    try:
        yield
    except SearchappError as error:
        messages.error(request, f"{subject}: {error.message}" if subject else error.message)
