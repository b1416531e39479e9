"""What decoders of SPARQL are trained on, put together from small sets in a folder."""

import gzip
import json
import random
import sqlite3

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from kbqa.decoding.features import TextTable
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.models import Graph, Name
from kbqa.sparql.query import query_text
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.example import Example
from tests.kbqa.sparql.grammar.spelled import BASE, films
from training.sparql import data
from training.sparql.data import Amounts, TrainingGraph, patterns_of, training_graphs
from training.sparql.parser import parse_query
from training.sparql.pattern_transfer import Surroundings
from training.sparql.published import HELD_OUT_GRAPHS, held_out
from training.synthetic.domains import DOMAINS, HELD_OUT_DOMAIN

NOTHING = Amounts(
    metaqa=0,
    simplequestions=0,
    made_from_large=0,
    made_from_small=0,
    transferred=0,
    synthetic=0,
    of_synthetic=0,
)
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


def write_rows(path, rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_graph(path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()))


def graphs(folder, **amounts) -> list[TrainingGraph]:
    return list(training_graphs([folder], Amounts(**vars(NOTHING) | amounts), 0))


def test_folders_without_sets_give_nothing(tmp_path):
    assert graphs(tmp_path) == []


@pytest.fixture
def metaqa(tmp_path):
    movie, writer = "<http://metaqa.example/m1>", "<http://metaqa.example/w1>"
    write_graph(
        tmp_path / "metaqa" / "graph.nt.gz",
        f'{movie} {LABEL} "Ginger" .\n{movie} <http://metaqa.example/relation/written_by> {writer} .\n',
    )
    rows = [
        {"question": f"who wrote Ginger {number}", "topic_entity": "Ginger", "path": "movie_to_writer"}
        for number in range(60)
    ]
    rows.append({"question": "who wrote Nothing", "topic_entity": "Nothing", "path": "movie_to_writer"})
    write_rows(tmp_path / "metaqa" / "questions.jsonl.gz", rows)
    return tmp_path


def test_of_metaqa_a_tenth_is_kept_to_validate_with(metaqa):
    (graph,) = graphs(metaqa, metaqa=1_000)
    assert (graph.name, graph.large, len(graph.store)) == ("metaqa", True, 2)
    assert len(graph.train) + len(graph.valid) == 60, "a topic that is not there makes no example"
    assert all(held_out(example.question) for example in graph.valid)
    assert not any(held_out(example.question) for example in graph.train)
    assert graph.valid


def test_no_more_of_metaqa_is_taken_than_said(metaqa):
    (graph,) = graphs(metaqa, metaqa=7)
    assert len({example.question for example in graph.train}) == 7


def test_simplequestions_come_with_their_split(tmp_path):
    write_graph(
        tmp_path / "simplequestions-wikidata" / "graph.nt.gz",
        "<http://a.ex/1> <http://a.ex/p> <http://a.ex/2> .\n",
    )
    sparql = "SELECT ?x { <http://a.ex/1> <http://a.ex/p> ?x }"
    rows = [
        {"question": question, "sparql": sparql, "split": split}
        for question, split in (("one", "train"), ("two", "valid"), ("three", "test"), ("four", "train"))
    ]
    write_rows(tmp_path / "simplequestions-wikidata" / "questions.jsonl.gz", rows)
    (graph,) = graphs(tmp_path, simplequestions=10)
    assert {example.question for example in graph.train} == {"one", "four"}
    assert {example.question for example in graph.valid} == {"two", "three"}


def test_a_graph_is_made_for_lcquad_and_two_hundred_questions_are_kept(tmp_path):
    rows = [
        {"question": f"{n}", "sparql": f"SELECT ?x {{ <http://d.ex/Ann_{n}> <http://d.ex/spouse> ?x }}"}
        for n in range(203)
    ]
    rows.append({"question": "no query of the grammar", "sparql": "DESCRIBE <http://d.ex/Ann_1>"})
    write_rows(tmp_path / "lcquad1" / "train.jsonl.gz", rows)
    (graph,) = graphs(tmp_path)
    assert (len(graph.valid), len(graph.train)) == (200, 3)
    assert len(graph.store) == 2 * 203, "an edge and a name of each"
    store = OxigraphStore(graph.store, "")
    assert all(store.select(query_text(example.query)).rows for example in graph.valid)


NTRIPLES = """<http://valuenet/ontop/ship/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://valuenet/ontop/ship> .
<http://valuenet/ontop/ship/1> <http://valuenet/ontop/ship#name> "Argo" .
<http://valuenet/ontop/ship/1> <http://valuenet/ontop/ship#id> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
"""  # fmt: skip # noqa: E501
NAMES = "select ?n where { ?s a :ship . ?s :ship\\#name ?n . ?s :ship\\#id ?i }"


