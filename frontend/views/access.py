"""Who may see and who may change."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from searchapp.api.permissions import may_read, may_write

View = Callable[..., HttpResponse]


def readers(view: View) -> View:
    """Let those through who may read; send others to sign in."""
    return _guard(view, may_read)


def writers(view: View) -> View:
    """Let staff through; send visitors to sign in, and refuse other accounts."""
    return _guard(view, may_write)


def _guard(view: View, allowed: Callable[[object], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if allowed(request.user):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise PermissionDenied("This needs a staff account.")
        return redirect_to_login(request.get_full_path())

    return guarded
