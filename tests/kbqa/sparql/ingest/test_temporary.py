"""Graphs that are there for a block only."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.sparql.ingest.rdf_parser import LoadError
from kbqa.sparql.ingest.temporary import read_store, temporary_graph, temporary_names
from kbqa.sparql.models import Graph, GraphVersion, LabelVector, Name

FALCON = (
    "<http://films.example/f4> <http://www.w3.org/2000/01/rdf-schema#label> 'Falcon' ;"
    " <http://films.example/director> <http://films.example/p1> ."
)


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "Falcon.v1.ttl"
    path.write_text(FALCON)
    return path


def rows() -> list[int]:
    return [kind.objects.count() for kind in (Graph, GraphVersion, Name, LabelVector)]


def test_a_file_is_asked_as_a_graph_and_gone_afterwards(db, film):
    with temporary_graph(film, 5) as opened:
        assert opened.live.store.ask("ASK { ?film ?label 'Falcon' }")
        assert opened.version.graph.name == "Falcon.v1.ttl"
        assert rows() == [1, 1, 1, 1]
    assert rows() == [0, 0, 0, 0]


@pytest.mark.parametrize("labels", [0, 5])
def test_nothing_is_left_where_the_block_fails(db, film, labels):
    with pytest.raises(ZeroDivisionError), temporary_graph(film, labels):
        1 / (rows() != [1, 1, 1, min(labels, 1)])
    assert rows() == [0, 0, 0, 0]


def test_nothing_is_left_where_a_graph_cannot_be_profiled(db):
    with pytest.raises(AttributeError), temporary_names(None, "broken", 0):
        pass
    assert rows() == [0, 0, 0, 0]


def test_graphs_of_one_name_are_there_side_by_side(db, film):
    with temporary_graph(film, 0), temporary_graph(film, 0):
        assert rows() == [2, 2, 2, 0]
    assert rows() == [0, 0, 0, 0]


def test_the_end_of_one_graph_leaves_the_others_names(db):
    label = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    store = Store()
    store.add(Quad(NamedNode("http://films.example/f4"), label, Literal("Falcon")))
    with temporary_names(store, "outer", 0) as outer:
        with temporary_names(store, "inner", 0):
            pass
        assert list(Name.objects.values_list("graph", flat=True)) == [outer.version.graph_id]


def test_a_store_is_read_into_memory_or_a_folder(film, tmp_path):
    assert len(read_store(film)) == len(read_store(film, tmp_path / "triples")) == 2
    assert (tmp_path / "triples").is_dir()


@pytest.mark.parametrize(
    ("name", "text"), [("none.ttl", None), ("bad.ttl", "<a> <b"), ("bad.nt.gz", "no gzip"), ("bad.txt", "")]
)
def test_what_cannot_be_read_is_named_and_leaves_nothing(db, tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(LoadError, match=name), temporary_graph(tmp_path / name):
        pass
    assert rows() == [0, 0, 0, 0]
