"""RDF files → triples: which format it is, streaming, and what happens to lines that cannot be read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, Protocol
from xml.parsers import expat

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kbqa.sparql.ingest import nesting
from kbqa.sparql.ingest.first_bytes import LoadError, format_of
from kbqa.sparql.ingest.unpacking import PACKINGS, ZIP_TYPES, unpacked
from kbqa.sparql.stores.oxigraph import ALL
from searchapp.errors import storable

__all__ = ["FORMATS", "LoadError", "RdfFile", "Report", "rdf_format", "triples_of"]

FORMATS = {
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".ttl": RdfFormat.TURTLE,
    ".n3": RdfFormat.TURTLE,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
    ".json": RdfFormat.JSON_LD,
}
_WITH_STATEMENTS = (RdfFormat.TURTLE, RdfFormat.TRIG)
"""After a statement of which that cannot be read the parser goes on with the next."""
_BY_LINE = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
_CHUNK_LINES, _CHUNK_BYTES = 20_000, 16 * 1024 * 1024
_MAX_LINE_LENGTH = 16 * 1024 * 1024
_KEPT_COMPLAINTS, _SHOWN = 20, 200
_MAX_STATEMENT_BYTES = 16 * 1024 * 1024
"""What may be read between two triples, as much as the parser's own longest word: it keeps all of that."""
_MAX_JSON_BYTES = 128 * 1024 * 1024
"""The same of JSON-LD, whose objects are kept until their context is known."""
_MAX_ENTITY_LENGTH, _XML_PORTION = 1_000, 1 << 20
_ENTITY = "<!ENTITY"
_OF_ANOTHER = re.compile(r"([^&]*)&([^&;]+);([^&]*)")
_TOO_LONG = (
    "A statement of the file has a part that is too long: texts and IRIs have at most 16,777,216 bytes. "
    "Leave it out, or load the file as N-Triples and skip lines that cannot be read."
)
_REMOTE_CONTEXT = (
    "The file cannot be read: its JSON-LD names a context by its address, and nothing is fetched while a "
    "file is read. Put the context itself in the place of its address, or convert the file to N-Quads "
    "beforehand."
)
# What relative IRIs are resolved against: a name of nothing, so that they never point to a real place.
_BASE = "urn:searchapp:relative/"


@dataclass
class Report:
    """A report on a file's triples, and on what of it could not be read."""

    triples: int = 0
    skipped: int = 0
    complaints: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)
    """The prefixes that the file declares."""

    def skip(self, complaint: str) -> None:
        """Count a line or triple that could not be read, and keep the first complaints."""
        self.skipped += 1
        if len(self.complaints) < _KEPT_COMPLAINTS:
            self.complaints.append(storable(complaint))


@dataclass(frozen=True)
class RdfFile:
    """A file, its format, None where the name of the file in an archive says it, and its most expanded size.

    Sizes are in bytes.
    """

    path: Path
    format: RdfFormat | None
    max_bytes: int


def rdf_format(name: str, content_type: str = "") -> RdfFormat | None:
    """The format that a file's name, or else its media type, says; None for a .zip that does not tell.

    Raises LoadError.
    """
    packing = next((each for each in PACKINGS if name.lower().endswith(each)), "")
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    suffix = Path(name.lower().removesuffix(packing)).suffix
    form = FORMATS.get(suffix) or RdfFormat.from_media_type(media_type or "text/unknown")
    if form is None and packing != ".zip" and media_type not in ZIP_TYPES:
        raise LoadError(
            f"{name} is not an RDF file by its name. It must end in {', '.join(FORMATS)}, each also with "
            ".gz, .bz2, .xz or .zip, or be a .zip of one such file."
        )
    return RdfFormat.TURTLE if form == RdfFormat.N3 else form


def triples_of(
    file: RdfFile, report: Report, *, skip_bad_lines: bool, progress: Callable[[int, int], None]
) -> Iterator[Quad]:
    """A file's triples as a stream; those of a named graph come twice, among all and in their graph.

    With `skip_bad_lines`, lines, statements and triples that cannot be read are counted instead of stopping.
    `progress` is called with (bytes read, bytes in all) of the file as it lies on disk. Raises LoadError.
    """
    with file.path.open("rb") as raw, unpacked(raw, file.path, file.max_bytes) as (content, name):
        form = format_of(content.head, file.format or _format_inside(name))
        guarded = _Guarded(content) if form == RdfFormat.RDF_XML else content
        stream = _Counted(guarded, raw, file, form, progress)
        quads = _read(stream, form, report, skip_bad_lines)
        try:
            for quad in quads:
                stream.statement_ended()
                nesting.check_terms(quad)
                report.triples += 1
                yield Quad(quad.subject, quad.predicate, quad.object)
                if quad.graph_name != ALL:
                    yield quad
        except nesting.TooDeep as error:
            raise LoadError(f"The file cannot be read: {error}") from error


