"""The base of the product's management commands."""

from importlib.util import find_spec
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError

from searchapp.outages import known_error


class SearchappCommand(BaseCommand):
    """A command that says an error in one line, and ends with status 1."""

    packages: ClassVar[tuple[str, ...]] = ()
    """Modules of requirements/models.txt without which it cannot run; its help is shown without them."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command.

        Raises CommandError for every error of the tree, for an outage, and where packages are missing.
        """
        missing = [name for name in self.packages if find_spec(name) is None]
        if missing:
            raise CommandError(f"This needs {' and '.join(missing)}: run `make models`.")
        try:
            return super().execute(*args, **options)
        except Exception as error:
            known = known_error(error)
            if known is None:
                raise
            raise CommandError(known.message) from error
