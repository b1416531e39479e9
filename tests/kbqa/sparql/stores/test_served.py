"""A served graph is asked in processes beside, which end with their time, whatever the query is."""

import os
import signal
import threading
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from kbqa import process_pool
from kbqa.process_pool import ProcessPool
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.profile import Profile
from kbqa.sparql.query import Edge, Query, Variable
from kbqa.sparql.stores import OxigraphStore, QueryError, ServedStore, StoreError
from kbqa.sparql.stores import served as module
from kbqa.sparql.stores.guarded import Guard
from kbqa.sparql.stores.served import Evaluator, evaluators
from tests.kbqa.sparql.graphs import iri

A, B, P, HUB = map(iri, ("a", "b", "p", "hub"))
SHORT = Guard(seconds=0.3, memory=2_000_000_000, result=1_000_000)
LONG = Guard(seconds=20, memory=SHORT.memory, result=SHORT.result)
ENDLESS = (
    "SELECT * WHERE {"
    + "".join(f" ?x{n} {P} {HUB} ." for n in range(6))
    + f" FILTER(CONCAT({', '.join(f'STR(?x{n})' for n in range(6))}) = 'none') }}"
)


@pytest.fixture
def folder(tmp_path) -> Path:
    evaluators().close()
    path = tmp_path / "triples"
    store = Store(str(path))
    store.extend(Quad(iri(f"s{n}"), P, HUB) for n in range(300))
    store.extend(
        (
            Quad(A, P, Literal("é", language="fr")),
            Quad(A, P, Literal(7)),
            Quad(BlankNode("b1"), P, A),
            Quad(B, P, Triple(A, P, B)),
        )
    )
    store.flush()
    return path


def processes() -> set[int]:
    """The processes of this one that evaluate."""
    return {each._process.pid for each in evaluators()._free}


def test_it_tells_what_the_store_itself_tells(folder):
    inside, beside = OxigraphStore.open(folder, "1"), ServedStore.open(folder, "1")
    for query in (
        "SELECT ?s ?o ?none WHERE { ?s ?p ?o FILTER(!isBlank(?s)) } ORDER BY ?s ?o",
        f"SELECT * WHERE {{ {A} ?p ?o }}",
        "SELECT * WHERE { ?s <urn:none> ?o }",
    ):
        for limit in (None, 0, 2):
            assert beside.select(query, limit=limit) == inside.select(query, limit=limit)
    assert beside.ask(f"ASK {{ {A} {P} 7 }}") is True
    assert beside.any_solution([f"SELECT * WHERE {{ {A} {P} {each} }}" for each in (7, 8)]) == [True, False]
    assert beside.any_solution([]) == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("ASK { ?s ?p ?o }", "SELECT query"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "SELECT query"),
        ("SELECT nothing", "error at 1"),
    ],
)
def test_what_is_no_select_is_refused(folder, query, says):
    with pytest.raises(QueryError, match=says):
        ServedStore.open(folder, "1").select(query)
    with pytest.raises(QueryError, match="ASK query"):
        ServedStore.open(folder, "1").ask("SELECT * WHERE { ?s ?p ?o }")


def test_a_query_ends_with_its_time_and_its_process_with_it(folder):
    store, other = ServedStore.open(folder, "1", SHORT), ServedStore.open(folder, "1", LONG)
    assert other.any_solution([f"SELECT * WHERE {{ {A} {P} 7 }}"]) == [True]
    (before,) = processes()
    with pytest.raises(QueryError, match=r"took longer than 0\.3 seconds"):
        store.select(ENDLESS)
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert other.ask(f"ASK {{ {A} {P} 7 }}") is True


def test_what_was_told_before_the_time_was_up_is_kept(folder):
    store = ServedStore.open(folder, "1", Guard(seconds=5, memory=SHORT.memory, result=SHORT.result))
    known = [f"SELECT * WHERE {{ {A} {P} {each} }}" for each in (7, 8)]
    assert store.any_solution([*known, ENDLESS, known[0]]) == [True, False, None, None]


def test_a_decoder_takes_what_takes_too_long_for_not_there_and_asks_again(folder, monkeypatch):
    store = ServedStore.open(folder, "1", SHORT)
    asked = []
    answer = store.any_solution
    monkeypatch.setattr(store, "any_solution", lambda bodies: asked.append(bodies) or answer(bodies))
    live = LiveGraph(store, Profile())
    for _ in range(2):
        assert live._any_solution([ENDLESS]) == [False]
    assert asked == [[ENDLESS], [ENDLESS]]
    star = tuple(Edge(Variable(n), P, HUB) for n in range(6))
    assert live.runs_soon(Query(edges=star)) is False


def test_a_query_has_no_more_memory_and_bytes_than_it_may(folder, settings):
    tight = Guard(seconds=20, memory=SHORT.memory, result=500)
    with pytest.raises(QueryError, match="larger than"):
        ServedStore.open(folder, "1", tight).select("SELECT * WHERE { ?s ?p ?o }")
    settings.GRAPH_QUERY_MEMORY_BYTES = 900_000_000
    cross = f"SELECT * WHERE {{ ?a {P} {HUB} . ?b {P} {HUB} . ?c {P} {HUB} . ?d {P} {HUB} }} ORDER BY ?a ?b"
    with pytest.raises(QueryError, match=r"more memory|took longer"):
        ServedStore.open(folder, "1", Guard(20, 0, 10**8)).select(cross)


def test_a_process_that_was_killed_is_replaced_before_anybody_notices(folder):
    store = ServedStore.open(folder, "1", LONG)
    assert store.ask(f"ASK {{ {A} {P} 7 }}")
    (waiting,) = processes()
    os.kill(waiting, signal.SIGKILL)
    evaluators()._free[0]._process.wait()
    assert store.ask(f"ASK {{ {A} {P} 7 }}")


def test_too_many_at_once_are_asked_to_come_again(folder, monkeypatch):
    monkeypatch.setattr(process_pool, "WAIT_SECONDS", 0.01)
    full = ProcessPool(Evaluator, 0, SHORT.memory)
    monkeypatch.setattr(module, "evaluators", lambda: full)
    with pytest.raises(StoreError, match="try again") as error:
        ServedStore.open(folder, "1").ask(f"ASK {{ {A} {P} 7 }}")
    assert error.value.transient


def test_a_folder_that_is_gone_is_told_of(folder, tmp_path):
    store = ServedStore.open(folder, "1")
    store._folder = tmp_path / "none"
    with pytest.raises(StoreError, match="could not be read"):
        store.ask(f"ASK {{ {A} {P} 7 }}")
    with pytest.raises(StoreError, match="could not be read"):
        store.any_solution(["SELECT * WHERE { ?s ?p ?o }"])


def test_threads_get_answers_of_their_own(folder):
    store, wrong = ServedStore.open(folder, "1"), list[object]()

    def ask(number: int) -> None:
        for _ in range(20):
            rows = store.select(f"SELECT ({number} AS ?n) WHERE {{ {A} {P} 7 }}").rows
            if rows != [(Literal(number),)]:
                wrong.append(rows)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_look_at_an_index_that_fails_is_an_error_of_the_store():
    class Broken:
        def quads_for_pattern(self, *_: object):
            raise OSError("disk")

    store = OxigraphStore(Broken(), "1")  # type: ignore[arg-type]
    for look in (lambda: store.relations(NamedNode("urn:a"), [P]), lambda: store.surroundings([A])):
        with pytest.raises(StoreError, match="disk") as error:
            look()
        assert error.value.transient
