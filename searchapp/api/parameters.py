"""What stands after the `?` of an address: taken by a form, and nothing that the form does not know."""

import difflib
from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

_ANYWHERE = frozenset({"format"})
"""Of the framework: the form of the answer."""


def parameters_of(request: Request, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The parameters of a request, as a form takes them. Raises ValidationError."""
    wanted = form(data=request.query_params)
    refuse_others(request, wanted.fields)
    wanted.is_valid(raise_exception=True)
    given: dict[str, Any] = wanted.validated_data
    return given


def refuse_others(request: Request, known: Iterable[str]) -> None:
    """Refuse parameters that are not known: ignored, they would seem to work. Raises ValidationError."""
    names = sorted(known)
    for name in request.query_params:
        if name not in names and name not in _ANYWHERE:
            near = difflib.get_close_matches(name, names, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            there = f"There are: {', '.join(names)}." if names else "There are none."
            raise ValidationError({name: [f"There is no such parameter here. {meant}{there}"]})
