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

_SIGNED_IN = "signed-in"
_REMEMBERED_SECONDS = 90 * 24 * 3600


class ThrottledBackend(ModelBackend):
    """Django's accounts; pages, admin and API all ask here, so that this is where guesses are counted.

    Each try counts before the password is looked at: tries that arrive at once are counted, too, and cost no
    computing. The right password forgets those of its name from its address. Where Redis is away nobody can
    sign in, for otherwise who can keep it away could guess.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The account with a name and a password. Raises TooManyRequests, RedisError."""
        if username is None or password is None:
            return None
        if request is None:
            return super().authenticate(request, username, password)
        name, network = _plain(username), network_of(client_address(request))
        try:
            _count(name, network)
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
            throttling.forget(settings.THROTTLES["sign_in"], "sign-in", _together(name, network))
            throttling.remember(_SIGNED_IN, _together(name, network), _REMEMBERED_SECONDS)
        return user


def _count(name: str, network: str) -> None:
    """Count a try of an address, of a name from it, and of a name from wherever nobody signed in with it.

    Guesses from elsewhere so keep nobody out who comes from where they came before. Raises TooManyRequests.
    """
    rates, both = settings.THROTTLES, _together(name, network)
    throttling.count(rates["sign_in_address"], "sign-in", network)
    throttling.count(rates["sign_in"], "sign-in", both)
    if not throttling.is_remembered(_SIGNED_IN, both):
        throttling.count(rates["sign_in_name"], "sign-in", name)


def _together(name: str, network: str) -> str:
    """A name from an address; the address comes first, as it has no spaces that a name could imitate."""
    return f"{network} {name}"


def _plain(name: str) -> str:
    """A name with its spellings made one; no address looks like it."""
    return f"name-{unicodedata.normalize('NFKC', name).casefold()}"
