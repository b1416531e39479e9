"""RDF files → triples: which format it is, streaming, and what happens to lines that cannot be read."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, cast

from pyoxigraph import Quad, RdfFormat, parse

from searchapp.errors import InvalidInput

FORMATS = {
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".ttl": RdfFormat.TURTLE,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
    ".json": RdfFormat.JSON_LD,
}
_BY_LINE = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
_CHUNK_LINES = 20_000
_MAX_LINE_LENGTH = 16 * 1024 * 1024
_KEPT_COMPLAINTS = 20
_GZIP = b"\x1f\x8b"
_MAX_ENTITY_LENGTH = 1_000
_ENTITY, _DECLARATION = b"<!ENTITY", re.compile(b"<!ENTITY[^<]*")
"""An entity's declaration as the parser cuts it: up to the next angle bracket."""
# What relative IRIs are resolved against: a name of nothing, so that they never point to a real place.
_BASE = "urn:searchapp:relative/"


class LoadError(InvalidInput):
    """A file cannot be loaded; `transient` where the server that has it is away."""

    field = "location"


@dataclass
class Report:
    """A report on a file's lines."""

    triples: int = 0
    skipped: int = 0
    complaints: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)
    """The prefixes that the file declares."""

    def skip(self, complaint: str) -> None:
        """Count a line that could not be read, and keep the first complaints."""
        self.skipped += 1
        if len(self.complaints) < _KEPT_COMPLAINTS:
            self.complaints.append(complaint)


@dataclass(frozen=True)
class RdfFile:
    """A file, its format, and its most expanded size in bytes."""

    path: Path
    format: RdfFormat
    max_bytes: int


def rdf_format(name: str, content_type: str = "") -> RdfFormat:
    """The format that a file's name, or else its media type, says. Raises LoadError."""
    suffix = Path(name.lower().removesuffix(".gz").removesuffix(".gzip")).suffix
    form = FORMATS.get(suffix) or RdfFormat.from_media_type(
        content_type.split(";", maxsplit=1)[0].strip() or "text/unknown"
    )
    if form is None:
        raise LoadError(
            f"{name} is not an RDF file by its name. It must end in {', '.join(FORMATS)}, each also with .gz."
        )
    return form


def triples_of(
    file: RdfFile, report: Report, *, skip_bad_lines: bool, progress: Callable[[int, int], None]
) -> Iterator[Quad]:
    """A file's triples as a stream; named graphs are merged into one.

    `progress` is called with (bytes read, bytes in all) of the file as it lies on disk. Raises LoadError.
    """
    size = file.path.stat().st_size
    with file.path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        unpacked = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        if file.format == RdfFormat.RDF_XML:
            unpacked = cast(IO[bytes], _Guarded(unpacked))
        stream = _Counted(unpacked, raw, size, file.max_bytes, progress)
        reader = _by_line if skip_bad_lines and file.format in _BY_LINE else _whole
        quads = reader(stream, file.format, report)
        try:
            for quad in quads:
                report.triples += 1
                yield Quad(quad.subject, quad.predicate, quad.object)
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise LoadError(f"{file.path.name} cannot be read to its end: {error}") from error


class _Guarded:
    """A stream of XML that refuses entities which grow when they are expanded, before they are read.

    These are entities that name others, and long ones, wherever they stand.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._begun = stream, b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises LoadError."""
        data = self._stream.read(size)
        text = self._begun + data
        for declaration in _DECLARATION.findall(text):
            if b"&" in declaration or len(declaration) > _MAX_ENTITY_LENGTH:
                raise LoadError("The file's XML entities expand without bounds; write their values out.")
        last = text[text.rfind(b"<") :]
        self._begun = last if last.startswith(_ENTITY) or _ENTITY.startswith(last) else b""
        return data


class _Counted:
    """A stream of bytes that tells how far it is and stops at a size."""

    def __init__(
        self,
        stream: IO[bytes],
        raw: IO[bytes],
        size: int,
        max_bytes: int,
        progress: Callable[[int, int], None],
    ) -> None:
        self._stream, self._raw, self._size = stream, raw, size
        self._most, self._progress, self._read = max_bytes, progress, 0

    def read(self, size: int = -1) -> bytes:
        return self._count(self._stream.read(size))

    def lines(self) -> Iterator[bytes]:
        while line := self._stream.readline(_MAX_LINE_LENGTH):
            yield self._count(line)

    def _count(self, data: bytes) -> bytes:
        self._read += len(data)
        if self._read > self._most:
            raise LoadError(f"The file is larger than {self._most:,} bytes when it is unpacked.")
        self._progress(self._raw.tell(), self._size)
        return data


def _whole(stream: _Counted, form: RdfFormat, report: Report) -> Iterator[Quad]:
    try:
        parser = parse(stream, format=form, base_iri=_BASE, rename_blank_nodes=True)  # type: ignore[arg-type]
        yield from parser  # type: ignore[misc]
        report.prefixes = parser.prefixes
    except SyntaxError as error:
        line = f"Line {error.lineno}" if error.lineno else "The file"
        raise LoadError(f"{line} cannot be read: {error.msg}") from error


def _by_line(stream: _Counted, form: RdfFormat, report: Report) -> Iterator[Quad]:
    """The quads of chunks of lines; where a chunk fails, of its lines one by one."""
    lines, number = stream.lines(), 0
    while chunk := list(islice(lines, _CHUNK_LINES)):
        try:
            yield from list(parse(b"".join(chunk), format=form))
        except SyntaxError:
            for offset, line in enumerate(chunk):
                try:
                    yield from parse(line, format=form)
                except SyntaxError as error:
                    report.skip(f"Line {number + offset + 1}: {error.msg}")
        number += len(chunk)
