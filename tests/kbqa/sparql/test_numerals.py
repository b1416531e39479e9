"""Texts that are numbers."""

import pytest
from pyoxigraph import Literal

from kbqa.decoding.actions import Keyword, VariablePointer
from kbqa.sparql.grammar import LinkedQuestion, start
from kbqa.sparql.grammar.actions import ClassPointer, ForwardPointer, NumberPointer
from kbqa.sparql.query import Aggregate, Comparison, query_text
from tests.kbqa.sparql.graphs import iri, live_graph_of

PLANETS = """
:alder a :Planet ; :population "2,000,000" ; :height "9 km" ; :code "0042" ; :moons 2 .
:bespin a :Planet ; :population "6000000" ; :height "10 km" ; :code "0007" .
:coru a :Planet ; :population "1000000000000" ; :height "172 km" ; :code "12" .
:dant a :Planet ; :population "unknown" ; :height "n/a" ; :code "5" .
:endor a :Planet ; :population "30000000" ; :code "7" . :twin a :Planet ; :population "1,000,000,000,000" .
"""


@pytest.fixture
def live():
    return live_graph_of(PLANETS)


def queried(live, *actions, numbers=(), name="population"):
    """The rows of the query that goes from planets over a property, and on with some actions."""
    planet = ClassPointer(iri("Planet"), "planet")
    known = next(each for each in live.profile.predicates if each.predicate == iri(name))
    over = ForwardPointer(known.predicate, known.text, context=known.ranges)
    linked = LinkedQuestion(live, classes=(planet,), numbers=tuple(numbers))
    state = start(linked)
    for action in (planet, VariablePointer(0), over, Keyword("NEW"), *actions):
        assert action in state.legal_actions(), action
        assert state.holds([action]) == [True], action
        state = state.apply(action)
    rows = live.store.select(query_text(state.query)).rows
    return [tuple(getattr(term, "value", "").rsplit("/", 1)[-1] for term in row) for row in rows]


PLANET, VALUE, END, STOP = VariablePointer(0), VariablePointer(1), Keyword("END"), Keyword("STOP")


def test_they_are_known_by_most_of_the_values(live):
    kinds = {each.text: (each.ranges, each.numerals, each.unit) for each in live.profile.predicates}
    assert kinds["population"] == (("decimal",), True, "")
    assert kinds["height"] == (("decimal",), True, "km")
    assert kinds["code"] == ((), False, ""), "numbers that begin with 0 are codes"
    assert kinds["moons"] == (("integer",), False, "")


@pytest.mark.parametrize(
    ("values", "are_numerals"),
    [
        ('"1", "2", "x"', True),
        ('"1", "x", "y"', False),
        ('"1 cm", "2 m"', False),
        ('"1 cm", "2 cm", "3 cm"', True),
        ('"-1.5", "+2"', True),
        ('"1990-01-02", "1990-01-03"', False),
        ('"3 or 4", "5 or 6"', False),
        ('"1,5", "2,5"', False),
    ],
)
def test_texts_are_numerals_where_most_are_and_in_one_unit(values, are_numerals):
    assert bool(live_graph_of(f":a :p {values} .").profile.numerals) is are_numerals


def test_the_largest_is_the_largest_number_and_no_text(live):
    largest = queried(
        live,
        END,
        PLANET,
        Keyword("DESC"),
        VALUE,
        NumberPointer(Literal(3), "3"),
        numbers=[NumberPointer(Literal(3), "3")],
    )
    assert {name for (name,) in largest[:2]} == {"coru", "twin"}
    assert largest[2] == ("endor",)


def test_the_least_is_the_least_number_and_not_what_is_unknown(live):
    assert queried(live, END, PLANET, Keyword("ASC"), VALUE, Keyword("ONE")) == [("alder",)]
    assert queried(live, END, PLANET, Keyword("DESC"), VALUE, Keyword("ONE"), name="height") == [("coru",)]


def test_all_are_sorted_by_their_numbers(live):
    names = [name for (name,) in queried(live, END, PLANET, Keyword("DESC"), VALUE, Keyword("UNLIMITED"))]
    assert set(names[:2]) == {"coru", "twin"}
    assert names[2:] == ["endor", "bespin", "alder", "dant"]


def test_they_are_compared_with_numbers(live):
    number = NumberPointer(Literal(5_000_000), "5000000")
    more = (VALUE, Keyword(Comparison.LESS), number, END, PLANET, STOP)
    assert queried(live, *more, numbers=[number]) == [("alder",)]
    above_mean = (VALUE, Keyword(Comparison.GREATER), Keyword("AVERAGE"), END, PLANET, STOP)
    assert sorted(queried(live, *above_mean)) == [("coru",), ("twin",)]


def test_they_are_summed_up(live):
    (total,) = queried(live, END, Keyword(Aggregate.SUM), VALUE, STOP, name="height")
    assert total == ("191",)
    assert queried(live, END, Keyword(Aggregate.MIN), VALUE, STOP) == [("2000000",)]
