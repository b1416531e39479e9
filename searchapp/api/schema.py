"""The OpenAPI document: every operation may answer with a problem."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class Problem(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


_PROBLEMS = {
    "400": "Not valid",
    "401": "No key",
    "403": "Not allowed",
    "404": "Not found",
    "409": "Not possible now",
    "429": "Too many requests",
    "503": "Not available",
}


class ProblemSchema(AutoSchema):
    """drf-spectacular's schema with the error answers added."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)  # type: ignore[no-untyped-call]
        component = self.resolve_serializer(Problem, direction)  # type: ignore[no-untyped-call]
        for code, description in _PROBLEMS.items():
            bodies.setdefault(
                code,
                {
                    "description": description,
                    "content": {"application/problem+json": {"schema": component.ref}},
                },
            )
        return bodies
