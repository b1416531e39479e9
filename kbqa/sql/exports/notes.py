"""What a file says of itself where it does not have all rows."""

from kbqa.sql.stores.streaming import RowStream
from searchapp.errors import SearchappError


def limit_note(stream: RowStream) -> str:
    """That there are more rows, once all that are given have been read; empty where there are not."""
    if not stream.truncated:
        return ""
    return f"Only the first {stream.taken:,} rows: there are more, and a file of this kind may have no more."


def broken_note(error: SearchappError) -> str:
    """That the rows that follow are missing, and why."""
    return f"The export broke off here, and rows are missing: {error.message}"
