import bz2
import gzip
import io
import lzma
import zipfile

import pytest
from pyoxigraph import RdfFormat, Store, serialize

from kbqa.sparql.answer.registry import served
from kbqa.sparql.ingest import load as stages
from kbqa.sparql.ingest import rdf_parser
from kbqa.sparql.ingest.rdf_parser import LoadError, RdfFile, Report, rdf_format, triples_of
from kbqa.sparql.models import Graph, GraphVersion
from searchapp.jobs.context import JobContext
from searchapp.jobs.models import Job
from tests.kbqa.conftest import FILMS

LINES = b'<urn:a> <urn:p> "1" .\n<urn:b> <urn:p> .\n<urn:c> <urn:p> "3" .\n'


def as_format(form: RdfFormat) -> bytes:
    store = Store()
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    quads = list(store.quads_for_pattern(None, None, None))
    return serialize([quad.triple for quad in quads], format=form)


@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        (".ttl", RdfFormat.TURTLE),
        (".nt", RdfFormat.N_TRIPLES),
        (".nq", RdfFormat.N_QUADS),
        (".trig", RdfFormat.TRIG),
        (".rdf", RdfFormat.RDF_XML),
        (".jsonld", RdfFormat.JSON_LD),
    ],
)
def test_every_format_and_packed(load, suffix, form):
    text = as_format(form)
    plain = load(text, name="plain", suffix=suffix)
    packed = load(gzip.compress(text), name="packed", suffix=f"{suffix}.gz")
    assert plain.serving.triples == packed.serving.triples == 38


def test_a_bad_line_stops_the_load_and_is_named(load):
    job = load(LINES, suffix=".nt", fails=True)
    assert job.state == Job.State.FAILED
    assert "Line 2" in job.error


def test_bad_lines_are_skipped_and_counted_if_wished(load):
    graph = load(LINES, suffix=".nt", skip_bad_lines=True)
    assert (graph.serving.triples, graph.serving.skipped) == (2, 1)
    assert graph.serving.complaints[0].startswith("Line 2:")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".ttl", b"<a> <b"),
        (".rdf", b"<html><body>no</body></html"),
        (".jsonld", b'{"@context": '),
        (".nt", b"\xff\xfe\x00"),
        (".ttl.gz", b"\x1f\x8bnothing"),
    ],
)
def test_malformed_files_fail_with_a_reason_and_the_old_version_serves(load, suffix, text):
    graph = load(FILMS, suffix=suffix if suffix == ".ttl" else ".ttl")
    before = graph.serving_id
    other = load(text, name="broken", suffix=suffix, fails=True)
    assert other.state == Job.State.FAILED
    assert "cannot be read" in other.error
    graph.refresh_from_db()
    assert graph.serving_id == before
    assert not Graph.objects.get(name="broken").versions.exclude(state=GraphVersion.State.ABANDONED).exists()


def test_entities_that_grow_are_bounded(load):
    many = b"".join(b'<!ENTITY e%d "%s">' % (depth, b"&e%d;" % (depth - 1) * 10) for depth in range(1, 12))
    text = (
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">%s]><r xmlns="http://x.example/">&e11;</r>'
        % many
    )
    assert load(text, name="laughs", suffix=".rdf", fails=True).state == Job.State.FAILED


def test_odd_but_valid_content(load):
    text = (
        '<rel> <p> _:b . _:b <p> _:b . <rel> <http://www.w3.org/2000/01/rdf-schema#label> "'
        + "long " * 50_000
        + '" .'
    )
    assert load(text).serving.triples == 3
    assert load("", name="empty").serving.triples == 0
    assert (
        load(
            "<http://x.example/Ada> <http://x.example/knows> <http://x.example/Bob> .", name="unlabelled"
        ).serving.triples
        == 1
    )


def test_a_new_load_replaces_and_old_names_stay_for_who_still_reads_them(load):
    from kbqa.sparql.models import Name

    labelled = '<http://x.example/a> <http://www.w3.org/2000/01/rdf-schema#label> "{}" .'
    for text in ("First", "Second", "Third"):
        graph = load(labelled.format(text))
    assert graph.serving.number == 3
    assert set(Name.objects.filter(graph=graph).values_list("text", flat=True)) == {"Second", "Third"}


