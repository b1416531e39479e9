"""How deep the parts of an RDF file lie inside each other.

The parser follows them with its stack, at whose end the process ends: after about 4,000 objects of JSON and
15,000 triples inside triples. Before that, its time grows with the square of the depth.
"""

import re

from pyoxigraph import Quad, Triple

MAX_DEPTH = 500
"""Of JSON, which takes a fifth of a second then, and of XML."""
MAX_TERM_DEPTH = 100
"""Of triples inside triples: whatever reads results of queries has to survive them, too."""
_MAX_TRIPLE_TERMS = 5_000
"""In what is read between two triples, with room for short statements of which many are read at once."""
_TRIPLE_TERM = b"<<("
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(each for each in range(256) if each not in b"[]{}")


class TooDeep(ValueError):  # noqa: N818 - reads as what it is
    """Parts of a file lie too deep inside each other."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"Its {what} lie more than {most:,} deep inside each other. Give inner ones names.")


class JsonDepth:
    """Follows how deep the objects and lists of a stream of JSON lie inside each other."""

    def __init__(self) -> None:
        self._depth, self._in_string, self._rest = 0, 0, b""

    def read(self, data: bytes) -> None:
        """Follow the next bytes. Raises TooDeep."""
        brackets = self._outside_strings(self._rest + data).translate(None, _NO_BRACKETS)
        opened = brackets.count(b"[") + brackets.count(b"{")
        if self._depth + opened > MAX_DEPTH:
            self._follow(brackets)
        else:
            self._depth += 2 * opened - len(brackets)

    def _follow(self, brackets: bytes) -> None:
        for bracket in brackets:
            self._depth += 1 if bracket in b"[{" else -1
            if self._depth > MAX_DEPTH:
                raise TooDeep("objects and lists", MAX_DEPTH)

    def _outside_strings(self, data: bytes) -> bytes:
        backslashes = len(data) - len(data.rstrip(b"\\"))
        self._rest = b"\\" if backslashes % 2 else b""
        # Only strings have escapes.
        parts = _ESCAPE.sub(b"", data[: len(data) - len(self._rest)]).split(b'"')
        outside = b"".join(parts[self._in_string :: 2])
        self._in_string ^= (len(parts) - 1) % 2
        return outside


class TripleTermDepth:
    """Follows how many triple terms a stream of N-Triples, N-Quads, Turtle or TriG has between two triples.

    That is more than lie inside each other, but costs nothing, and files that are meant have a few.
    """

    def __init__(self) -> None:
        self._seen, self._last = 0, 0

    def read(self, data: bytes) -> None:
        """Count in the next bytes. Raises TooDeep."""
        self._last = data.count(_TRIPLE_TERM)
        self._seen += self._last
        if self._seen > _MAX_TRIPLE_TERMS:
            raise TooDeep("triples", MAX_TERM_DEPTH)

    def statement_ended(self) -> None:
        """Begin to count anew; what was read last may already be of the next triple."""
        self._seen = min(self._seen, self._last)


def check_line(line: bytes) -> None:
    """Raise TooDeep for a line of N-Triples or N-Quads that the parser may not survive."""
    if line.count(_TRIPLE_TERM) > MAX_TERM_DEPTH:
        raise TooDeep("triples", MAX_TERM_DEPTH)


def check_terms(quad: Quad) -> None:
    """Raise TooDeep for a triple that has too many inside of it, one in the other."""
    term, depth = quad.object, 0
    while isinstance(term, Triple):
        term, depth = term.object, depth + 1
        if depth > MAX_TERM_DEPTH:
            raise TooDeep("triples", MAX_TERM_DEPTH)
