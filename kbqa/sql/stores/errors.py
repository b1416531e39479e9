"""The errors of statements that are not run."""

from searchapp.errors import InvalidInput


class StatementError(InvalidInput):
    """A statement is not run; the message says why, and what to change."""

    field = "sql"
