"""Known queries → the actions that write them: `oracle.txt` has what is written, `oracle_refusals.txt` what
is not, over the small graph of films.
"""

from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.grammar import start
from kbqa.sparql.grammar.actions import EntityPointer
from kbqa.sparql.query import RDF_TYPE, Branch, Edge, Filter, Item, Query, Variable, query_text
from tests.kbqa.sparql.grammar.spelled import BASE, cases, films, linked, live, rows_of, spelled, step
from training.sparql.oracle import NotWritableError, decisions
from training.sparql.parser import parse_query

FOLDER = Path(__file__).parent
PREFIXES = {"": BASE}
X, Y, Z = map(Variable, range(3))


@pytest.fixture(scope="module")
def graph():
    return live(films())


def named(name: str) -> NamedNode:
    return NamedNode(BASE + name)


def written(query: Query, question) -> str:
    return " ".join(spelled(decision.action) for decision in decisions(query, question))


@pytest.mark.parametrize(("mentions", "sparql", "actions"), cases(FOLDER / "oracle.txt"))
def test_a_query_is_written_action_by_action(graph, mentions, sparql, actions):
    question = linked(graph, mentions)
    assert written(parse_query(sparql, PREFIXES), question) == actions


@pytest.mark.parametrize(("mentions", "sparql", "actions"), cases(FOLDER / "oracle.txt"))
def test_the_actions_write_a_query_with_the_same_answers(graph, mentions, sparql, actions):
    state = reduce(step, actions.split(), start(linked(graph, mentions)))
    assert state.step == ""
    query = parse_query(sparql, PREFIXES)
    if query.columns:
        assert rows_of(graph, query_text(state.query)) == rows_of(graph, query_text(query))
    else:
        assert graph.store.ask(query_text(state.query)) == graph.store.ask(query_text(query))


@pytest.mark.parametrize(("mentions", "sparql", "reason"), cases(FOLDER / "oracle_refusals.txt"))
def test_what_cannot_be_written_is_told_with_the_reason(graph, mentions, sparql, reason):
    with pytest.raises(NotWritableError) as refused:
        decisions(parse_query(sparql, PREFIXES), linked(graph, mentions))
    assert str(refused.value) == reason


def test_the_walk_begins_with_what_the_question_mentions_first(graph):
    query = parse_query("SELECT ?f { ?f :director :p1 . ?f :starring :p3 }", PREFIXES)
    for first, second in (("p1", "p3"), ("p3", "p1")):
        entities = tuple(
            EntityPointer(named(name), name, span=(place, place + 2))
            for name, place in ((second, 20), (first, 5))
        )
        question = replace(linked(graph, ""), entities=entities)
        assert written(query, question).split()[0] == first


def test_a_question_without_an_answer_is_one_decision(graph):
    (decision,) = decisions(None, linked(graph, "f1"))
    assert spelled(decision.action) == "NONE"
    assert decision.step == "HEAD"


def test_every_decision_names_the_right_one_of_the_legal_actions(graph):
    question = linked(graph, "f1")
    state = start(question)
    for decision in decisions(parse_query("SELECT ?d { :f1 :director ?d }", PREFIXES), question):
        assert (decision.step, decision.legal) == (state.step, tuple(state.legal_actions()))
        state = state.apply(decision.legal[decision.gold])


def test_a_part_that_is_denied_is_closed(graph):
    query = Query(
        (Edge(X, RDF_TYPE, named("Person")),),
        negations=((Edge(X, named("birthPlace"), Y),),),
        columns=(Item(X),),
    )
    assert written(query, linked(graph, "")) == "Person NOT ?0 >birthPlace NEW CLOSE END ?0 STOP"


def test_what_may_be_missing_is_optional(graph):
    query = Query(
        (Edge(X, RDF_TYPE, named("Person")),),
        optionals=(Edge(X, named("birthPlace"), Y),),
        columns=(Item(X), Item(Y)),
    )
    assert written(query, linked(graph, "")) == "Person OPTIONAL ?0 >birthPlace NEW END ?0 ?1 STOP"


def test_branches_go_on_from_what_all_have(graph):
    common = (Edge(X, RDF_TYPE, named("Film")),)
    branches = (
        Branch((Edge(X, named("director"), named("p1")),)),
        Branch((Edge(X, named("starring"), named("p4")),)),
    )
    query = Query(common, branches=branches, columns=(Item(X),))
    assert (
        written(query, linked(graph, "p1 p4"))
        == "Film EITHER ?0 >director p1 OR ?0 >starring p4 CLOSE END ?0 STOP"
    )


def test_branches_with_nothing_in_common_begin_for_themselves(graph):
    branches = (
        Branch((Edge(named("f1"), named("director"), X),)),
        Branch((Edge(named("f2"), named("starring"), X),)),
    )
    query = Query(branches=branches, columns=(Item(X),))
    assert (
        written(query, linked(graph, "f1 f2"))
        == "EITHER f1 >director NEW OR f2 >starring ?0 CLOSE END ?0 STOP"
    )


def test_conditions_of_branches_are_written_within_them(graph):
    year = Edge(X, named("year"), Y)
    integer = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    early, late = (Literal(text, datatype=integer) for text in ("1990", "2010"))
    query = Query(
        (Edge(X, RDF_TYPE, named("Film")), year),
        branches=(Branch((), (Filter(Y, "<", early),)), Branch((), (Filter(Y, ">", late),))),
        columns=(Item(X),),
    )
    assert (
        written(query, linked(graph, "1990 2010"))
        == "Film ?0 >year NEW EITHER ?1 < 1990 OR ?1 > 2010 CLOSE END ?0 STOP"
    )


def test_a_negation_apart_from_the_rest_cannot_be_written(graph):
    query = Query(
        (Edge(X, RDF_TYPE, named("Person")),),
        negations=((Edge(Y, named("birthPlace"), Z),),),
        columns=(Item(X),),
    )
    with pytest.raises(NotWritableError, match="not connected"):
        decisions(query, linked(graph, ""))


def test_what_is_only_known_within_a_negation_is_no_column(graph):
    query = Query(
        (Edge(X, RDF_TYPE, named("Person")),),
        negations=((Edge(X, named("birthPlace"), Y),),),
        columns=(Item(Y),),
    )
    with pytest.raises(NotWritableError, match="is not offered at COLUMN"):
        decisions(query, linked(graph, ""))


def test_a_class_must_be_an_iri(graph):
    query = Query((Edge(X, RDF_TYPE, Literal("Film")),), columns=(Item(X),))
    with pytest.raises(NotWritableError, match="A class is not an IRI"):
        decisions(query, linked(graph, ""))


def test_a_branch_that_begins_with_the_class_of_another_variable_cannot_be_written(graph):
    branches = (
        Branch((Edge(X, RDF_TYPE, named("Film")),)),
        Branch((Edge(Y, RDF_TYPE, named("Person")),)),
    )
    with pytest.raises(NotWritableError, match="a class of another variable"):
        decisions(Query(branches=branches, columns=(Item(X),)), linked(graph, ""))