def test_a_load_that_was_killed_goes_on(load):
    graph = load()
    job = Job.objects.create(
        kind="load_graph",
        subject=graph.subject,
        title="Load",
        arguments={"graph": graph.pk},
        state=Job.State.RUNNING,
    )
    stages.fetch_source(JobContext(job))
    stages.read(JobContext(job))
    stages.read(JobContext(job))
    live = served(graph).live
    assert live.store.version.endswith(".1")
    stages.publish(JobContext(job))
    graph.refresh_from_db()
    assert (graph.serving.number, graph.serving.triples) == (2, 38)


# Below, files are read without a database.

N_TRIPLES, TURTLE, RDF_XML = RdfFormat.N_TRIPLES, RdfFormat.TURTLE, RdfFormat.RDF_XML
XML = (
    b'<?xml version="1.0"?><!DOCTYPE r [%s]>'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:">'
    b'<rdf:Description rdf:about="urn:a"><e:p>%s</e:p></rdf:Description></rdf:RDF>'
)


@pytest.fixture
def read(tmp_path):
    """A function that reads bytes of a format, and returns their triples and the report."""

    def run(data: bytes, form: RdfFormat = N_TRIPLES, *, skip: bool = False, most: int = 10**6, told=None):
        path = tmp_path / "file"
        path.write_bytes(data)
        report = Report()
        progress = (lambda done, total: told.append((done, total))) if told is not None else lambda *_: None
        quads = triples_of(RdfFile(path, form, most), report, skip_bad_lines=skip, progress=progress)
        return [(str(quad.subject), str(quad.object)) for quad in quads], report

    return run


@pytest.mark.parametrize(
    ("name", "kind", "form"),
    [
        ("films.ttl", "", TURTLE),
        ("FILMS.TTL.GZ", "", TURTLE),
        ("films.nt.gzip", "", N_TRIPLES),
        ("films.owl", "", RDF_XML),
        ("films.json", "", RdfFormat.JSON_LD),
        ("films.nt", "text/turtle", N_TRIPLES),
        ("films", "text/turtle; charset=utf-8", TURTLE),
        ("films.v2", "application/n-triples", N_TRIPLES),
        ("films.ttl.bz2", "", TURTLE),
        ("films.ttl.xz", "application/x-xz", TURTLE),
        ("films.nt.zip", "", N_TRIPLES),
        ("films.zip", "", None),
        ("films", "application/zip", None),
        ("films.n3", "", TURTLE),
        ("films", "text/n3", TURTLE),
    ],
)
def test_a_format_is_known_by_the_name_or_else_by_the_media_type(name, kind, form):
    assert rdf_format(name, kind) == form


@pytest.mark.parametrize(
    ("name", "kind"),
    [("films", ""), (".ttl", ""), ("films.gz", ""), ("films.txt", "text/html"), ("", ";"), ("films.xz", "")],
)
def test_what_is_no_rdf_by_its_name_says_which_names_are(name, kind):
    with pytest.raises(LoadError, match=r"must end in \.nt, .*\.jsonld, .*also with \.gz"):
        rdf_format(name, kind)


def test_triples_of_named_graphs_stand_among_all_and_in_their_graph(tmp_path):
    path, report = tmp_path / "file.nq", Report()
    path.write_bytes(b"<urn:a> <urn:p> <urn:b> <urn:g> .\n<urn:c> <urn:p> <urn:d> .")
    file = RdfFile(path, RdfFormat.N_QUADS, 1_000)
    quads = triples_of(file, report, skip_bad_lines=False, progress=lambda *_: None)
    found = [(str(quad.subject), str(quad.graph_name)) for quad in quads]
    assert found == [("<urn:a>", "DEFAULT"), ("<urn:a>", "<urn:g>"), ("<urn:c>", "DEFAULT")]
    assert report.triples == 2


def test_relative_iris_point_to_no_real_place(read):
    assert read(b"<film> <p> <#x> .", TURTLE)[0] == [
        ("<urn:searchapp:relative/film>", "<urn:searchapp:relative/#x>")
    ]


def test_the_prefixes_of_a_file_are_reported(read):
    _, report = read(b"@prefix f: <http://films.example/> . f:a f:b f:c .", TURTLE)
    assert report.prefixes == {"f": "http://films.example/"}


def test_blank_nodes_of_two_files_are_not_the_same(read):
    first, second = (read(b"_:a <urn:p> _:a .", TURTLE)[0] for _ in range(2))
    assert first[0][0] == first[0][1] != second[0][0]


