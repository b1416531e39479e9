"""System checks of the project's settings."""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from searchapp.addresses import parsed_entry
from searchapp.settings import environment

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s,@]+")
# In which the provider's word could be changed on its way, unless it is on this machine.
_LOCAL = ("127.0.0.1", "localhost", "::1")


@register()
def environment_problems(**_: Any) -> list[CheckMessage]:
    """Report what was wrong with the environment while the settings were read."""
    found = [*environment.problems, *_oidc_problems()]
    return [Error(problem, hint=hint, id="searchapp.E001") for problem, hint in found]


@register()
def allowed_hosts_that_are_none(**_: Any) -> list[CheckMessage]:
    """Report entries of `ALLOWED_PRIVATE_HOSTS` that name nothing, and a variable that nothing reads."""
    hint = "List hosts, networks such as 10.0.0.0/8, and paths of sockets, each host also as host:port."
    found: list[CheckMessage] = []
    for entry in settings.ALLOWED_PRIVATE_HOSTS:
        try:
            parsed_entry(entry)
        except ValueError as error:
            problem = f"ALLOWED_PRIVATE_HOSTS has an entry {entry!r} that cannot be read: {error}"
            found.append(Error(problem, hint=hint, id="searchapp.E002"))
    if os.environ.get("SOURCE_ALLOW_PRIVATE_ADDRESSES"):
        problem = "SOURCE_ALLOW_PRIVATE_ADDRESSES is not read: ALLOWED_PRIVATE_HOSTS says what is allowed."
        found.append(Warning(problem, hint=hint, id="searchapp.W001"))
    return found


@register()
def origins_that_are_none(**_: Any) -> list[CheckMessage]:
    """Report entries of `SPARQL_CORS_ORIGINS` and `API_CORS_ORIGINS` that no browser would send."""
    hint = "List origins as https://app.example.org, each with its scheme and without a path; or * for all."
    return [
        Error(f"{name} has an entry {entry!r} that is no origin.", hint=hint, id="searchapp.E003")
        for name in ("SPARQL_CORS_ORIGINS", "API_CORS_ORIGINS")
        for entry in getattr(settings, name)
        if entry != "*" and not _ORIGIN.fullmatch(entry)
    ]


def _oidc_problems() -> Iterator[tuple[str, str]]:
    """What is wrong with the provider of the settings."""
    given = settings.OIDC
    if not given["issuer"]:
        return
    parts = urlsplit(given["issuer"])
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        yield "OIDC_ISSUER is not an https address.", "Give the issuer as its discovery document does."
    for name in ("client_id", "client_secret"):
        if not given[name]:
            yield (
                f"OIDC_{name.upper()} is not set.",
                "Register Searchapp at the provider, which gives you both.",
            )
    if "openid" not in given["scope"].split():
        yield "OIDC_SCOPE does not have openid.", "Leave OIDC_SCOPE out, or begin it with openid."
    if given["staff_group"] and not given["groups_claim"]:
        yield (
            "OIDC_STAFF_GROUP needs OIDC_GROUPS_CLAIM.",
            "Say which claim has the groups: groups, for example.",
        )
