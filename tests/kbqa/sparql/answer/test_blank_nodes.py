"""What people read in place of blank nodes."""

import pytest
from pyoxigraph import BlankNode, Literal

from kbqa.sparql.answer.cells import Cell, shown_rows
from kbqa.sparql.answer.neighbourhood import neighbourhood_of
from kbqa.sparql.models import Graph
from kbqa.sparql.stores.base import Solutions
from tests.kbqa.sparql.graphs import iri, live_graph_of

LONG = "x" * 200


def cell_of(turtle: str) -> Cell:
    """The cell of what Ann has."""
    live = live_graph_of(f':ann rdfs:label "Ann" ; :has {turtle} . :porto rdfs:label "Porto" .')
    ((cell,),) = shown_rows(live.store.select(f"SELECT ?x WHERE {{ {iri('ann')} {iri('has')} ?x }}"), live)
    return cell


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ('[ rdfs:label "Home" ; :street "Main Street" ]', "Home"),
        ('[ :street "Main Street 5" ; :city :porto ]', "Main Street 5, Porto"),
        (
            '[ :country "Portugal" ; :city "Porto" ; :house 5 ; :street "Main Street" ; :postalCode "4000" ]',
            "Main Street 5, 4000, Porto, Portugal",
        ),
        ("[ :value 9.5 ; :unit :EUR ]", "9.5 EUR"),
        ('[ :amount 12 ; :currency "CHF" ; a :Price ]', "12 CHF"),
        ("[ :startDate 1990 ; :endDate 1995 ]", "1990 – 1995"),
        ("[ :latitude 41.1 ; :longitude -8.6 ]", "41.1, -8.6"),
        ('[ :givenName "Ann" ; :familyName "Lee" ]', "Ann Lee"),
        ('[ :telephone "12" ; :email "a@b.example" ]', "email: a@b.example; telephone: 12"),
        (
            '[ :address [ :street "Main Street 5" ; :city "Porto" ] ; :since 1990 ]',
            "address: Main Street 5, Porto; since: 1990",
        ),
        ("[ a :PostalAddress ]", "Postal Address"),
        ("[ a :PostalAddress ; :of [] ]", "unnamed"),
        (f'[ :note "{LONG}" ; :other 7 ]', f"note: {LONG}"[:119] + "…"),
    ],
)
def test_a_blank_node_is_called_by_what_it_holds(held, shown):
    cell = cell_of(held)
    assert (cell.text, cell.kind) == (shown, "blank")
    assert cell.iri.startswith("_:"), "its page is asked for by that"


def test_a_blank_node_with_one_value_is_shown_as_that_value():
    assert cell_of('[ a :Email ; :address "a@b.example" ]') == Cell("a@b.example", kind="string")
    assert cell_of("[ :city :porto ]") == Cell("Porto", iri("porto").value, "iri")


def test_a_circle_of_blank_nodes_ends():
    assert cell_of("_:a . _:a :of _:b . _:b :of _:a").text.endswith("…")


def test_an_unknown_blank_node_has_no_label_either():
    live = live_graph_of(":a :p :b .")
    ((cell,),) = shown_rows(Solutions(("x",), [(BlankNode("b0"),)]), live)
    assert cell.text == "unnamed"


def test_the_page_of_a_blank_node_has_its_edges_both_ways():
    live = live_graph_of(':ann rdfs:label "Ann" ; :lives [ :street "Main Street 5" ; :city "Porto" ] .')
    ((node,),) = live.store.select(f"SELECT ?x WHERE {{ ?a {iri('lives')} ?x }}").rows
    around = neighbourhood_of(node, Graph(), live)
    assert (around.name, around.iri) == ("Main Street 5, Porto", "")
    assert sorted(row[1].text for row in around.leaving) == ["Main Street 5", "Porto"]
    assert [[cell.text for cell in row] for row in around.entering] == [["Ann", "lives"]]
    assert neighbourhood_of(BlankNode("gone"), Graph(), live) is None


def test_values_have_the_unit_that_the_name_of_their_property_tells():
    live = live_graph_of(':snorlax :weightKg 460 ; :name "Snorlax" .')
    leaving = neighbourhood_of(iri("snorlax"), Graph(), live).leaving
    assert {row[1].with_unit for row in leaving} == {"460 kg", "Snorlax"}
    assert shown_rows(Solutions(("x",), [(Literal(460),)]), live, ["kg"])[0][0].with_unit == "460 kg"
    assert Cell("172 cm", unit="cm").with_unit == "172 cm"
