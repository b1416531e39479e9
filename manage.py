#!/usr/bin/env python
"""Django's command line; with the embedded settings, the services that a command needs run while it does."""

import os
import sys

# Commands that touch neither PostgreSQL nor Redis start at once.
WITHOUT_SERVICES = {
    "help",
    "version",
    "--help",
    "-h",
    "--version",
    "collectstatic",
    "spectacular",
    "makemigrations",
    "check",
}


def main() -> None:
    """Run one management command; an error that a person can do something about ends it in one line."""
    from searchapp.errors import SearchappError

    try:
        _run()
    except SearchappError as error:
        sys.exit(error.message)


def _run() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
    from django.core.management import execute_from_command_line

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    embedded = os.environ["DJANGO_SETTINGS_MODULE"] == "searchapp.settings.embedded"
    if not embedded or command in WITHOUT_SERVICES or {"--help", "-h"} & set(sys.argv[2:]):
        execute_from_command_line(sys.argv)
        return

    from searchapp.embedded.services import EmbeddedServices

    with EmbeddedServices.from_environment().held() as is_new:
        if is_new and command != "migrate":
            execute_from_command_line([sys.argv[0], "migrate", "--verbosity=0"])
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