def test_lines_that_cannot_be_read_are_counted_from_one(read):
    lines = b"\n".join((b"<urn:a> <urn:p> 1 .", b"# a comment", b"", b'<urn:b> <urn:p> "2" .', b"\xff"))
    triples, report = read(lines, skip=True)
    assert triples == [("<urn:b>", '"2"')]
    assert (report.triples, report.skipped) == (1, 2)
    assert [complaint.split(":")[0] for complaint in report.complaints] == ["Line 1", "Line 5"]


def test_bad_lines_are_counted_over_portions(read, monkeypatch):
    monkeypatch.setattr(rdf_parser, "_CHUNK_LINES", 2)
    good = b'<urn:a> <urn:p> "1" .\n'
    triples, report = read(good * 2 + good + b"bad\n" + good * 2 + b"bad\n", skip=True)
    assert len(triples) == 5
    assert [complaint.split(":")[0] for complaint in report.complaints] == ["Line 4", "Line 7"]


def test_the_first_twenty_complaints_are_kept(read):
    _, report = read(b"bad\n" * 25, skip=True)
    assert (report.skipped, len(report.complaints)) == (25, 20)


def test_statements_of_turtle_that_cannot_be_read_are_skipped(read):
    text = b"@prefix a: <urn:> .\na:a a:p 1 .\nbad a:p 3 .\na:b no:p 2 .\na:b a:p 4 ."
    triples, report = read(text, TURTLE, skip=True)
    assert [subject for subject, _ in triples] == ["<urn:a>", "<urn:b>"]
    assert [complaint.split(":")[0] for complaint in report.complaints] == ["Line 3", "Line 4"]
    assert report.prefixes == {"a": "urn:"}
    with pytest.raises(LoadError, match="Line 3 cannot be read"):
        read(text, TURTLE)


BAD_PARTS = {
    RdfFormat.TURTLE: b"""<urn:a> <urn:p> <http://x/?f[]=1> , <http://x/50%> , "x"@muchtoolong , <urn:ok> .
        <http://x/a#b#c> <urn:p> "x"@en . <urn:a> <http://x/[p]> 1 .""",
    RdfFormat.RDF_XML: b"""<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:">
        <r:Description r:about="urn:a"><e:p r:resource="http://x/?f[]=1"/><e:p r:resource="urn:ok"/>
        <e:p r:resource="http://x/50%"/><e:p xml:lang="muchtoolong">x</e:p></r:Description>
        <r:Description r:about="http://x/a#b#c"><e:p xml:lang="en">x</e:p><e:p>1</e:p></r:Description>
        </r:RDF>""",
    RdfFormat.JSON_LD: b"""[{"@id":"urn:a","urn:p":[{"@id":"http://x/?f[]=1"},{"@id":"urn:ok"},
        {"@id":"http://x/50%"}]},{"@id":"http://x/a#b#c","urn:p":[1,2,3]}]""",
}


@pytest.mark.parametrize("form", BAD_PARTS)
def test_triples_with_what_is_no_iri_and_no_language_are_left_out_and_counted(read, form):
    skipping = [True, False] if form == RdfFormat.JSON_LD else [True]
    for skip in skipping:
        triples, report = read(BAD_PARTS[form], form, skip=skip)
        assert triples == [("<urn:a>", "<urn:ok>")]
        assert (report.triples, report.skipped) == (1, 5)
        assert any("<http://x/?f[]=1> is no IRI" in complaint for complaint in report.complaints)
    if len(skipping) == 1:
        with pytest.raises(LoadError, match="cannot be read"):
            read(BAD_PARTS[form], form)


PLAIN = b'<urn:a> <urn:p> "\xc3\xa9" .'
MARKED = {
    (TURTLE, b"\xef\xbb\xbf" + PLAIN),
    (N_TRIPLES, b"\xef\xbb\xbf" + PLAIN),
    (RdfFormat.TRIG, b"\xef\xbb\xbf" + PLAIN),
    (RdfFormat.JSON_LD, '\ufeff[{"@id":"urn:a","urn:p":"\xe9"}]'.encode()),
    (TURTLE, PLAIN.decode().encode("utf-16")),
    (N_TRIPLES, "\ufeff".encode("utf-16-be") + PLAIN.decode().encode("utf-16-be")),
    (RDF_XML, (XML % (b"", "\xe9".encode())).decode().encode("utf-16")),
    (RDF_XML, b"\xef\xbb\xbf" + XML % (b"", "\xe9".encode())),
}


