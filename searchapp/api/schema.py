"""The OpenAPI document: every operation may answer with a problem."""

import re
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
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


_TAGS = {
    "codesearch": "Code",
    "kbqa.sparql": "Graphs",
    "kbqa.sql": "Databases",
    "searchapp.jobs": "Jobs",
}
"""By the package of a view, what its operations are listed under; others are listed under `Account`."""
_FIRST_CLAUSE = re.compile(r"[^,;:(.]*")
_SUMMARIES = {
    "list": "List {plural}",
    "create": "Add a {single}",
    "retrieve": "Show a {single}",
    "destroy": "Delete a {single}",
    "partial_update": "Judge an answer",
}
"""What a view does that the framework writes itself."""


class ProblemSchema(AutoSchema):
    """drf-spectacular's schema with tags and summaries, the error answers, and reading without a key."""

    def get_tags(self) -> list[str]:
        """The engine of the view."""
        module = type(self.view).__module__
        return [next((tag for package, tag in _TAGS.items() if module.startswith(package)), "Account")]

    def get_summary(self) -> str:
        """The operation in a few words."""
        action = getattr(self.view, "action", "")
        if action in _SUMMARIES:
            meta = self.view.queryset.model._meta  # type: ignore[attr-defined]
            return _SUMMARIES[action].format(single=meta.verbose_name, plural=meta.verbose_name_plural)
        return _FIRST_CLAUSE.match(self._said())[0]  # type: ignore[index]

    def get_description(self) -> str:  # type: ignore[override]
        """What the operation does; that of a view's kind is not said again for each."""
        is_of_framework = self._handler().__module__.startswith("rest_framework")
        return f"{self.get_summary()}." if is_of_framework else self._said()

    def _said(self) -> str:
        """What the code says of the operation."""
        return str(get_doc(self._handler()))

    def _handler(self) -> Any:
        return getattr(type(self.view), getattr(self.view, "action", None) or self.method.lower())

    def get_auth(self) -> list[dict[str, Any]]:
        """The ways to sign in; for reading also none, where sources are for everyone."""
        auth: list[dict[str, Any]] = super().get_auth()  # type: ignore[no-untyped-call]
        return [*auth, {}] if self.method == "GET" else auth

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
