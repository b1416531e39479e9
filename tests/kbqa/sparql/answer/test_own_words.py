"""Questions in other words than a graph's, answered by the decoder that comes with the package."""

from kbqa.sparql.answer.kept_answer import kept_answer_of
from kbqa.sparql.sources import services
from tests.kbqa.sparql.answer.test_asking import names

CREATURES = """
@prefix : <http://creatures.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Creature rdfs:label "creature" .
:SleepyBear a :Creature ; :weightKg 460 ; :heightM 2.1 ; :armorClass 17 ; :population "200" ; :seller :p1 ;
    :livesAt [ :street "Main Street 5" ; :city "Porto" ] .
:StoneSnake a :Creature ; :weightKg 210 ; :heightM 8.8 ; :armorClass 19 ; :population "1,358" ; :seller :p2 .
:TinyMouse a :Creature ; :weightKg 6 ; :heightM 0.4 ; :armorClass 11 ; :population "90" ; :seller :p1 .
:p1 a :Person ; rdfs:label "Heidi Brant" ; :country "United States" .
:p2 a :Person ; rdfs:label "Bo Lee" ; :country "Poland" .
"""


def test_questions_in_other_words_are_answered(load):
    graph = load(CREATURES, name="creatures")
    assert names(graph, "How heavy is the Sleepy Bear?") == ["460"]
    assert names(graph, "How tall is Stone Snake?") == ["8.8"]
    assert names(graph, "What is the tallest creature?") == ["Stone Snake"]
    assert names(graph, "What is the AC of Tiny Mouse?") == ["11"]
    assert names(graph, "Which creature has the highest population?") == ["Stone Snake"]
    assert names(graph, "Which creatures have the seller Ms. Brant?") == ["Sleepy Bear", "Tiny Mouse"]


def test_an_answer_that_is_a_blank_node_is_shown_by_what_it_holds_and_with_units(load):
    graph = load(CREATURES, name="creatures")
    _, row = services.ask(graph, "Where does Sleepy Bear live?")
    cells = [cell for of_row in kept_answer_of(row).result.rows for cell in of_row]
    assert [cell.text for cell in cells] == ["Main Street 5, Porto"]
    _, row = services.ask(graph, "What is the weight of Sleepy Bear?")
    assert [cell.with_unit for cell in kept_answer_of(row).result.rows[0]] == ["460 kg"]
