"""What a person writes before a question to say who is to answer it: `code:`, `graph:films`, `db:shop`."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.sources import CODE, DATABASE, GRAPH, RoutedSource
from searchapp.errors import InvalidInput

KINDS = {CODE: "repository", GRAPH: "graph", DATABASE: "database"}
"""The kinds of scopes, and what each is called in words."""


class ScopeError(InvalidInput):
    """A scope names a source that is not there."""


@dataclass(frozen=True)
class Scope:
    """A kind of source, and one of its sources by its name in addresses; empty for all."""

    kind: str = ""
    key: str = ""

    def chosen(self, sources: Sequence[RoutedSource]) -> list[RoutedSource]:
        """The sources that the scope leaves. Raises ScopeError where it names none of them."""
        left = [
            source
            for source in sources
            if self.kind in ("", source.kind) and self.key.casefold() in ("", source.key.casefold())
        ]
        if self.key and not left:
            raise ScopeError(
                f"There is no {KINDS[self.kind]} called “{self.key}” that you may see. "
                f"Write {self.kind}: alone to ask every {KINDS[self.kind]}.",
                field="q",
            )
        return left


def split_scope(text: str) -> tuple[Scope, str]:
    """The scope that a text begins with, and the text without it.

    >>> split_scope("db:shop who bought most?")
    (Scope(kind='db', key='shop'), 'who bought most?')
    >>> split_scope("graph: films of 1999"), split_scope("std::vector")
    ((Scope(kind='graph', key=''), 'films of 1999'), (Scope(kind='', key=''), 'std::vector'))
    """
    first, _, rest = text.lstrip().partition(" ")
    kind, colon, key = first.partition(":")
    if not colon or kind.casefold() not in KINDS or key.startswith(":"):
        return Scope(), text
    return Scope(kind.casefold(), key), rest.strip()