def test_files_with_byte_order_marks_are_read(read):
    for form, data in MARKED:
        for skip in (False, True):
            assert read(data, form, skip=skip)[0] == [("<urn:a>", '"\xe9"')], (form, data)


@pytest.mark.parametrize(
    ("named", "text", "objects"),
    [
        (RDF_XML, b"@prefix e: <urn:> .\ne:a e:p e:b .", ["<urn:b>"]),
        (RDF_XML, b"# a comment\n<http://x/a> <urn:p> 'x' .", ['"x"']),
        (RDF_XML, b"<urn:a> <urn:p> <urn:b> .", ["<urn:b>"]),
        (RDF_XML, b"<#a> <urn:p> <urn:b> .", ["<urn:b>"]),
        (RDF_XML, b"[] <urn:p> <urn:b> .", ["<urn:b>"]),
        (RDF_XML, b'{"@id":"urn:a","urn:p":{"@id":"urn:b"}}', ["<urn:b>"]),
        (RDF_XML, b"\n " + (XML % (b"", b"x")).partition(b"?>")[2], ['"x"']),
        (TURTLE, XML % (b"", b"x"), ['"x"']),
    ],
)
def test_ontologies_are_read_whatever_their_name_says(read, named, text, objects):
    assert [found for _, found in read(text, named)[0]] == objects


@pytest.mark.parametrize(
    "text",
    [
        b"Prefix(:=<urn:a#>)\nOntology(<urn:a>)",
        b"Prefix: : <urn:a#>\nOntology: <urn:a>",
        b'<?xml version="1.0"?>\n<Ontology xmlns="http://www.w3.org/2002/07/owl#" ontologyIRI="urn:a"/>',
    ],
)
def test_ontologies_without_triples_say_how_to_save_them(read, text):
    with pytest.raises(LoadError, match=r"Save it as RDF/XML or Turtle"):
        read(text, RDF_XML)


def test_a_context_elsewhere_says_what_to_do(read):
    text = b'{"@context":"https://schema.org","@type":"Person","name":"Ada"}'
    for skip in (False, True):
        with pytest.raises(LoadError, match="Put the context itself in the place of its address"):
            read(text, RdfFormat.JSON_LD, skip=skip)


