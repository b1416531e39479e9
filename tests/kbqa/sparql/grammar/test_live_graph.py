"""What the live graph tells the grammar."""

from dataclasses import replace

import pytest
from pyoxigraph import Literal

from kbqa.decoding.actions import Action
from kbqa.sparql.grammar import live_graph
from kbqa.sparql.grammar.actions import (
    BackwardPointer,
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    ValuePointer,
)
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import Aggregate, Branch, Comparison, Edge, Filter, Having, Item, Query, Variable
from kbqa.sparql.stores import OxigraphStore
from tests.kbqa.sparql.graphs import iri, live_graph_of

X, Y, Z = Variable(0), Variable(1), Variable(2)
FIRM = """
:ann a :Employee ; rdfs:label "Ann" ; :boss :bo ; :salary 50 ; :born "1990-01-02"^^xsd:date ; :desk :d1, 7 .
:bo a :Employee ; rdfs:label "Bo"@en, "Beau"@fr ; :boss :cy ; :salary 60.5 .
:cy a :Director ; :salary 70 . :d1 a :Desk . :dog :owner :ann .
"""
BOSS, SALARY, DESK, OWNER = map(iri, ("boss", "salary", "desk", "owner"))


@pytest.fixture
def firm() -> LiveGraph:
    return live_graph_of(FIRM)


def said(actions: tuple[Action, ...]) -> list[str]:
    """The relations, with < before those that are followed backwards."""
    return sorted(f"{'<' * isinstance(action, BackwardPointer)}{action.text}" for action in actions)


def above(number: int) -> Filter:
    return Filter(Y, Comparison.GREATER, Literal(number))


def test_a_pattern_holds_where_it_has_a_solution(firm):
    bosses = Query((Edge(X, BOSS, Y),))
    queries = [
        bosses,
        Query((Edge(iri("cy"), BOSS, X),)),
        Query((Edge(X, SALARY, Y),), (above(69),)),
        Query((Edge(X, SALARY, Y),), (above(70),)),
        replace(bosses, negations=((Edge(X, SALARY, Z),),)),
        Query(branches=(Branch((Edge(iri("cy"), BOSS, X),)), Branch((Edge(iri("bo"), BOSS, X),)))),
    ]
    assert firm.holds(queries) == [True, False, True, False, False, True]
    assert firm.holds([]) == []


@pytest.mark.parametrize(
    ("edges", "limits", "holds"),
    [
        (1, (0, 0), True),
        (2, (0, 9), False),
        (2, (9, 0), True),
        (3, (9, 0), False),
        (3, (0, 9), True),
    ],
)
def test_of_longer_patterns_with_conditions_so_many_solutions_are_looked_at_only(
    firm, monkeypatch, edges, limits, holds
):
    for name, value in zip(("_SHORT", "_LONG", "_LOOKED_AT", "_FEW"), (1, 2, *limits), strict=True):
        monkeypatch.setattr(live_graph, name, value)
    pattern = Edge(X, SALARY, Y), Edge(X, BOSS, Z), Edge(Z, SALARY, Variable(3))
    assert firm.holds([Query(pattern[:edges], (above(1),))]) == [holds]


def test_what_was_asked_is_not_asked_again(firm, monkeypatch):
    asked = []
    answer = firm.store.any_solution
    monkeypatch.setattr(firm.store, "any_solution", lambda bodies: asked.extend(bodies) or answer(bodies))
    bosses, none = Query((Edge(X, BOSS, Y),)), Query((Edge(iri("cy"), BOSS, X),))
    assert firm.holds([bosses, none, bosses]) == [True, False, True]
    assert firm.holds([none, bosses]) == [False, True]
    assert len(asked) == 2


def test_a_memory_that_is_full_is_emptied_and_answers_stay_right(firm, monkeypatch):
    monkeypatch.setattr(live_graph, "_REMEMBERED", 2)
    queries = [Query((Edge(X, SALARY, Y),), (above(number),)) for number in (1, 65, 99)]
    for _ in range(3):
        assert firm.holds(queries) == [True, True, False]
        assert firm.holds(queries[1:2]) == [True]


def test_a_complete_query_has_a_row_with_its_groups(firm):
    edges = (Edge(X, BOSS, Y),)
    having = [Having(Item(X, Aggregate.COUNT), Comparison.AT_LEAST, Literal(number)) for number in (1, 2)]
    queries = [Query(edges, columns=(Item(Y),), having=condition) for condition in having]
    assert firm.answers(queries) == [True, False]


def test_numbers_are_what_a_pattern_gives_without_exception(firm):
    query = Query((Edge(X, SALARY, Y), Edge(X, BOSS, Z)))
    assert firm.numeric(query, [X, Y, Z]) == [False, True, False]
    assert firm.numeric(Query((Edge(X, DESK, Y),)), [Y]) == [False], "some are numbers, others are not"
    assert firm.numeric(Query((Edge(iri("cy"), BOSS, X),)), [X]) == [False], "there are none"


