"""`manage.py restore FOLDER`."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from searchapp.backup.services import has_key, restore
from searchapp.commands import SearchappCommand


class Command(SearchappCommand):
    """Bring a backup back."""

    help = "Brings a backup into an empty installation, after reading and checking all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder, and whether what is here may go."""
        parser.add_argument("folder", type=Path, help="a folder that `backup` wrote")
        parser.add_argument(
            "--replace", action="store_true", help="remove everything that this installation has"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring it back."""
        manifest = restore(options["folder"].absolute(), replace=options["replace"], say=self.stdout.write)
        self.stdout.write(
            f"Everything is as it was on {manifest.created}. Start the web server and the worker."
        )
        if not has_key(manifest):
            self.stderr.write(
                "ENCRYPTION_KEY is not the one of the backup, so that access tokens cannot be read: put that "
                "one into ENCRYPTION_KEYS_OLD and run `manage.py rotate_encryption_key`."
            )
