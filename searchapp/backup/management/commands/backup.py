"""`manage.py backup FOLDER`."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from searchapp.backup.services import back_up, verify
from searchapp.commands import SearchappCommand


class Command(SearchappCommand):
    """Make a backup of a running installation, or check one."""

    help = "Writes the database and the files that cannot be made again into a new folder, while all runs."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder, and what goes into it."""
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet")
        parser.add_argument(
            "--with-key",
            action="store_true",
            help="add ENCRYPTION_KEY: whoever has the backup can then read access tokens",
        )
        parser.add_argument("--verify", action="store_true", help="check the backup that is there instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make or check the backup."""
        folder: Path = options["folder"].absolute()
        if options["verify"]:
            manifest = verify(folder)
            self.stdout.write(f"All {len(manifest.files)} files of {folder} are as they were written.")
            return
        manifest = back_up(folder, with_key=options["with_key"], say=self.stdout.write)
        size = sum(kept.size for kept in manifest.files.values())
        self.stdout.write(f"{folder}: {len(manifest.files)} files, {size:,} bytes.")
        for name in manifest.missing:
            self.stderr.write(f"Not in the backup, as it was lost before: {name}")
        if not options["with_key"]:
            self.stdout.write("Keep ENCRYPTION_KEY elsewhere: access tokens cannot be read without it.")
