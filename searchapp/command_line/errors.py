"""What ends a command with status 1 and one line."""

from searchapp.errors import SearchappError


class CommandFailed(SearchappError):  # noqa: N818 - reads as what it is
    """A command cannot go on; the message says what to do."""
