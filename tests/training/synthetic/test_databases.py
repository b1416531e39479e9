"""Synthetic databases: their questions have SQL that runs, and says what the question's SPARQL says."""

import random
import sqlite3
from contextlib import closing

import pytest
from pyoxigraph import NamedNode, Quad

from kbqa.sparql.query import query_text as sparql_text
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.joins import NotConnectedError
from kbqa.sql.rendering import query_text
from kbqa.sql.stores.connections import sqlite_engine
from training.sql.parser import parse_query
from training.synthetic.context import Context
from training.synthetic.databases import SyntheticDatabase, _NoPlaceError, _Translation
from training.synthetic.domains import DOMAINS
from training.synthetic.questions import KINDS, questions_about


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_asked_runs_and_is_within_the_grammar(domain, tmp_path):
    world = SyntheticDatabase(domain, 5, tmp_path)
    engine, schema = sqlite_engine(world.file), world.tables.schema
    asked = found = 0
    for sql in (sql for _, sql in world.questions(90) if sql is not None):
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(sql).fetchall()
            assert sorted(map(repr, rows)) == sorted(
                map(repr, connection.exec_driver_sql(query_text(parse_query(sql, schema), schema)).fetchall())
            ), sql
        asked += 1
        found += any(value not in (None, 0) for row in rows for value in row)
    assert asked > 20
    assert found > 0.8 * asked, (
        "a row has one object of each key; the other objects of the graph are not there"
    )


def test_the_file_has_the_schema_that_is_said(tmp_path):
    world = SyntheticDatabase("library", 6, tmp_path)
    read = read_schema(sqlite_engine(world.file, introspects=True))
    assert {(table.name, tuple(column.name for column in table.columns)) for table in read.tables} == {
        (table.name, tuple(column.name for column in table.columns)) for table in world.tables.schema.tables
    }
    assert {(str(key.source), str(key.target)) for key in read.keys} >= {
        (str(key.source), str(key.target)) for key in world.tables.schema.keys
    }


def test_what_a_world_does_not_know_has_no_sql(tmp_path):
    unanswerable = [
        question for question, sql in SyntheticDatabase("hospital", 5, tmp_path).questions(200) if sql is None
    ]
    assert unanswerable


def test_rows_are_shown_and_found_by_their_names(tmp_path):
    for seed in range(3):
        world = SyntheticDatabase("geography", seed, tmp_path)
        names = {ref.column for ref in world.tables.names.values()}
        lists = [
            sql
            for question, sql in world.questions(120)
            if sql and question.lower().startswith(("which rivers", "rivers in"))
        ]
        assert all(
            sql.split(" FROM ")[0].removeprefix("SELECT ").rpartition(".")[2].strip('"') in names
            for sql in lists
        )


def cells(rows):
    """Rows with all that is there, numbers alike however they are written."""
    found = set()
    for row in rows:
        if None not in row:
            found.add(tuple(f"{float(cell):.6g}" if _is_number(cell) else cell for cell in row))
    return found


def _is_number(cell):
    try:
        return float(cell) is not None
    except ValueError:
        return False


def with_one_object(world):
    """The graph without what its tables have no room for: a second object of a key."""
    for predicate, links in world.tables.links.items():
        for link in (each for each in links if not each.pairs):
            seen = set()
            for subject, target in world._edges(predicate, link):
                if subject in seen:
                    world.graph.store.remove(Quad(subject, predicate, target))
                seen.add(subject)
    return world.graph


@pytest.mark.parametrize("domain", ["library", "geography", "railway", "wildlife"])
def test_sql_finds_what_the_questions_sparql_finds(domain, tmp_path):
    """But for rows of the same name, or of none, and which of several that have as much comes first."""
    world = SyntheticDatabase(domain, 2, tmp_path)
    graph = with_one_object(world)
    sparql = {
        example.question: sparql_text(example.query)
        for example in questions_about(graph, 120)
        if example.query is not None and example.query.columns and example.query.limit is None
    }
    agreed, differs = 0, []
    with closing(sqlite3.connect(world.file)) as connection:
        for question, sql in world.questions(120):
            if sql is not None and question in sparql:
                rows = [
                    [
                        graph.names[term] if isinstance(term, NamedNode) else term and term.value
                        for term in row
                    ]
                    for row in graph.store.query(sparql[question])
                ]
                same = cells(rows) == cells(connection.execute(sql).fetchall())
                agreed += same
                differs += [] if same else [question]
    assert agreed > 20
    assert len(differs) <= 0.03 * agreed, differs


@pytest.mark.parametrize("domain", ["library", "geography", "company"])
def test_what_has_nothing_is_what_no_row_leads_to(domain, tmp_path):
    world = SyntheticDatabase(domain, 3, tmp_path)
    graph = with_one_object(world)
    classes = {graph.class_of(kind): kind for kind in graph.classes}
    members = {node: kind for kind, nodes in graph.members.items() for node in nodes}
    context, written = Context(graph, random.Random(0)), set()
    with closing(sqlite3.connect(world.file)) as connection:
        for _ in range(60):
            example = KINDS["without_relation"](context)
            try:
                query = _Translation(world.tables, classes, members, graph.names, "").query(example.query)
                sql = query_text(query, world.tables.schema)
            except (_NoPlaceError, NotConnectedError, AttributeError):
                continue
            expected = sorted(graph.names[row[0]] for row in graph.store.query(sparql_text(example.query)))
            assert sorted(row[0] for row in connection.execute(sql)) == expected, sql
            written.add(" IN (SELECT" in sql)
    assert True in written, "rows that no key leads to"