def test_of_longer_patterns_the_edges_at_the_variable_give_numbers(firm):
    edges = Edge(X, SALARY, Y), Edge(X, BOSS, Z), Edge(Z, DESK, Variable(3))
    assert firm.holds([Query(edges)]) == [False]
    assert firm.numeric(Query(edges), [Y, Z]) == [True, False]


def test_a_query_runs_soon_where_its_edges_have_few_solutions(firm, monkeypatch):
    monkeypatch.setattr(live_graph, "_SOON", 3)
    assert firm.runs_soon(Query((Edge(X, BOSS, Y),)))
    assert not firm.runs_soon(Query((Edge(X, SALARY, Y),)))
    assert not firm.runs_soon(Query((Edge(X, SALARY, Y),), (above(69),))), "conditions are looked at after"
    both = Query(branches=(Branch((Edge(X, BOSS, Y),)), Branch((Edge(X, OWNER, Y),))))
    assert not firm.runs_soon(both)


@pytest.mark.parametrize(
    ("name", "leads_to", "numbers"),
    [
        ("owner", "employee", False),
        ("salary", "integer", True),
        ("born", "date", False),
        ("none", "", False),
    ],
)
def test_what_a_predicate_leads_to(firm, name, leads_to, numbers):
    assert (firm.range_of(iri(name)), firm.has_numbers(iri(name))) == (leads_to, numbers)


def test_relations_of_a_term_go_forwards_and_backwards(firm):
    assert said(firm.relations_of(iri("bo"))) == ["<boss", "boss", "salary"]
    assert said(firm.relations_of(iri("d1"))) == ["<desk"]
    assert said(firm.relations_of(Literal(7))) == ["<desk"]
    assert firm.relations_of(iri("nobody")) == ()


@pytest.mark.parametrize(
    ("introduced_by", "relations"),
    [
        (ClassPointer(iri("Director")), ["<boss", "salary"]),
        (ForwardPointer(BOSS), ["<boss", "boss", "salary"]),
        (BackwardPointer(BOSS), ["<boss", "<owner", "born", "boss", "desk", "salary"]),
        (ForwardPointer(DESK), ["<desk"]),
        (ClassPointer(iri("None")), []),
    ],
)
def test_what_comes_after_a_variable_is_what_its_values_have(firm, introduced_by, relations):
    assert said(firm.relations_after(introduced_by)) == relations


def test_after_very_many_values_everything_is_offered(firm, monkeypatch):
    monkeypatch.setattr(live_graph, "_SAMPLED", 1)
    assert len(firm.relations_after(ClassPointer(iri("Director")))) == 2 * len(firm.profile.predicates)


def test_an_end_fits_that_shares_a_class_with_what_a_relation_leads_to_or_has_none(firm):
    ends = [iri("bo"), iri("cy"), iri("d1"), iri("dog")]
    assert firm.fits(ForwardPointer(BOSS), ends) == [True, True, False, True]
    assert firm.fits(BackwardPointer(BOSS), ends) == [True, False, False, True]


def test_entities_are_told_apart_by_what_surrounds_them(firm):
    pointers = [EntityPointer(iri("bo"), "Bo"), EntityPointer(iri("d1"), "d1")]
    assert [pointer.context for pointer in firm.entities_with_context(pointers)] == [
        ("boss", "salary"),
        ("desk",),
    ]
    assert firm.entities_with_context([]) == ()


def test_values_are_told_apart_by_their_property(firm):
    pointers = [ValuePointer((name, Literal(7)), "7") for name in (DESK, iri("unknown"))]
    assert [pointer.context for pointer in firm.values_with_context(pointers)] == [("desk",), ()]


def test_names_are_labels_in_the_graphs_languages_or_what_an_iri_says(firm):
    assert firm.store_names([iri("bo"), iri("Tim_O'Hara")]) == {
        iri("bo"): "Bo",
        iri("Tim_O'Hara"): "Tim O'Hara",
    }
    french = LiveGraph(firm.store, replace(firm.profile, languages=("fr",)))
    assert french.store_names([iri("bo")]) == {iri("bo"): "Beau"}


def test_two_graphs_remember_apart():
    first, second = live_graph_of(":a :p :b ."), live_graph_of(":a :q :b .")
    query = Query((Edge(iri("a"), iri("p"), X),))
    assert (first.holds([query]), second.holds([query])) == ([True], [False])
    assert (said(first.relations_of(iri("a"))), said(second.relations_of(iri("a")))) == (["p"], ["q"])
    assert isinstance(first.store, OxigraphStore)
