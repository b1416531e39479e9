"""System checks of the project's settings."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from searchapp.addresses import parsed_entry
from searchapp.settings import environment


@register()
def environment_problems(**_: Any) -> list[CheckMessage]:
    """Report what was wrong with the environment while the settings were read."""
    return [Error(problem, hint=hint, id="searchapp.E001") for problem, hint in environment.problems]


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