def _format_inside(name: str) -> RdfFormat:
    """The format of the file in an archive. Raises LoadError."""
    form = None if name.lower().endswith(PACKINGS) else rdf_format(name)
    if form is None:
        raise LoadError(f"{name} is packed itself: put the RDF file into the archive.")
    return form


def _read(stream: "_Counted", form: RdfFormat, report: Report, skip_bad_lines: bool) -> Iterator[Quad]:
    # What is no IRI in JSON-LD is left out by the standard, and by the library without a word.
    if form == RdfFormat.JSON_LD or (skip_bad_lines and form not in _BY_LINE):
        return _leniently(stream, form, report)
    return _by_line(stream, form, report) if skip_bad_lines else _whole(stream, form, report)


class _Content(Protocol):
    """What is read of a file."""

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        ...

    def readline(self, size: int) -> bytes:
        """The next line, or so much of it."""
        ...


class _Guarded:
    """A stream of XML that refuses entities which grow when they are expanded, before they are read.

    These are entities that name others, but for one plain one, and long ones. A whole parser says where
    declarations stand, and what else the next one, which looks for their first letters alone, could take for
    one.
    """

    def __init__(self, stream: _Content) -> None:
        self._stream, self._in_doctype, self._checked, self._depth = stream, False, b"", 0
        self._plain: dict[str, str] = {}
        # The encoding that the next parser takes for granted, whatever the file says.
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.StartDoctypeDeclHandler = self._doctype_began
        self._parser.EndDoctypeDeclHandler = self._doctype_ended
        self._parser.EntityDeclHandler = self._declared
        self._parser.CommentHandler = self._check_hidden
        self._parser.ProcessingInstructionHandler = self._check_hidden
        self._parser.NotationDeclHandler = self._check_hidden
        self._parser.StartElementHandler = self._element_began
        self._parser.EndElementHandler = self._element_ended

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises LoadError for entities that grow and for what is no XML, TooDeep."""
        if not self._checked:
            # In large portions: the parser begins a part that is unfinished anew with each of them.
            self._checked = self._stream.read(_XML_PORTION)
            try:
                self._parser.Parse(self._checked, not self._checked)
            except expat.ExpatError as error:
                reason = expat.ErrorString(error.code)
                raise LoadError(f"Line {error.lineno} cannot be read: {reason}") from error
        data, self._checked = self._checked[:size], self._checked[size:]
        return data

    def readline(self, size: int) -> bytes:
        """XML is not read in lines."""
        raise NotImplementedError

    def _element_began(self, *_: object) -> None:
        self._depth += 1
        if self._depth > nesting.MAX_DEPTH:
            raise nesting.TooDeep("elements", nesting.MAX_DEPTH)

    def _element_ended(self, _: str) -> None:
        self._depth -= 1

    def _doctype_began(self, name: str, system: str | None, public: str | None, _: bool) -> None:
        self._in_doctype = True
        self._parser.DefaultHandlerExpand = self._check_value
        self._check_hidden(name, system, public)

    def _doctype_ended(self) -> None:
        self._in_doctype = False
        self._parser.DefaultHandlerExpand = None

    def _declared(self, name: str, is_parameter: bool, value: str | None, *places: str | None) -> None:
        """Check the declaration of an entity; its value has its characters' numbers resolved."""
        text = value or ""
        of_another = _OF_ANOTHER.fullmatch(text)
        if of_another and not is_parameter and of_another[2] in self._plain:
            text = of_another[1] + self._plain[of_another[2]] + of_another[3]
        elif not is_parameter:
            self._plain.setdefault(name, text)
        self._check_value(text)
        self._check_hidden(name, value, *places)

    def _check_value(self, text: str) -> None:
        """Refuse a value that may grow; that of a name declared twice is told as any other text is."""
        if "&" in text or len(text.strip()) > _MAX_ENTITY_LENGTH:
            raise self._growing()

    def _check_hidden(self, *texts: str | None) -> None:
        """Refuse what looks like a declaration inside of something else."""
        if self._in_doctype and any(_ENTITY in text for text in texts if text):
            raise self._growing()

    def _growing(self) -> LoadError:
        return LoadError("The file's XML entities expand without bounds; write their values out.")


