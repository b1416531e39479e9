"""`manage.py rotate_encryption_key`."""

from typing import Any

from searchapp.commands import SearchappCommand
from searchapp.secrets import Rotation, rotate


class Command(SearchappCommand):
    """Encrypt everything with the present key."""

    help = "Encrypts anew, with ENCRYPTION_KEY, what keys of ENCRYPTION_KEYS_OLD encrypted; can be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, and tell what could not be read."""
        done = rotate(self._tell)
        self._tell(done)
        for row in done.unreadable:
            self.stderr.write(f"No key can read it, enter it again: {row}")
        if not done.unreadable:
            self.stdout.write("ENCRYPTION_KEYS_OLD is not needed any more.")

    def _tell(self, done: Rotation) -> None:
        self.stdout.write(f"{done.rotated} encrypted anew, {done.current} were already.")
