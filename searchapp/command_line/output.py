"""What commands say: tables and a sign of work for people at a terminal, JSON lines for programs in a
pipe."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Progress = Callable[[str, int | None, int | None], None]
"""Takes what is being done, how much of it is, and of how much; None where that is not known."""


class Output:
    """Where a command's results go."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.is_json = as_json or not sys.stdout.isatty()
        self._console = Console()
        self._errors = Console(stderr=True)

    def record(self, values: Mapping[str, Any], shown: str = "") -> None:
        """One result: a line of JSON, or text."""
        if self.is_json:
            print(json.dumps(values, ensure_ascii=False, default=str), flush=True)
        elif shown:
            self._console.print(escape(shown), highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Something for people alone."""
        if not self.is_json:
            self._console.print(escape(text), highlight=False, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table for people alone."""
        if self.is_json:
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(escape(column), overflow="fold")
        for row in rows:
            table.add_row(*(escape("" if value is None else str(value)) for value in row))
        self._console.print(table)

    def code(self, text: str, language: str) -> None:
        """Code for people alone."""
        if self.is_json:
            return
        from rich.syntax import Syntax

        self._console.print(Syntax(text, language, background_color="default", word_wrap=True))

    @contextmanager
    def working(self, title: str) -> Iterator[Progress]:
        """Show how far work is, where standard error is a terminal; a log gets no frames."""
        if not self._errors.is_terminal:
            yield lambda *_: None
            return
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Bar(*columns, console=self._errors, transient=True) as bar:
            task = bar.add_task(escape(title), total=None)
            yield lambda message, done, total: bar.update(
                task, description=escape(message or title), completed=done or 0, total=total
            )
