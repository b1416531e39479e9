"""Files that somebody made to bring the server down: each is refused, and no more is read than may be."""

import gzip
import itertools
from collections.abc import Callable

import pytest
from pyoxigraph import RdfFormat

from kbqa.sparql.ingest.rdf_parser import LoadError, RdfFile, Report, triples_of

MB = 1_000_000
HEAD = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:">'
THING = HEAD + b'<r:Description r:about="urn:a">'
END = b"</r:Description></r:RDF>"
GROWING = b'<!ENTITY a "aa"><!ENTITY b "&a;&a;">'
XML, JSON = RdfFormat.RDF_XML, RdfFormat.JSON_LD


def doctype(inner: bytes, before: bytes = b"") -> bytes:
    """Return a file with a document type, with something before it."""
    return before + b"<!DOCTYPE r [" + inner + b"]>" + THING + b"<e:p>&b;</e:p>" + END


LARGEST = 25 * MB
HOSTILE: dict[str, tuple[RdfFormat, Callable[[], bytes], str]] = {
    # Entities that grow, wherever a parser could take them for some
    "after a comment of 3 MB": (
        XML,
        lambda: doctype(GROWING, b"<!--" + b"x" * 3 * MB + b"-->"),
        "without bounds",
    ),
    "after an instruction": (XML, lambda: doctype(GROWING, b"<?x " + b"x" * MB + b"?>"), "without bounds"),
    "after blanks": (XML, lambda: doctype(GROWING, b" " * MB), "without bounds"),
    "in a comment": (XML, lambda: doctype(b"<!--" + GROWING + b"-->"), "without bounds"),
    "short, in a comment": (XML, lambda: doctype(b"""<!-- <!ENTITY b "x"> -->"""), "without bounds"),
    "in an instruction": (XML, lambda: doctype(b"<?x " + GROWING + b"?>"), "without bounds"),
    "in another's value": (XML, lambda: doctype(b"""<!ENTITY a '<!ENTITY b "x">'>"""), "without bounds"),
    "in a place": (XML, lambda: doctype(b"""<!ENTITY a SYSTEM '<!ENTITY b "x">'>"""), "without bounds"),
    "in a notation": (XML, lambda: doctype(b"""<!NOTATION a SYSTEM '<!ENTITY b "x">'>"""), "without bounds"),
    "in a name of the document": (
        XML,
        lambda: b"""<!DOCTYPE r SYSTEM '<!ENTITY b "x">' []>""" + THING + END,
        "without bounds",
    ),
    "in an attribute's default": (
        XML,
        lambda: doctype(b"""<!ATTLIST r a CDATA '<!ENTITY b "x">'>"""),
        "cannot be read",
    ),
    "in numbers of characters": (
        XML,
        lambda: doctype(b'<!ENTITY a "aa"><!ENTITY b "&#38;a;&#38;a;">'),
        "without bounds",
    ),
    "in hexadecimal": (
        XML,
        lambda: doctype(b'<!ENTITY a "aa"><!ENTITY b "&#x26;a;&#x26;a;">'),
        "without bounds",
    ),
    "of a parameter": (XML, lambda: doctype(b"""<!ENTITY % a '<!ENTITY b "x">'> %a;"""), "without bounds"),
    "in UTF-16": (XML, lambda: doctype(GROWING).decode().encode("utf-16"), "without bounds"),
    "declared as UTF-16": (
        XML,
        lambda: doctype(GROWING, b'<?xml version="1.0" encoding="UTF-16"?>'),
        "without bounds",
    ),
    "declared as UTF-7": (
        XML,
        lambda: doctype(GROWING, b'<?xml version="1.0" encoding="UTF-7"?>'),
        "without bounds",
    ),
    "naming itself": (XML, lambda: doctype(b'<!ENTITY b "&b;">'), "without bounds"),
    "twice": (XML, lambda: doctype(b'<!ENTITY b "x"><!ENTITY b "&b;&b;">'), "without bounds"),
    "twice, the second single": (
        XML,
        lambda: doctype(b"<!ENTITY b 'x'><!ENTITY b '&a;&a;'>"),
        "without bounds",
    ),
    "twice, the second hidden": (
        XML,
        lambda: doctype(b"<!ENTITY b 'x'><!ENTITY b '<!ENTITY c \"&b;\">'>"),
        "without bounds",
    ),
    "twice, the second long": (
        XML,
        lambda: doctype(b"<!ENTITY b 'x'><!ENTITY b '" + b"x" * 1_001 + b"'>"),
        "without bounds",
    ),
    "in a second document type": (XML, lambda: b"<!DOCTYPE r []>" + doctype(GROWING), "cannot be read"),
    "a file of the server": (
        XML,
        lambda: doctype(b'<!ENTITY b SYSTEM "file:///etc/passwd">'),
        "cannot be read",
    ),
    "repeated very often": (
        XML,
        lambda: (
            b'<!DOCTYPE r [<!ENTITY b "'
            + b"x" * 990
            + b'">]>'
            + THING
            + b"<e:p>"
            + b"&b;" * 500_000
            + b"</e:p>"
            + END
        ),
        "amplification",
    ),
    # Much inside of each other, and parts that never end
    "a literal of 20 MB": (
        XML,
        lambda: THING + b"<e:p>" + b"x" * 20 * MB + b"</e:p>" + END,
        "statement of the file",
    ),
    "an attribute of 20 MB": (
        XML,
        lambda: THING[:-1] + b' e:p="' + b"x" * 20 * MB + b'">' + END,
        "statement of the file",
    ),
    "a comment of 20 MB": (
        XML,
        lambda: b"<!--" + b"x" * 20 * MB + b"-->" + THING + END,
        "statement of the file",
    ),
    "nested lists of JSON": (JSON, lambda: b'{"urn:p":' + b"[" * MB, "more than 500 deep"),
    "nested objects of JSON": (JSON, lambda: b'{"urn:p":' * MB, "more than 500 deep"),
    "nested contexts of JSON": (JSON, lambda: b'{"@context":' * MB, "more than 500 deep"),
    "a text of JSON": (JSON, lambda: b'{"@id":"urn:a","urn:p":"' + b"x" * 20 * MB + b'"}', "too long"),
    "a remote context": (
        JSON,
        lambda: b'{"@context":"http://127.0.0.1:1/x","@id":"urn:a","p":"x"}',
        "cannot be read",
    ),
    "nested nodes of Turtle": (
        RdfFormat.TURTLE,
        lambda: b"<urn:a> <urn:p> " + b"[<urn:p>" * 2_200_000,
        "statement of the",
    ),
    "a literal of Turtle": (RdfFormat.TURTLE, lambda: b'<urn:a> <urn:p> """' + b"x" * 20 * MB, "too long"),
    "a literal of TriG": (RdfFormat.TRIG, lambda: b'<urn:a> <urn:p> """' + b"x" * 20 * MB, "too long"),
    "a literal of N-Triples": (
        RdfFormat.N_TRIPLES,
        lambda: b'<urn:a> <urn:p> "' + b"x" * 20 * MB,
        "too long",
    ),
    "an IRI of N-Quads": (RdfFormat.N_QUADS, lambda: b"<urn:" + b"x" * 20 * MB, "too long"),
    "a comment of Turtle": (RdfFormat.TURTLE, lambda: b"#" + b"x" * 20 * MB, "too long"),
    # Packed
    "zeros": (
        RdfFormat.N_TRIPLES,
        lambda: gzip.compress(b"\0" * 30 * MB, 9),
        "larger than|cannot be read|too long",
    ),
    "lines": (
        RdfFormat.N_TRIPLES,
        lambda: gzip.compress(b"<urn:a> <urn:p> <urn:b> .\n" * 1_000_000, 1),
        "larger than",
    ),
    "an end that is missing": (
        RdfFormat.N_TRIPLES,
        lambda: gzip.compress(b"<urn:a> <urn:p> <urn:b> .\n" * 99)[:-9],
        "to its end",
    ),
    "a middle that is broken": (
        RdfFormat.N_TRIPLES,
        lambda: gzip.compress(b"<urn:a> <urn:p> <urn:b> .\n" * 99)[:20] + b"\xff" * 20,
        "to its end",
    ),
    "packed twice": (
        RdfFormat.N_TRIPLES,
        lambda: gzip.compress(gzip.compress(b"<urn:a> <urn:p> 1 .")),
        "cannot be read",
    ),
    "packed entities": (XML, lambda: gzip.compress(doctype(GROWING, b" " * MB)), "without bounds"),
}
"""Each is made when it is tried: together they take hundreds of megabytes."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(tmp_path, name):
    form, made, says = HOSTILE[name]
    path = tmp_path / "file"
    path.write_bytes(made())
    read = triples_of(
        RdfFile(path, form, LARGEST), Report(), skip_bad_lines=False, progress=lambda done, total: None
    )
    with pytest.raises(LoadError, match=says):
        for _ in itertools.islice(read, 1_000_000):
            pass


@pytest.mark.parametrize("length", [17 * MB, 40 * MB])
def test_lines_that_are_too_long_are_skipped_where_bad_lines_are(tmp_path, length):
    path, report = tmp_path / "file.nt", Report()
    good = b"<urn:a> <urn:p> <urn:b> .\n"
    path.write_bytes(good + b'<urn:a> <urn:p> "' + b"x" * length + b'" .\n' + good)
    file = RdfFile(path, RdfFormat.N_TRIPLES, 10**9)
    triples = list(triples_of(file, report, skip_bad_lines=True, progress=lambda done, total: None))
    assert len(triples) == 2
    assert report.skipped == -(-length // (16 * 1024 * 1024))


def test_plain_document_types_are_read(tmp_path):
    """Those of ontologies: short entities for namespaces, comments, instructions."""
    inner = b'<!-- of names --><!ENTITY b "urn:x#"><?x y?><!ELEMENT r ANY><!ENTITY % p "q">'
    path = tmp_path / "file.owl"
    path.write_bytes(doctype(inner, b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- <!ENTITY is a word -->'))
    file = RdfFile(path, XML, MB)
    read = triples_of(file, Report(), skip_bad_lines=False, progress=lambda done, total: None)
    assert [quad.object.value for quad in read] == ["urn:x#"]