class _Counted:
    """A stream of bytes that tells how far it is and stops at a size."""

    def __init__(
        self,
        stream: _Content,
        raw: IO[bytes],
        file: RdfFile,
        form: RdfFormat,
        progress: Callable[[int, int], None],
    ) -> None:
        self._stream, self._raw, self._size = stream, raw, file.path.stat().st_size
        self._most, self._progress, self._read, self._statement = file.max_bytes, progress, 0, 0
        is_json = form == RdfFormat.JSON_LD
        self._most_of_one = _MAX_JSON_BYTES if is_json else _MAX_STATEMENT_BYTES
        self._json = nesting.JsonDepth() if is_json else None
        self._terms = nesting.TripleTermDepth()

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises LoadError where the file, or one statement, is too large; TooDeep."""
        if self._read - self._statement > self._most_of_one:
            raise LoadError(
                f"A statement of the file has more than {self._most_of_one:,} bytes. Split it, or write the "
                "file as N-Triples."
            )
        data = self._count(self._stream.read(size))
        if self._json is not None:
            self._json.read(data)
        else:
            self._terms.read(data)
        return data

    def statement_ended(self) -> None:
        """Begin to count what the next statement has."""
        self._statement = self._read
        self._terms.statement_ended()

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
    except MemoryError as error:
        raise LoadError(_TOO_LONG) from error
    except SyntaxError as error:
        raise _unreadable(error, form) from error


def _leniently(stream: _Counted, form: RdfFormat, report: Report) -> Iterator[Quad]:
    """The quads that can be read: without statements that cannot be, and triples with what is no IRI."""
    parser = parse(
        stream,  # type: ignore[arg-type]
        format=form,
        base_iri=_BASE,
        rename_blank_nodes=True,
        lenient=True,
    )
    while True:
        try:
            quad = next(parser, None)
        except MemoryError as error:
            raise LoadError(_TOO_LONG) from error
        except SyntaxError as error:
            if form not in _WITH_STATEMENTS:
                raise _unreadable(error, form) from error
            report.skip(f"Line {error.lineno or 1}: {error.msg}")
            continue
        if quad is None:
            break
        if problem := _problem(quad):
            report.skip(f"{str(quad.subject)[:_SHOWN]} {str(quad.predicate)[:_SHOWN]}: {problem}")
        else:
            yield quad  # type: ignore[misc]
    report.prefixes = parser.prefixes


def _unreadable(error: SyntaxError, form: RdfFormat) -> LoadError:
    if form == RdfFormat.JSON_LD and "remote context" in error.msg:
        return LoadError(_REMOTE_CONTEXT)
    line = f"Line {error.lineno}" if error.lineno else "The file"
    return LoadError(f"{line} cannot be read: {error.msg}")


def _problem(quad: Quad | Triple) -> str:
    """What is no IRI or no language of a triple, or empty."""
    terms: list[object] = [quad.subject, quad.predicate, quad.object]
    if isinstance(quad, Quad):
        terms.append(quad.graph_name)
    return next(filter(None, map(_problem_of, terms)), "")


def _problem_of(term: object) -> str:
    match term:
        case NamedNode():
            return _iri_problem(term.value)
        case Literal():
            return _tag_problem(term.language) if term.language else _iri_problem(term.datatype.value)
        case Triple():
            return _problem(term)
    return ""


@lru_cache(50_000)
def _iri_problem(iri: str) -> str:
    try:
        NamedNode(iri)
    except ValueError as error:
        return f"<{iri[:_SHOWN]}> is no IRI: {error}"
    return ""


@lru_cache(1_000)
def _tag_problem(tag: str) -> str:
    try:
        Literal("", language=tag)
    except ValueError as error:
        return f"@{tag[:_SHOWN]} is no language: {error}"
    return ""


def _by_line(stream: _Counted, form: RdfFormat, report: Report) -> Iterator[Quad]:
    """The quads of chunks of lines; where a chunk fails, of its lines one by one."""
    lines, number = stream.lines(), 0
    while chunk := list(_portion(lines)):
        try:
            for line in chunk:
                nesting.check_line(line)
            yield from list(parse(b"".join(chunk), format=form))
        except (SyntaxError, MemoryError, nesting.TooDeep):
            for offset, line in enumerate(chunk):
                try:
                    nesting.check_line(line)
                    yield from parse(line, format=form)
                except (SyntaxError, MemoryError, nesting.TooDeep) as error:
                    report.skip(f"Line {number + offset + 1}: {getattr(error, 'msg', error)}")
        number += len(chunk)


def _portion(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The next lines that are read at once: not too many, and not too long."""
    size = 0
    for line in islice(lines, _CHUNK_LINES):
        yield line
        size += len(line)
        if size > _CHUNK_BYTES:
            return
