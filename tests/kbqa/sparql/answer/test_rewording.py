"""Questions in a graph's own words."""

import pytest

from kbqa.linking.mentions import find_mentions
from kbqa.linking.words import words_of
from kbqa.sparql.answer.rewording import may_be_reworded, reworded
from kbqa.sparql.ingest.profiler import profile_graph
from tests.kbqa.linking.name_index import NamesInMemory, entity
from tests.kbqa.sparql.graphs import store_of

CREATURES = """
:snorlax a :Pokemon ; :weightKg 460 ; :heightM 2.1 ; :armorClass 7 ; :dexterity 9 ; :wisdom 3 ; :base 1 ;
    :maximumSpeed 30 ; :hairColour "black" ; :kind "sleeper" .
"""


def read(question: str, *names, turtle: str = CREATURES) -> str:
    """A question as it is read, where the graph has some names."""
    index, words = NamesInMemory.of(*map(entity, names)), words_of(question)
    known = frozenset(index.counted([word.text for word in words]))
    profile = profile_graph(store_of(turtle))
    return reworded(question, profile, find_mentions(question, words, index), known).text


@pytest.mark.parametrize(
    ("question", "as_read"),
    [
        ("How heavy is Snorlax?", "What is the weight of Snorlax?"),
        ("how tall was Snorlax", "What was the height of Snorlax"),
        ("How fast is Snorlax?", "What is the maximum speed of Snorlax?"),
        ("Which Pokemon are taller than 10 m?", "Which Pokemon are with height greater than 10 m?"),
        ("Pokemon that are lighter than 5", "Pokemon with weight less than 5"),
        ("What is the tallest Pokemon?", "What is the Pokemon with the highest height?"),
        ("the lightest black Pokemon of all", "the black Pokemon with the lowest weight of all"),
        ("Which Pokemon is the heaviest?", "Which Pokemon is the one with the highest weight?"),
        ("What is the AC of Snorlax?", "What is the armor class of Snorlax?"),
        ("what is the dex of Snorlax?", "what is the dexterity of Snorlax?"),
        ("Which has WIS over 2?", "Which has wisdom over 2?"),
        ("creatures with dex 9", "creatures with dexterity 9"),
    ],
)
def test_what_the_graph_calls_otherwise_is_read_so(question, as_read):
    assert read(question, "Snorlax") == as_read


@pytest.mark.parametrize(
    "question",
    [
        "How wide is Snorlax?",
        "How many Pokemon are there?",
        "the Pokemon with the highest weight",
        "Is Snorlax taller than Onix?",
        "the ac of it",
        "what is the has of Snorlax?",
        "Which is the best Pokemon?",
        "Which Pokemon has the highest armor?",
        "Pokemon with armor higher than 5",
        "the highest wisdom Pokemon",
        "the tallest tower",
        "Which Pokemon runs fastest?",
        "the max speed and the wis it has",
    ],
)
def test_what_the_graph_has_no_property_for_stays(question):
    assert read(question, "Snorlax", "Onix") == question


def test_names_stay_as_they_are():
    assert read("What is Tallest Tower?", "Tallest Tower") == "What is Tallest Tower?"
    assert read("Who is Dex?", "Dex") == "Who is Dex?"


def test_what_is_short_for_two_properties_is_left():
    turtle = ":a :armorClass 1 ; :attackCost 2 ; :strength 3 ; :structure 4 ."
    assert read("the AC and the str of it", turtle=turtle) == "the AC and the str of it"


def test_an_adjective_that_is_in_the_name_of_a_property_is_that():
    assert read("How heavy is it?", turtle=":a :weightKg 4 ; :heavy true .") == "How heavy is it?"


def test_people_are_told_what_was_read_for_an_abbreviation():
    profile = profile_graph(store_of(CREATURES))
    said = reworded("the AC of Snorlax", profile, [], frozenset())
    assert said.notice == "“AC” was read as armor class."
    assert not reworded("How heavy is Snorlax?", profile, [], frozenset()).notice
    assert not may_be_reworded("Who is Snorlax?", profile)
