"""Files that mean harm: archives, graphs, and SQLite databases."""

import gzip
import io
import re
import sqlite3
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks.product import ROOT

_DATABASES = ROOT / "tests/kbqa/sql/ingest/hostile_databases.yaml"
_TOWN = (
    "CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT)",
    "INSERT INTO town VALUES (1, 'Oslo'), (2, 'Porto')",
)
_LARGE = 100_000_000
_SOURCE = b"def add(a, b):\n    return a + b\n"


class Upload(NamedTuple):
    """A file; `engine` is archive, graph or sqlite."""

    engine: str
    name: str
    file_name: str
    data: bytes

    @property
    def slug(self) -> str:
        """The name of the source that it becomes."""
        return "upload-" + re.sub(r"[^a-z0-9]+", "-", f"{self.engine} {self.name}".lower()).strip("-")


def uploads(in_text: Callable[[str], str]) -> Iterator[Upload]:
    """All files; `in_text` writes addresses into a text."""
    for name, data in _zips():
        yield Upload("archive", f"zip, {name}", "a.zip", data)
    for name, data in _tars():
        yield Upload("archive", f"tar, {name}", "a.tar.gz", data)
    yield Upload("archive", "odd name", "..%2f..%2fetc/passwd\\..\\a.zip", _zip({"a.py": _SOURCE}))
    for name, (file_name, data) in _graphs(in_text).items():
        yield Upload("graph", name, file_name, data)
    for name, data in _databases():
        yield Upload("sqlite", name, "a.sqlite", data)


