import pytest

from kbqa.sparql.answer.entity_linking import find_candidates
from kbqa.sparql.answer.registry import served

FLYING = """
@prefix e: <http://creatures.example/> .
e:griffin a e:Creature ; e:canFly true . e:hydra a e:Creature ; e:canFly false .
"""


@pytest.fixture
def found(load):
    opened = served(load())
    version, live = opened.version, opened.live

    def run(question):
        return find_candidates(question, version, live.profile)

    return run


@pytest.mark.parametrize(
    "question",
    [
        "who directed Silent Harbour?",
        "who directed silent harbour",
        "WHO DIRECTED SILENT HARBOUR",
        "who directed Silent Harbours",
        "the harbour silent, who directed it",
        "Silent Harbour's director",
        "who directed Silnt Harbour",
        "who directed Silent Harbuor",
    ],
)
def test_a_film_is_found_however_it_is_written(found, question):
    assert "Silent Harbour" in [choice.text for choice in found(question).entities]


def test_the_name_as_it_is_written_comes_first(found):
    entities = found("which films did Marta Falcon direct").entities
    assert entities[0].text == "Marta Falcon"
    assert "Falcon" in [choice.text for choice in entities]


def test_accents_and_apostrophes_are_seen_past(found):
    assert (
        found("films by jon thorsson").entities == ()
        or found("films by Jón Þórsson").entities[0].text == "Jón Þórsson"
    )
    assert found("where was Anna OHara born").entities[0].text == "Anna O'Hara"


def test_values_numbers_and_classes(found):
    mentions = found('which films of the genre drama are from after 1990, and three "others"')
    assert [choice.text for choice in mentions.values] == ["drama"]
    assert [choice.text for choice in mentions.numbers] == ["1990", "3", "others"]
    assert mentions.classes[0].text == "film"


@pytest.mark.parametrize(
    "question", ["", "???", "誰が監督しましたか", "x" * 100_000, "'; DROP TABLE kbqa_name; --", "%_\\ \0"]
)
def test_nothing_breaks_it(found, question):
    assert len(found(question).entities) < 30


def test_true_and_false_of_a_property_are_called_by_its_words(load):
    opened = served(load(FLYING))
    version, live = opened.version, opened.live
    mentions = find_candidates("which creatures can fly?", version, live.profile)
    assert [(choice.text, choice.key[1].value) for choice in mentions.values] == [
        ("can fly", "true"),
        ("never can fly", "false"),
    ]
    assert mentions.values[0].span == (len("which creatures "), len("which creatures can fly"))
    assert mentions.values[0].features != mentions.values[1].features


def test_a_question_that_only_has_is_says_nothing_of_what_is_so(load):
    opened = served(load(FLYING.replace("canFly", "isTame")))
    version, live = opened.version, opened.live
    for question, span in (
        ("what is the oldest creature?", None),
        ("which tame creatures are there?", (6, 10)),
    ):
        flag = find_candidates(question, version, live.profile).values[0]
        assert (flag.text, flag.span, flag.features[0]) == ("is tame", span, float(span is not None))


@pytest.mark.parametrize(
    ("kept", "question"),
    [
        ("Norway", "which Norwegian customers are there"),
        ("Netherlands", "Dutch clubs"),
        ("South Korea", "the South Korean teams"),
        ("United States", "which American cities are large"),
        ("French", "singers from France"),
    ],
)
def test_what_is_of_a_country_speaks_of_the_country(load, kept, question):
    facts = (
        f'@prefix e: <http://people.example/> . e:a a e:Customer ; e:of "{kept}" . '
        'e:b a e:Customer ; e:of "elsewhere" .'
    )
    opened = served(load(facts))
    version, live = opened.version, opened.live
    assert [choice.text for choice in find_candidates(question, version, live.profile).values] == [kept]
