"""English verbs between one and several."""

import pytest

from kbqa.sparql.suggestions.inflection import of_one, of_several, reads_as_verb


@pytest.mark.parametrize(
    ("text", "is_verb"),
    [
        ("born in", True),
        ("written by", True),
        ("calls", True),
        ("reports to", True),
        ("part of", True),
        ("of", True),
        ("director", False),
        ("birth place", False),
        ("imports name", False),
        ("address", False),
        ("status", False),
        ("basis", False),
        ("", False),
        (" ", False),
    ],
)
def test_a_verb_ends_in_a_preposition_or_is_in_the_third_person(text, is_verb):
    assert reads_as_verb(text) is is_verb


VERBS = [
    ("reports to", "report to"),
    ("calls", "call"),
    ("carries", "carry"),
    ("lies in", "lie in"),
    ("dies in", "die in"),
    ("passes", "pass"),
    ("watches", "watch"),
    ("finishes", "finish"),
    ("fixes", "fix"),
    ("buzzes", "buzz"),
    ("goes to", "go to"),
    ("uses", "use"),
    ("is in", "are in"),
    ("was in", "were in"),
    ("has", "have"),
    ("does", "do"),
]


@pytest.mark.parametrize(("one", "several"), VERBS)
def test_verbs_of_one_and_of_several(one, several):
    assert of_several(one) == several


@pytest.mark.parametrize(("one", "several"), [pair for pair in VERBS if pair[0] != "fixes"])
def test_verbs_of_several_and_of_one(one, several):
    assert of_one(several) == one


@pytest.mark.parametrize("verb", ["born in", "located at", "maintained by", "driven by", "written by"])
def test_a_participle_is_said_with_were(verb):
    assert of_several(verb) == f"were {verb}"


@pytest.mark.parametrize("verb", ["focus on", "stand by"])
def test_what_is_said_of_several_stays(verb):
    assert of_several(verb) == verb


@pytest.mark.parametrize(
    ("several", "one"), [("play", "plays"), ("cannot fly", "cannot fly"), ("fix it", "fixes it")]
)
def test_of_one(several, one):
    assert of_one(several) == one
