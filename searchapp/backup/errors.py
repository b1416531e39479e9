"""The one error of backups."""

from searchapp.errors import SearchappError


class BackupError(SearchappError):
    """A backup could not be made or brought back; the message is meant for the person at the terminal."""
