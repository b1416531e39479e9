"""Hostile queries and updates: refused, ended, or harmless, and nothing is ever asked elsewhere."""

import re
from pathlib import Path

import pytest
import yaml
from pyoxigraph import RdfFormat, Store

from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.stores import guarded
from kbqa.sparql.stores.base import QueryError
from kbqa.sparql.stores.executor import change_folder, check_query, check_update, run_query
from tests.http_server import Reply, local_server
from tests.kbqa.conftest import FILMS

_REPEATED = re.compile(r"⟦(\d+)×([^⟦⟧]*)⟧")
_GRAPH = Graph(pk=7, slug="films", source_kind="file")


def _texts(outcome: str):
    """(kind, words, text) of the cases of an outcome."""
    for part in yaml.safe_load(Path(__file__).with_name("hostile.yaml").read_text(encoding="utf-8")):
        for group in part.get(outcome, ()):
            says, texts = (group["says"], group["texts"]) if isinstance(group, dict) else ("", [group])
            for text in texts:
                yield pytest.param(part["kind"], says, text, id=ascii(text[:60]))


def _written(text: str, address: str) -> str:
    whole = text
    while _REPEATED.search(whole):
        whole = _REPEATED.sub(lambda match: int(match[1]) * match[2], whole)
    number = iter(range(10_000))
    whole = re.sub(r"\?v \{ ", lambda _: f"?v{next(number)} {{ ", whole)
    return whole.replace("%URL%", address)


@pytest.fixture(scope="module")
def elsewhere():
    with local_server(lambda request: Reply(status=404)) as server:
        yield server


@pytest.fixture(scope="module")
def triples(tmp_path_factory):
    """The folder of a version of the films."""
    folder = tmp_path_factory.mktemp("data") / "graphs" / "7" / "1" / "triples"
    folder.parent.mkdir(parents=True)
    store = Store(str(folder))
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    store.flush()
    return folder


@pytest.fixture
def run(triples, settings, tmp_path):
    """A function that runs a query, or an update on a copy."""
    settings.DATA_DIR = triples.parents[3]
    settings.GRAPH_QUERY_TIMEOUT_MS = settings.GRAPH_UPDATE_TIMEOUT_MS = 2_000
    settings.GRAPH_QUERY_MEMORY_BYTES = 1_000_000_000
    settings.GRAPH_MAX_RESULT_BYTES = 1_000_000

    def run(kind: str, text: str) -> object:
        if kind == "query":
            return run_query(GraphVersion(graph=_GRAPH, number=1), text, "")
        Store.read_only(str(triples)).backup(str(tmp_path / "copy"))
        change_folder(tmp_path / "copy", triples, _GRAPH, update=text)
        return Store.read_only(str(tmp_path / "copy"))

    return run


@pytest.mark.parametrize(("kind", "says", "text"), _texts("refused"))
def test_refused_before_anything_runs(kind, says, text, elsewhere, monkeypatch):
    monkeypatch.setattr(guarded.subprocess, "Popen", None)
    with pytest.raises(QueryError, match=says) as refused:
        (check_query if kind == "query" else check_update)(_written(text, elsewhere.address), _GRAPH)
    assert refused.value.field == kind
    assert elsewhere.requests == []


@pytest.mark.parametrize(("kind", "says", "text"), _texts("ended"))
def test_ended_by_a_limit(kind, says, text, run, elsewhere):
    with pytest.raises(QueryError, match=says):
        run(kind, _written(text, elsewhere.address))
    assert elsewhere.requests == []


@pytest.mark.parametrize(("kind", "says", "text"), _texts("harmless"))
def test_harmless_texts_run(kind, says, text, run, elsewhere):
    assert run(kind, _written(text, elsewhere.address))
    assert elsewhere.requests == []


def test_the_process_itself_can_ask_nobody(run, triples, elsewhere):
    """Even if the grammar let it."""
    task = {
        "kind": "query",
        "folder": str(triples),
        "query": f"SELECT * {{ SERVICE <{elsewhere.address}> {{ ?s ?p ?o }} }}",
        "accept": "",
        "limit": 1,
    }
    with pytest.raises(QueryError, match=r"(?i)not permitted|http|connect"):
        guarded.run_guarded(task, guarded.Guard.of_queries())
    assert elsewhere.requests == []
