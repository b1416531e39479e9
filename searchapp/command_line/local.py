"""Commands that work on this machine's installation, in this process."""

import contextlib
import io
from collections.abc import Sequence

from searchapp.command_line.errors import CommandFailed
from searchapp.command_line.output import Output
from searchapp.managing import manage


def run(output: Output, *arguments: str) -> None:
    """Run a management command; in a pipe, what it says is one line of JSON. Raises errors of the tree."""
    if not output.is_json:
        _managed(arguments)
        return
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        _managed(arguments)
    output.record({"command": arguments[0], "message": said.getvalue().strip()})


def _managed(arguments: Sequence[str]) -> None:
    try:
        manage(arguments, "searchapp")
    except SystemExit as end:
        if end.code:
            # Django has said why.
            raise CommandFailed("") from end
