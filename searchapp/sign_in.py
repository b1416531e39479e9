"""Signing in with a name and a password, a limited number of times."""

import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from searchapp import throttling
from searchapp.audit import recording as audit
from searchapp.audit.listeners import known_name
from searchapp.client_address import client_address, network_of


class ThrottledBackend(ModelBackend):
    """Django's accounts; pages, admin and API all ask here, so that this is where guesses are counted.

    Each try counts before the password is looked at, for its name and for its address: tries that arrive at
    once are counted, too, and cost no computing. The right password forgets those of its name. Where Redis
    is away nobody can sign in, for otherwise who can keep it away could guess.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The account with a name and a password. Raises TooManyRequests, RedisError."""
        if username is None or password is None:
            return None
        if request is None:
            return super().authenticate(request, username, password)
        rates = settings.THROTTLES
        try:
            throttling.count(rates["sign_in_address"], "sign-in", network_of(client_address(request)))
            throttling.count(rates["sign_in_name"], "sign-in", _plain(username))
        except throttling.TooManyRequests:
            audit.record(
                audit.Action.SIGN_IN,
                account=known_name(username),
                outcome=audit.Outcome.THROTTLED,
                request=request,
            )
            raise
        user = super().authenticate(request, username, password)
        if user is not None:
            throttling.forget(rates["sign_in_name"], "sign-in", _plain(username))
        return user


def _plain(name: str) -> str:
    """A name with its spellings made one; no address looks like it."""
    return f"name-{unicodedata.normalize('NFKC', name).casefold()}"
