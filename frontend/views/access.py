"""Who may see and who may change."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from searchapp.api.permissions import may_read, may_write

_SESSION_NAME = "asks_as"

View = Callable[..., HttpResponseBase]


def readers(view: View) -> View:
    """Let those through who may read; send others to sign in."""
    return _guard(view, may_read)


def writers(view: View) -> View:
    """Let staff through; send visitors to sign in, and refuse other accounts."""
    return _guard(view, may_write)


def session_name(request: HttpRequest) -> str:
    """What the session of a person is called in the history of questions, if they are not signed in.

    It is not the session's key, by which one could pass for that person.
    """
    if request.user.is_authenticated:
        return ""
    if _SESSION_NAME not in request.session:
        request.session[_SESSION_NAME] = secrets.token_hex(16)
    return str(request.session[_SESSION_NAME])


def known_session_name(request: HttpRequest) -> str:
    """The same, empty where nothing was asked in the session."""
    return str(request.session.get(_SESSION_NAME, ""))


def _guard(view: View, allowed: Callable[[object], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if allowed(request.user):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise PermissionDenied("This needs a staff account.")
        return redirect_to_login(request.get_full_path())

    return guarded
