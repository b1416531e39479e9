"""A graph in a folder, asked."""

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.sparql.stores import OxigraphStore, QueryError, StoreError
from kbqa.sparql.stores.base import Solutions
from tests.kbqa.sparql.graphs import iri, store_of

A, B, P, Q = map(iri, "abpq")


def store_with(*quads: Quad) -> OxigraphStore:
    store = Store()
    store.extend(quads)
    return OxigraphStore(store, "1")


@pytest.fixture
def store() -> OxigraphStore:
    return store_of(":a :p :b, 1 . :b :q :a ; :p 1 .")


def test_solutions_have_a_term_or_nothing_for_each_variable(store):
    found = store.select(f"SELECT ?o ?none WHERE {{ {B} {Q} ?o }}")
    assert found == Solutions(("o", "none"), [(A, None)])


@pytest.mark.parametrize(
    ("limit", "rows", "cut"), [(None, 4, False), (3, 3, True), (4, 4, False), (0, 0, True)]
)
def test_rows_beyond_the_limit_are_left_out_and_it_is_said(store, limit, rows, cut):
    found = store.select("SELECT * WHERE { ?s ?p ?o }", limit=limit)
    assert (len(found.rows), found.cut) == (rows, cut)


def test_yes_and_no(store):
    assert store.ask(f"ASK {{ {A} {P} {B} }}") is True
    assert store.ask(f"ASK {{ {B} {P} {A} }}") is False


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("ASK { ?s ?p ?o }", "SELECT query"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "SELECT query"),
        ("SELECT nothing", "error at 1"),
        ("DELETE WHERE { ?s ?p ?o }", "error at 1"),
    ],
)
def test_what_is_no_select_is_refused(store, query, says):
    with pytest.raises(QueryError, match=says):
        store.select(query)


def test_what_is_no_ask_is_refused(store):
    with pytest.raises(QueryError, match="ASK query"):
        store.ask("SELECT * WHERE { ?s ?p ?o }")


def test_bodies_are_told_apart(store):
    bodies = [f"SELECT * WHERE {{ {pattern} }}" for pattern in (f"?s {P} 1", f"?s {P} 2", f"{A} ?p {B}")]
    assert store.any_solution(bodies) == [True, False, True]
    assert store.any_solution([]) == []


def test_relations_leave_and_enter_in_the_order_that_was_asked(store):
    assert store.relations(A, [Q, P]) == ([P], [Q])
    assert store.relations(B, [Q, P]) == ([Q, P], [P])
    assert store.relations(Literal(1), [Q, P]) == ([], [P])
    assert store.relations(A, []) == ([], [])


def test_surroundings_are_the_predicates_of_edges_either_way(store):
    assert store.surroundings([A, Literal(1), iri("none")]) == [{P, Q}, {P}, set()]


def test_only_the_first_edges_of_a_hub_are_looked_at():
    store = store_with(*(Quad(A, iri(f"p{n}"), Literal(n)) for n in range(100)))
    assert len(store.surroundings([A])[0]) == 40


def test_a_triple_is_exported_once_whatever_graphs_it_is_in_besides():
    text = Literal("x\ny")
    store = store_with(Quad(A, P, B), Quad(A, Q, text), Quad(A, Q, text, NamedNode("urn:graph")))
    assert sorted("".join(store.lines()).splitlines()) == [f"{A} {P} {B} .", f'{A} {Q} "x\\ny" .']


def test_an_export_comes_in_portions():
    store = store_with(*(Quad(A, P, Literal(n)) for n in range(5_001)))
    assert [portion.count("\n") for portion in store.lines()] == [5_000, 1]


def test_a_folder_that_is_gone_may_come_back(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened") as error:
        OxigraphStore.open(tmp_path / "none", "1")
    assert error.value.transient


def test_a_folder_is_opened_for_reading_only(tmp_path):
    written = Store(str(tmp_path / "triples"))
    written.add(Quad(A, P, B))
    written.flush()
    del written
    opened = OxigraphStore.open(tmp_path / "triples", "7")
    assert (opened.version, opened.ask(f"ASK {{ {A} {P} {B} }}")) == ("7", True)
    with pytest.raises(RuntimeError, match="read-write"):
        opened.store.add(Quad(B, P, A))