@pytest.fixture
def spider(tmp_path):
    rows = [
        {"graph": name, "question": f"What are the names of the ships of {name}?", "sparql": NAMES}
        for name in ("fleet", HELD_OUT_GRAPHS[0])
    ]
    rows.append({"graph": "fleet", "question": "What is there?", "sparql": "DESCRIBE ?s"})
    write_rows(tmp_path / "spider4sparql" / "train.jsonl.gz", rows)
    for name in ("fleet", HELD_OUT_GRAPHS[0]):
        write_graph(tmp_path / "spider4sparql" / "graphs" / f"{name}.nt.gz", NTRIPLES)
    return tmp_path


def test_graphs_of_spider_that_are_held_out_are_only_validated_with(spider):
    held, seen = graphs(spider)
    assert (len(held.train), len(held.valid)) == (0, 1)
    assert (len(seen.train), len(seen.valid)) == (1, 0)
    assert "fleet" in seen.train[0].question
    assert not held.large


def test_held_out_graphs_are_trained_on_where_none_are_asked_for(spider):
    assert [(len(graph.train), len(graph.valid)) for graph in graphs(spider, held_out_graphs=0)] == [
        (1, 0)
    ] * 2


def test_queries_of_spider_are_pruned(spider):
    (edges,) = {len(example.query.edges) for graph in graphs(spider) for example in graph.valid}
    assert edges == 2, "that a ship has a number says nothing"


def test_questions_on_the_databases_are_asked_of_the_graphs_that_were_made_of_them(spider):
    file = spider / "spider" / "database" / "fleet" / "fleet.sqlite"
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as connection:
        connection.executescript(
            "CREATE TABLE ship (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO ship VALUES (1, 'Argo');"
        )
    connection.close()
    row = {
        "db_id": "fleet",
        "question": "How many ships are there?",
        "synonym_question": "Count the ships.",
        "sql": "SELECT count(*) FROM ship",
    }
    (spider / "spider" / "train.jsonl").write_text(json.dumps(row) + "\n")
    _, seen = graphs(spider)
    asked = {example.question for example in seen.train}
    assert {"How many ships are there?", "Count the ships."} < asked
    assert len(asked) == 3


def test_one_domain_of_invented_graphs_is_only_validated_with(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DOMAINS", {name: DOMAINS[name] for name in ("library", HELD_OUT_DOMAIN)})
    found = graphs(tmp_path, synthetic=6, of_synthetic=2)
    assert len(found) == 6 + 1
    assert {graph.name for graph in found} == {"synthetic"}
    validated = [graph for graph in found if graph.valid]
    assert len(validated) == 1, "a fifth of the graphs of a domain"
    assert not validated[0].train
    assert all(len(graph.train) <= 2 for graph in found)


def around() -> Surroundings:
    store = films()
    return Surroundings(store, profile_graph(OxigraphStore(store, "")))


FILMS = [
    Example(question, parse_query(sparql, {"": BASE}))
    for question, sparql in (
        ("What is the year of each film?", "SELECT ?y { ?f a :Film . ?f :year ?y }"),
        ("What is the genre of each film?", "SELECT ?g { ?f a :Film . ?f :genre ?g }"),
        ("What is the year of every film?", "SELECT ?y { ?f a :Film . ?f :year ?y }"),
    )
]


def test_patterns_with_the_same_wording_are_taken_once():
    """Year and genre leave the same words; "every" is another wording."""
    graph = around()
    found = list(patterns_of([(graph, FILMS), (graph, FILMS[:1])]))
    assert [pattern.template.marks for pattern in found] == [
        "What is the <NamedNode> of each <NamedNode>?",
    ], "a word of one graph only may be one of its domain"
    everywhere = list(patterns_of([(graph, FILMS), (graph, FILMS)]))
    assert len(everywhere) == 2


def test_questions_are_not_transferred_twice_nor_more_often_than_said():
    """Both patterns ask for a number, and films have one: their year."""
    graph = around()
    patterns = list(patterns_of([(graph, FILMS), (graph, FILMS)]))
    found = [example.question for example in data._transferred(patterns, graph, 9, random.Random(0))]
    assert sorted(found) == ["What is the year of each film?", "What is the year of every film?"]
    assert len(list(data._transferred(patterns, graph, 1, random.Random(0)))) == 1
    assert list(data._transferred([], graph, 3, random.Random(0))) == []


def test_nothing_of_a_graph_is_left_where_an_example_fails(db, monkeypatch):
    graph = TrainingGraph("films", films(), [Example(None, None)])
    monkeypatch.setattr(data, "training_graphs", lambda *_: iter([graph]))
    tokenizer, table = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]")), TextTable(lambda texts: None, 4)
    for _ in range(2):
        with pytest.raises(TypeError):
            list(data.prepare_all([], NOTHING, tokenizer, table, 0))
        assert not Graph.objects.exists()
        assert not Name.objects.exists()
