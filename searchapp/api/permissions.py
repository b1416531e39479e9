"""Who may read and who may write."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from searchapp.api.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView


def may_read(user: object) -> bool:
    """Whether `user` may search and look: everyone where ANONYMOUS_READ is on, else accounts."""
    return bool(settings.ANONYMOUS_READ or getattr(user, "is_authenticated", False))


def may_write(user: object) -> bool:
    """Whether `user` may add and change: staff."""
    return bool(getattr(user, "is_authenticated", False) and getattr(user, "is_staff", False))


class ReadOrWriteScope(BasePermission):
    """Reading for readers; writing for staff, and with a key only for one of the scope `write`."""

    message = "Writing needs a staff account, and with an API key the scope write."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the request is allowed."""
        if request.method in SAFE_METHODS:
            return may_read(request.user)
        if isinstance(request.auth, ApiKey) and request.auth.scope != ApiKey.Scope.WRITE:
            return False
        return may_write(request.user)


class Readers(BasePermission):
    """For views that only read, whatever the method: a long query is sent by POST."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the request is allowed."""
        return may_read(request.user)
