"""The base of the product's management commands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from searchapp.outages import known_error


class SearchappCommand(BaseCommand):
    """A command that says an error in one line, and ends with status 1."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command. Raises CommandError for every error of the tree, and for an outage."""
        try:
            return super().execute(*args, **options)
        except Exception as error:
            known = known_error(error)
            if known is None:
                raise
            raise CommandError(known.message) from error
