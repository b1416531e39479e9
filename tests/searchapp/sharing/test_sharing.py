"""What engines offer each other without knowing each other."""

import pytest

from searchapp.sharing import fact_tables, graph_sources
from searchapp.sharing.fact_tables import FactTable
from searchapp.sharing.graph_sources import GraphSource


@pytest.fixture(autouse=True)
def _registries(monkeypatch):
    monkeypatch.setattr(fact_tables, "_tables", {})
    monkeypatch.setattr(graph_sources, "_sources", {})


def table(name):
    return FactTable(name, f"CREATE TABLE {name} (x)", lambda: [(name,)])


def test_tables_are_declared_before_what_refers_to_them():
    for name in ("repository", "file", "unit"):
        fact_tables.register_fact_table(table(name))
    assert [declared.name for declared in fact_tables.fact_tables()] == ["repository", "file", "unit"]


def test_a_table_is_declared_once():
    fact_tables.register_fact_table(table("file"))
    fact_tables.register_fact_table(table("file"))
    assert [list(declared.rows()) for declared in fact_tables.fact_tables()] == [[("file",)]]


def source():
    return GraphSource(
        triples=lambda location: iter([f"<x:{location}> <x:is> <x:it> ."]),
        exists=lambda location: location == "shop",
        address=lambda location, iri: f"/code/{location}?{iri}",
    )


def test_a_kind_of_sources_is_found_by_its_name():
    graph_sources.register_graph_source("repository", source())
    registered = graph_sources.graph_source("repository")
    assert list(registered.triples("shop")) == ["<x:shop> <x:is> <x:it> ."]
    assert (registered.exists("shop"), registered.exists("none")) == (True, False)
    with pytest.raises(LookupError):
        graph_sources.graph_source("file")


def test_nodes_of_most_kinds_have_no_page():
    graph_sources.register_graph_source("repository", source())
    assert graph_sources.node_address("repository", "shop", "x:a") == "/code/shop?x:a"
    assert graph_sources.node_address("file", "shop", "x:a") == ""
