"""Published question sets → examples, and a graph for those that come without one."""

import hashlib

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.sparql.profile import LABEL_PREDICATES
from kbqa.sparql.query import RDF_TYPE, Edge, Variable, query_text
from kbqa.sparql.stores import OxigraphStore
from training.graph_answers import has_answer
from training.sparql.parser import parse_query
from training.sparql.published import (
    HELD_OUT_GRAPHS,
    example_of,
    graph_of_queries,
    held_out,
    predicate_end,
)

RELATION, MOVIE = "http://metaqa.example/relation/", "http://metaqa.example/"
LABEL = LABEL_PREDICATES[0]


@pytest.fixture(scope="module")
def movies() -> Store:
    """A film, its writer, its two actors, and a tag that is called as the film is."""
    store = Store()
    ends = [("starred_actors", "m1", "a1"), ("starred_actors", "m1", "a2"), ("written_by", "m1", "w1")]
    ends += [("starred_actors", "m2", "a1"), ("has_tags", "m2", "t1")]
    for relation, source, target in ends:
        store.add(Quad(NamedNode(MOVIE + source), NamedNode(RELATION + relation), NamedNode(MOVIE + target)))
    for name, label in (("m1", "Ginger"), ("m2", "Rosie"), ("a1", "Ann"), ("a2", "Bo"), ("w1", "Cy")):
        store.add(Quad(NamedNode(MOVIE + name), LABEL, Literal(label)))
    store.add(Quad(NamedNode(MOVIE + "t1"), LABEL, Literal("Ginger")))
    return store


def short(query) -> str:
    text = " ".join(query_text(query).split())
    return text.replace(RELATION, "r:").replace(MOVIE, "m:")


def metaqa(topic: str, path: str) -> dict[str, str]:
    return {"question": "?", "topic_entity": topic, "path": path}


@pytest.mark.parametrize(
    ("topic", "path", "query"),
    [
        ("Ginger", "movie_to_writer", "SELECT DISTINCT ?x0 WHERE { <m:m1> <r:written_by> ?x0 . }"),
        ("Cy", "writer_to_movie", "SELECT DISTINCT ?x0 WHERE { ?x0 <r:written_by> <m:w1> . }"),
        ("Ann", "actor_to_movie", "SELECT DISTINCT ?x0 WHERE { ?x0 <r:starred_actors> <m:a1> . }"),
        (
            "Ginger",
            "movie_to_actor_to_movie",
            "SELECT DISTINCT ?x1 WHERE { <m:m1> <r:starred_actors> ?x0 . ?x1 <r:starred_actors> ?x0 ."
            " FILTER (?x1 != <m:m1>) }",
        ),
        (
            "Bo",
            "actor_to_movie_to_actor",
            "SELECT DISTINCT ?x1 WHERE { ?x0 <r:starred_actors> <m:a2> . ?x0 <r:starred_actors> ?x1 ."
            " FILTER (?x1 != <m:a2>) }",
        ),
        (
            "Cy",
            "writer_to_movie_to_actor",
            "SELECT DISTINCT ?x1 WHERE { ?x0 <r:written_by> <m:w1> . ?x0 <r:starred_actors> ?x1 . }",
        ),
        ("Ginger", "tag_to_movie", "SELECT DISTINCT ?x0 WHERE { ?x0 <r:has_tags> <m:t1> . }"),
    ],
)
def test_a_path_of_metaqa_leads_from_its_topic_over_what_it_names(movies, topic, path, query):
    assert short(example_of(metaqa(topic, path), movies).query) == query


@pytest.mark.parametrize(
    ("topic", "path"), [("Nobody", "movie_to_writer"), ("Rosie", "movie_to_writer"), ("", "tag_to_movie")]
)
def test_a_topic_without_such_an_edge_makes_no_example(movies, topic, path):
    assert example_of(metaqa(topic, path), movies) is None


def test_a_row_with_sparql_is_read_with_the_sets_prefix():
    row = {"question": "Which ships?", "sparql": "select ?s where { ?s a :ship }"}
    example = example_of(row, Store())
    assert example.question == "Which ships?"
    assert example.query.edges == (Edge(Variable(0), RDF_TYPE, NamedNode("http://valuenet/ontop/ship")),)


def test_a_row_outside_the_grammar_makes_no_example():
    assert example_of({"question": "?", "sparql": "DESCRIBE <http://a.example/b>"}, Store()) is None


def test_a_row_without_its_query_is_an_error():
    with pytest.raises(KeyError, match="sparql"):
        example_of({"question": "?"}, Store())


@pytest.mark.parametrize(
    ("subject", "target", "there"),
    [("m1", Variable(0), True), ("a1", Variable(0), False), (Variable(0), "a1", True), ("m1", "w1", False)],
)
def test_an_edge_is_looked_up_by_its_constants(movies, subject, target, there):
    ends = [NamedNode(MOVIE + end) if isinstance(end, str) else end for end in (subject, target)]
    edge = Edge(ends[0], NamedNode(RELATION + "starred_actors"), ends[1])
    assert predicate_end(edge, movies) is there


def test_a_tenth_of_the_questions_is_held_out_by_the_last_digit_of_their_sha256():
    questions = [f"question {number}" for number in range(400)]
    for question in questions:
        digest = int.from_bytes(hashlib.sha256(question.encode("utf-8")).digest(), "big")
        assert held_out(question) == (str(digest)[-1] == "0")
    assert 20 < sum(map(held_out, questions)) < 60


def test_the_held_out_graphs_stay_the_same_as_decoders_go_on_from_others():
    assert len(set(HELD_OUT_GRAPHS)) == len(HELD_OUT_GRAPHS) == 8


QUERIES = [
    "SELECT ?x { <http://d.example/Tim_O'Hara_(actor)> <http://d.example/spouse> ?x }",
    "SELECT ?x { ?x <http://d.example/spouse> <http://d.example/Tim_O'Hara_(actor)> ."
    " ?x a <http://d.example/Person> }",
    "ASK { <http://d.example/Oslo> <http://d.example/country> <http://d.example/Norway> }",
    "SELECT ?x { ?x <http://d.example/motto> 'onward' . ?y <http://d.example/leader> ?x }",
]


def test_every_query_has_an_answer_in_the_graph_that_is_made_of_them():
    queries = [parse_query(text) for text in QUERIES]
    store = graph_of_queries(queries)
    assert all(has_answer(query, OxigraphStore(store, "")) for query in queries)


def test_constants_of_queries_are_called_as_wikipedia_calls_them():
    store = graph_of_queries(map(parse_query, QUERIES))
    labels = {quad.subject.value: quad.object.value for quad in store.quads_for_pattern(None, LABEL, None)}
    assert labels == {
        "http://d.example/Tim_O'Hara_(actor)": "Tim O'Hara",
        "http://d.example/Oslo": "Oslo",
        "http://d.example/Norway": "Norway",
    }


def test_variables_of_two_queries_are_nodes_of_their_own():
    text = "SELECT ?x { ?x <http://d.example/spouse> <http://d.example/Ann> }"
    store = graph_of_queries([parse_query(text), parse_query(text)])
    assert len(list(store.quads_for_pattern(None, NamedNode("http://d.example/spouse"), None))) == 2


def test_no_queries_make_an_empty_graph():
    assert len(graph_of_queries([])) == 0
