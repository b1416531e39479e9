"""Files whose parts lie deep inside each other are refused before the parser follows them to its end."""

import pytest
from pyoxigraph import RdfFormat

from kbqa.sparql.ingest.nesting import JsonDepth, TooDeep
from kbqa.sparql.ingest.rdf_parser import LoadError, RdfFile, Report, triples_of

RDF = (
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="urn:x" rdf:version="1.2">'
    b"%s</rdf:RDF>"
)
# More than are taken, and fewer than end the process.
TOO_MANY = 6_000


def around(before: bytes, inner: bytes, after: bytes, depth: int) -> bytes:
    return before * depth + inner + after * depth


def triple_terms(depth: int) -> bytes:
    return b"<urn:a> <urn:b> %s ." % around(b"<<(<urn:a> <urn:b> ", b"<urn:c>", b")>>", depth)


@pytest.fixture
def read(tmp_path):
    """A function that reads bytes of a format, and returns the number of triples and the report."""

    def run(data: bytes, form: RdfFormat, *, skip: bool = False):
        path = tmp_path / "file"
        path.write_bytes(data)
        report = Report()
        file = RdfFile(path, form, 10**8)
        return len(list(triples_of(file, report, skip_bad_lines=skip, progress=lambda *_: None))), report

    return run


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (RdfFormat.JSON_LD, around(b'{"@id":"urn:a","urn:b":', b'"1"', b"}", 501)),
        (RdfFormat.JSON_LD, b'{"@id":"urn:a","urn:b":%s}' % around(b'{"@list":[', b"", b"]}", 251)),
        (RdfFormat.JSON_LD, around(b"[", b"", b"]", 501)),
        (RdfFormat.RDF_XML, RDF % around(b"<rdf:Description><x:p>", b"", b"</x:p></rdf:Description>", 250)),
        (
            RdfFormat.RDF_XML,
            RDF
            % around(
                b'<rdf:Description rdf:about="urn:a"><x:p rdf:parseType="Triple">',
                b'<rdf:Description rdf:about="urn:a"><x:p>1</x:p></rdf:Description>',
                b"</x:p></rdf:Description>",
                101,
            ),
        ),
        *((form, triple_terms(101)) for form in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS, RdfFormat.TURTLE)),
        *(
            (form, triple_terms(TOO_MANY))
            for form in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS, RdfFormat.TURTLE)
        ),
        (RdfFormat.TRIG, b"<urn:g> { %s }" % triple_terms(TOO_MANY)),
    ],
)
def test_what_lies_too_deep_is_refused_with_what_to_do(read, form, data):
    with pytest.raises(LoadError, match=r"deep inside each other\. Give inner ones names"):
        read(data, form)


@pytest.mark.parametrize(
    ("form", "data"),
    [
        (RdfFormat.JSON_LD, around(b'{"@id":"urn:a","urn:b":', b'"1"', b"}", 499)),
        (RdfFormat.RDF_XML, RDF % around(b"<rdf:Description><x:p>", b"", b"</x:p></rdf:Description>", 249)),
        (RdfFormat.TURTLE, triple_terms(100)),
        (RdfFormat.TURTLE, b"<urn:a> <urn:b> %s ." % around(b"[ <urn:b> ", b"1", b"]", 20_000)),
        (RdfFormat.TURTLE, b"\n".join([triple_terms(1)] * TOO_MANY)),
        (RdfFormat.N_TRIPLES, b"\n".join([triple_terms(1)] * TOO_MANY)),
        (
            RdfFormat.JSON_LD,
            b'[%s{"@id":"urn:a","urn:b":"%s"}]' % (b'{"@id":"urn:a"},' * 2_000, b"[{" * 9_000),
        ),
        (RdfFormat.JSON_LD, rb'[%s{"@id":"urn:a","urn:b":"1"}]' % (rb'{"urn:c":"\"[{[{\\"},' * 2_000)),
    ],
)
def test_what_lies_side_by_side_or_less_deep_is_read(read, form, data):
    assert read(data, form)[0] > 0


def test_a_line_that_lies_too_deep_is_skipped_like_a_bad_one(read):
    lines = b"\n".join([triple_terms(1), triple_terms(TOO_MANY), triple_terms(1)])
    number, report = read(lines, RdfFormat.N_TRIPLES, skip=True)
    assert (number, report.skipped) == (2, 1)
    assert report.complaints[0].startswith("Line 2: Its triples lie more than 100 deep")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_depth_is_followed_wherever_a_portion_ends(size):
    # Brackets and quotes in strings, behind one and two backslashes.
    text = rb'{"a\"[[": "\\", "b": [["]", "\\\"{"]]}' * 500
    depth = JsonDepth()
    for at in range(0, len(text), size):
        depth.read(text[at : at + size])
    depth.read(b"[" * 500)
    with pytest.raises(TooDeep):
        depth.read(b"[")
