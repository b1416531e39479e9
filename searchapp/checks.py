"""System checks of the project's settings."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from searchapp.settings import environment


@register()
def environment_problems(**_: Any) -> list[CheckMessage]:
    """Report what was wrong with the environment while the settings were read."""
    return [Error(problem, hint=hint, id="searchapp.E001") for problem, hint in environment.problems]