def _zip(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return made.getvalue()


def _gzip(data: bytes) -> bytes:
    """Packed without the time, so that the same bytes come out each time."""
    return gzip.compress(data, mtime=0)


def _zips() -> Iterator[tuple[str, bytes]]:
    good = _zip({"a.py": _SOURCE})
    yield (
        "outside",
        _zip({"../../../outside.py": _SOURCE, "/etc/outside.py": _SOURCE, "C:\\outside.py": _SOURCE}),
    )
    yield "bomb", _zip({"bomb.py": b"\0" * _LARGE})
    yield "many bombs", _zip({f"{number}.py": b"x = 1\n" * 500_000 for number in range(40)})
    yield "many files", _zip({f"{number}/a.py": b"" for number in range(60_000)})
    yield "deep folders", _zip({"a/" * 20_000 + "a.py": _SOURCE})
    yield "in itself", _zip({"a.zip": _zip({"a.zip": good})})
    yield "truncated", good[:-30]
    yield "broken data", good[:35] + b"\xff" * 10 + good[45:]
    yield "encrypted", good.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    yield "unknown method", good.replace(b"\x08\x00", b"\x63\x00")
    yield "null in a name", _zip({"a\0b.py": _SOURCE})
    yield (
        "odd names",
        _zip({"\u202eyp.a.py": _SOURCE, "'; DROP TABLE x;--.py": _SOURCE, "\x1b[31m.py": _SOURCE}),
    )
    yield "brackets", _zip({"a.py": b"(" * 400_000, "b.js": b"[" * 400_000, "c.c": b"{" * 400_000})
    yield "one long line", _zip({"a.py": b"a = " + b"1 + " * 200_000 + b"1\n"})
    yield "not UTF-8", _zip({"a.py": bytes(range(256)) * 100})
    link = zipfile.ZipInfo("link.py")
    link.external_attr = 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(link, "/etc/passwd")
        archive.writestr(zipfile.ZipInfo("link.py"), _SOURCE)
    yield "link", made.getvalue()


def _tars() -> Iterator[tuple[str, bytes]]:
    def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            for info, data in members:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return _gzip(made.getvalue())

    def special(kind: bytes, target: str = "") -> tarfile.TarInfo:
        info = tarfile.TarInfo("special.py")
        info.type, info.linkname = kind, target
        return info

    good = tar((tarfile.TarInfo("a.py"), _SOURCE))
    yield (
        "outside",
        tar((tarfile.TarInfo("../../outside.py"), _SOURCE), (tarfile.TarInfo("/outside.py"), _SOURCE)),
    )
    yield (
        "links",
        tar((special(tarfile.SYMTYPE, "/etc/passwd"), b""), (special(tarfile.LNKTYPE, "/etc/passwd"), b"")),
    )
    yield "devices", tar((special(tarfile.CHRTYPE), b""), (special(tarfile.FIFOTYPE), b""))
    yield "bomb", tar((tarfile.TarInfo("a.py"), b"\0" * _LARGE))
    yield "truncated", good[: len(good) // 2]
    odd = tarfile.TarInfo("a.py")
    odd.pax_headers = {"path": "../" * 1_000 + "a.py", "size": "-1", "mtime": "nan"}
    yield "odd headers", tar((odd, _SOURCE))
    yield "empty gzip members", _gzip(b"") * 50_000
    yield "a long header", _gzip(_header_of(1 << 33) + b"\0" * 20_000_000)


def _header_of(size: int) -> bytes:
    """The header of a long name that says it has so many bytes."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, size
    return info.tobuf(tarfile.GNU_FORMAT)


def _graphs(in_text: Callable[[str], str]) -> dict[str, tuple[str, bytes]]:
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="urn:a:">%s</rdf:RDF>'
    named = rdf % '<rdf:Description rdf:about="urn:x"><a:b>&j;</a:b></rdf:Description>'
    laughs = "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    texts = {
        "entities": ("a.rdf", f'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">{laughs}]>{named}'),
        "an outer entity": ("a.rdf", f'<!DOCTYPE r [<!ENTITY j SYSTEM "%URL%">]>{named}'),
        "a file as entity": ("a.rdf", f'<!DOCTYPE r [<!ENTITY j SYSTEM "file:///etc/passwd">]>{named}'),
        "an outer DTD": ("a.rdf", f'<!DOCTYPE r SYSTEM "%URL%">{rdf % ""}'),
        "an entity of itself": ("a.rdf", f'<!DOCTYPE r [<!ENTITY j "&j;">]>{named}'),
        "deep XML": ("a.rdf", rdf % ("<a:b><a:C>" * 50_000 + "</a:C></a:b>" * 50_000)),
        "a long attribute": ("a.rdf", rdf % f'<a:C a:d="{"x" * 5_000_000}"/>'),
        "UTF-7": ("a.rdf", '<?xml version="1.0" encoding="UTF-7"?>' + rdf % ""),
        "an outer context": ("a.jsonld", '{"@context": "%URL%", "@id": "urn:a", "b": 1}'),
        "deep JSON": ("a.jsonld", '{"a":' * 100_000 + "1" + "}" * 100_000),
        "deep arrays": ("a.jsonld", "[" * 500_000),
        "brackets": ("a.ttl", "<urn:a> <urn:b> " + "(" * 300_000),
        "blank nodes": ("a.ttl", "<urn:a> <urn:b> " + "[<urn:c> " * 100_000 + "1" + "]" * 100_000 + " ."),
        "triples in triples": ("a.ttl", "<urn:a> <urn:b> " + "<<( <urn:s> <urn:p> " * 50_000),
        "an imported graph": ("a.ttl", "<urn:a> <http://www.w3.org/2002/07/owl#imports> <%URL%> ."),
        "prefixes": ("a.ttl", f"@prefix p: <urn:{'x' * 50_000}> .\n" + "p:a p:b p:c .\n" * 20_000),
        "a long line": ("a.nt", f'<urn:a> <urn:b> "{"x" * 20_000_000}" .\n'),
        "no line ends": ("a.nt", "x" * 20_000_000),
        "bad lines": ("a.nt", "<urn:a> <urn:b>\n" * 200_000),
        "a null": ("a.nt", '<urn:a> <urn:b> "a\0b\\u0000\\uD800" .\n'),
        "odd IRIs": ("a.nt", "<file:///etc/passwd> <javascript:alert(1)> <urn:\\u0000\\u003e> .\n"),
        "no such format": ("a.exe", "MZ"),
        "nothing": ("a.ttl", ""),
    }
    made = {name: (file_name, in_text(text).encode()) for name, (file_name, text) in texts.items()}
    made["not UTF-8"] = ("a.ttl", b'<urn:a> <urn:b> "\xff\xfe\xc0\x80" .')
    made["bomb"] = ("a.nt.gz", _gzip(b"\n" * _LARGE))
    made["half a gzip"] = ("a.nt.gz", _gzip(b"<urn:a> <urn:b> <urn:c> .\n" * 1_000)[:-9])
    return made


def _databases() -> Iterator[tuple[str, bytes]]:
    for name, statements in yaml.safe_load(_DATABASES.read_text(encoding="utf-8")).items():
        yield name, _sqlite(*statements)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    yield "a view without end", _sqlite(f"CREATE VIEW v AS {endless} SELECT x FROM n")
    yield (
        "a large blob in a view",
        _sqlite("CREATE VIEW v AS SELECT zeroblob(900000000) AS a, name FROM town"),
    )
    yield "many tables", _sqlite(*(f"CREATE TABLE t{number} (a TEXT)" for number in range(3_000)))
    yield (
        "many columns",
        _sqlite(f"CREATE TABLE t ({', '.join(f'c{number} TEXT' for number in range(1_900))})"),
    )
    good = _sqlite()
    for name, start in (("header", 16), ("schema", 100), ("page", 4_096)):
        yield f"a broken {name}", good[:start] + bytes(range(250)) * 4 + good[start + 1_000 :]
    yield "truncated", good[:5_000]
    yield "only its name", b"SQLite format 3\0"
    yield "a page size of nothing", good[:16] + b"\0\0" + good[18:]


def _sqlite(*statements: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        with closing(sqlite3.connect(file.name, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            with suppress(sqlite3.Error):
                for statement in (*_TOWN, *statements):
                    connection.execute(statement)
        return Path(file.name).read_bytes()
