"""Django's command line; with the embedded settings, the services that a command needs run while it does."""

import os
from collections.abc import Sequence

# Commands that touch neither PostgreSQL nor Redis start at once.
WITHOUT_SERVICES = frozenset(
    {
        *("help", "version", "--help", "-h", "--version"),
        *("collectstatic", "spectacular", "makemigrations", "check"),
    }
)
EMBEDDED = "searchapp.settings.embedded"


def manage(arguments: Sequence[str], program: str = "manage.py") -> None:
    """Run one management command. Raises errors of the tree."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", EMBEDDED)
    from django.core.management import execute_from_command_line

    line = [program, *arguments]
    command = arguments[0] if arguments else "help"
    is_embedded = os.environ["DJANGO_SETTINGS_MODULE"] == EMBEDDED
    if not is_embedded or command in WITHOUT_SERVICES or {"--help", "-h"} & set(arguments[1:]):
        execute_from_command_line(line)
        return

    from searchapp.embedded.services import EmbeddedServices

    with EmbeddedServices.from_environment().held() as is_new:
        if is_new and command != "migrate":
            execute_from_command_line([program, "migrate", "--verbosity=0"])
        execute_from_command_line(line)
