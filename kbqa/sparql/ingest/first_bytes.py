"""What the first bytes of an RDF file say: its encoding, and its format, whatever its name."""

import codecs
import io
import re
from typing import IO

from pyoxigraph import RdfFormat

from searchapp.errors import InvalidInput

_LOOKED_AT, _PORTION = 4_096, 1 << 16
_ENCODINGS = {codecs.BOM_UTF8: "", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# An IRI in angle brackets has no spaces, and a first element with a prefix has, before it declares that.
_ELEMENT = re.compile(rb"<(?:[?!]|[A-Za-z_][\w.-]*(?:>|/>|(?::[A-Za-z_][\w.-]*)?\s))")
_OF_RDF = (b"<?xml", b"<!DOCTYPE", b"<rdf:RDF")
_ONTOLOGY = re.compile(
    rb"(?:Prefix|Ontology)\s*[:(]|(?:<[?!][^>]*>\s*)*<(?:\w+:)?Ontology\s[^>]*http://www\.w3\.org/2002/07/owl#"
)


class LoadError(InvalidInput):
    """A file cannot be loaded; `transient` where the server that has it is away."""

    field = "location"


class Begun:
    """A stream whose first bytes were looked at, in UTF-8 and without a byte order mark."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.head = self._first(stream)
        for mark, encoding in _ENCODINGS.items():
            if self.head.startswith(mark):
                self.head = self.head.removeprefix(mark)
                if encoding:
                    self._stream = io.BufferedReader(_Recoded(self.head, stream, encoding))
                    self.head = self._first(self._stream)
                break
        self._rest = self.head

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises LoadError, and what the stream raises."""
        if not self._rest:
            return self._stream.read(size)
        taken, self._rest = self._rest[:size], self._rest[size:] if size >= 0 else b""
        return taken

    def readline(self, size: int) -> bytes:
        """The next line, or so much of it. Raises LoadError, and what the stream raises."""
        if not self._rest:
            return self._stream.readline(size)
        line, end, rest = self._rest.partition(b"\n")
        self._rest = rest
        if end or len(line) >= size:
            return line + end
        return line + self._stream.readline(size - len(line))

    @staticmethod
    def _first(stream: IO[bytes]) -> bytes:
        head = b""
        while len(head) < _LOOKED_AT and (more := stream.read(_LOOKED_AT - len(head))):
            head += more
        return head


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8."""

    def __init__(self, head: bytes, stream: IO[bytes], encoding: str) -> None:
        self._head, self._stream = head, stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._waiting, self._has_ended = b"", False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Some bytes; none at the end. Raises LoadError."""
        while not self._waiting and not self._has_ended:
            data, self._head = self._head or self._stream.read(_PORTION), b""
            self._has_ended = not data
            try:
                self._waiting = self._decoder.decode(data, final=not data).encode()
            except UnicodeError as error:
                raise LoadError(f"The file cannot be read: it begins as UTF-16, but {error}") from error
        taken, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def format_of(head: bytes, named: RdfFormat) -> RdfFormat:
    """The format of a file that begins with `head`, and that is a certain one by its name. Raises LoadError.

    Ontologies are called `.owl` and `.rdf` in any format.
    """
    begins = head.lstrip()
    if _ONTOLOGY.match(begins):
        raise LoadError(
            "The file cannot be read: this is an ontology in a syntax of OWL that has no triples. Save it as "
            "RDF/XML or Turtle."
        )
    if named != RdfFormat.RDF_XML:
        return RdfFormat.RDF_XML if begins.startswith(_OF_RDF) else named
    if not begins or _ELEMENT.match(begins):
        return named
    return RdfFormat.JSON_LD if begins.startswith(b"{") else RdfFormat.TURTLE