def zipped(data: bytes, *names: str) -> bytes:
    """Return an archive that holds the data under each of some names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("folder/films.nt",):
            archive.writestr(name, data)
    return file.getvalue()


PACKS = [gzip.compress, bz2.compress, lzma.compress, zipped]


@pytest.mark.parametrize("pack", PACKS)
def test_packed_files_are_read(read, pack):
    data = b"".join(b'<urn:a> <urn:p> "%d" .\n' % number for number in range(9_000))
    for skip in (False, True):
        assert len(read(pack(data), skip=skip)[0]) == 9_000
    if pack != zipped:
        with pytest.raises(LoadError, match="file cannot be read to its end"):
            read(pack(data)[:-40])
        assert len(read(pack(data) + pack(data))[0]) == 18_000, (
            "several in a row, as packers in parallel write"
        )


def test_the_file_in_an_archive_says_its_format(read):
    text = b"@prefix e: <urn:> . e:a e:p 1 ."
    system = zipped(text, "a.ttl", "__MACOSX/._a.ttl", ".DS_Store")
    for data in (zipped(text, "a.ttl"), system):
        assert len(read(data, None)[0]) == 1
    for data, says in (
        (zipped(text, "a.ttl", "b.ttl"), "holds 2 files. It must hold one"),
        (zipped(b"", "folder/"), "holds 0 files"),
        (zipped(text, "a.txt"), "not an RDF file by its name"),
        (zipped(gzip.compress(text), "a.ttl.gz"), "packed itself"),
        (zipped(text, "a.ttl")[:-30], "cannot be read to its end"),
    ):
        with pytest.raises(LoadError, match=says):
            read(data, None)


def test_a_file_that_wants_much_memory_to_be_unpacked_is_refused(read):
    wanting = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    with pytest.raises(LoadError, match="cannot be read to its end: Memory usage limit"):
        read(lzma.compress(b"<urn:a> <urn:p> 1 .", filters=wanting))


@pytest.mark.parametrize("pack", [bytes, *PACKS])
def test_a_file_is_read_up_to_its_expanded_size(read, pack):
    data = b'<urn:a> <urn:p> "1" .\n' * 50
    assert len(read(pack(data), most=len(data))[0]) == 50
    for skip in (False, True):
        with pytest.raises(LoadError, match="larger than 1,099 bytes when it is unpacked"):
            read(pack(data), most=len(data) - 1, skip=skip)


def test_a_packed_file_that_ends_early_is_named(read):
    with pytest.raises(LoadError, match="file cannot be read to its end"):
        read(gzip.compress(b'<urn:a> <urn:p> "1" .\n' * 5_000)[:-20])


def test_progress_is_told_of_the_file_as_it_lies_on_disk(read):
    told = []
    packed = gzip.compress(b'<urn:a> <urn:p> "1" .\n' * 5_000)
    read(packed, told=told)
    assert told[-1] == (len(packed), len(packed))
    assert {total for _, total in told} == {len(packed)}


def test_an_empty_file_has_no_triples(read):
    for form in (N_TRIPLES, TURTLE, RdfFormat.N_QUADS):
        assert read(b"", form)[0] == []


def test_an_entity_may_name_a_plain_one(read):
    entities = b"""<!ENTITY ex "http://x.example/"><!ENTITY wine "&ex;wine#"> <!ENTITY food "the &ex;food">"""
    assert read(XML % (entities, b"&wine;a &food;"), RDF_XML)[0] == [
        ("<urn:a>", '"http://x.example/wine#a the http://x.example/food"')
    ]


@pytest.mark.parametrize(
    "entities",
    [
        b'<!ENTITY a "x"><!ENTITY b "&a;"><!ENTITY c "&b;">',
        b'<!ENTITY b "&a;"><!ENTITY a "x">',
        b'<!ENTITY a "%s"><!ENTITY b "x&a;">' % (b"x" * 1_000),
        b'<!ENTITY a "x"><!ENTITY %% p "&a;"> %s' % b"",
    ],
)
def test_an_entity_may_name_no_other(read, entities):
    with pytest.raises(LoadError, match="expand without bounds"):
        read(XML % (entities, b"x"), RDF_XML)


def test_short_entities_are_read(read):
    entities = b"""<!ENTITY it "it's"> <!-- this & that --> <!ENTITY x "http://x.example/">"""
    assert read(XML % (entities, b"&it; &x;"), RDF_XML)[0] == [("<urn:a>", '"it\'s http://x.example/"')]


@pytest.mark.parametrize(
    "entities",
    [
        b'<!ENTITY a "aa"><!ENTITY b "&a;&a;">',
        b'<!ENTITY a "aa"><!ENTITY b "it\'s &a;&a;">',
        b'<!ENTITY a "aa"><!ENTITY % b\n"\n&a;&a;">',
        b'<!ENTITY a "aa"><!ENTITYb "&a;&a;">',
        b'<!ENTITY a "aa"><!ENTITY\xc2\xa0b "&a;&a;">',
        b'<!ENTITY a "aa"><!ENTITY b" "&a;&a;">',
        b'<!ENTITY a "%s">' % (b"a" * 1_001),
        b'<!ENTITY a "aa"><!--%s--><!ENTITY b "&a;&a;">' % (b"x" * (1 << 20)),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_entities_that_grow_are_refused_before_they_are_expanded(read, entities, pack):
    with pytest.raises(LoadError, match=r"expand without bounds|not well-formed|syntax error"):
        read(pack(XML % (entities, b"x")), RDF_XML, most=1 << 22)


@pytest.mark.parametrize("offset", range(40))
def test_entities_that_grow_are_refused_wherever_a_portion_ends(read, offset):
    padding = b"x" * ((1 << 13) - 60 + offset)
    entities = b'<!--%s--><!ENTITY a "aa"><!ENTITY b "&a;&a;">' % padding
    with pytest.raises(LoadError, match="expand without bounds"):
        read(XML % (entities, b"x"), RDF_XML)


def test_entities_of_a_doctype_in_the_middle_are_refused_too(read):
    text = XML % (b"", b"x</e:p><!DOCTYPE r [<!ENTITY a 'aa'><!ENTITY b \"&a;&a;\">]><e:p>&b;")
    with pytest.raises(LoadError, match="not well-formed"):
        read(text, RDF_XML)
