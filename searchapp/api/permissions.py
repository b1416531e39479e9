"""Who may read and who may write."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from searchapp.api.models import ApiKey
from searchapp.visibility import anything_for_everyone

if TYPE_CHECKING:
    from rest_framework.views import APIView


def may_read(user: object) -> bool:
    """Whether `user` may search and look, at what is visible to them.

    Accounts may, and everyone where sources are for everyone by default or at least one is.
    """
    if getattr(user, "is_authenticated", False) or settings.ANONYMOUS_READ:
        return True
    return anything_for_everyone()


def may_write(user: object) -> bool:
    """Whether `user` may add and change: staff."""
    return bool(getattr(user, "is_authenticated", False) and getattr(user, "is_staff", False))


class KnownMethod(BasePermission):
    """That a method is not known comes before who may use it."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the view has the method. Raises MethodNotAllowed."""
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        return True


class ReadOrWriteScope(KnownMethod):
    """Reading for readers; writing for staff, and with a key only for one of the scope `write`."""

    message = "Writing needs a staff account, and with an API key the scope write."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the request is allowed. Raises MethodNotAllowed."""
        super().has_permission(request, view)
        if request.method in SAFE_METHODS:
            return may_read(request.user)
        if isinstance(request.auth, ApiKey) and request.auth.scope != ApiKey.Scope.WRITE:
            return False
        return self.may_change(request.user)

    def may_change(self, user: object) -> bool:
        """Whether `user` may write."""
        return may_write(user)


class SignedIn(ReadOrWriteScope):
    """Reading for readers; writing for all accounts, and with a key only for one of the scope `write`."""

    message = "This needs an account, and with an API key the scope write."

    def may_change(self, user: object) -> bool:
        """Whether `user` may write: everyone who is signed in."""
        return bool(getattr(user, "is_authenticated", False))


class Readers(KnownMethod):
    """For views that only read, whatever the method: a long query is sent by POST."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the request is allowed. Raises MethodNotAllowed."""
        return super().has_permission(request, view) and may_read(request.user)
