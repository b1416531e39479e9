"""The OpenAPI document: every operation may answer with a problem."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from searchapp.api.errors import CONTENT_TYPE, TITLES


class Problem(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


_PROBLEMS = (400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503)
_PASSING = (409, 429, 503)
_RETRY_AFTER = {
    "description": "Seconds after which trying again helps, where it does.",
    "schema": {"type": "integer"},
}


class ProblemSchema(AutoSchema):
    """drf-spectacular's schema with the error answers added."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)  # type: ignore[no-untyped-call]
        component = self.resolve_serializer(Problem, direction)  # type: ignore[no-untyped-call]
        for status in _PROBLEMS:
            bodies.setdefault(str(status), _described(status, component.ref))
        return bodies


def _described(status: int, schema: Any) -> dict[str, Any]:
    """The OpenAPI response of a problem of one status."""
    response: dict[str, Any] = {
        "description": TITLES[status],
        "content": {CONTENT_TYPE: {"schema": schema}},
    }
    return response | {"headers": {"Retry-After": _RETRY_AFTER}} if status in _PASSING else response
