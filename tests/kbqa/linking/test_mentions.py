"""Mention detection over names in memory: what is found, how similar it is, and in which order."""

import math

import pytest

from kbqa.linking.mentions import (
    Mention,
    MentionFeatures,
    features_of,
    find_mentions,
    mentions_by_other_names,
)
from kbqa.linking.words import words_of
from tests.kbqa.linking.name_index import NamesInMemory, cell, entity


def mentions(question: str, *rows) -> list[Mention]:
    return find_mentions(question, words_of(question), NamesInMemory.of(*rows))


def only(question: str, *rows) -> Mention:
    (mention,) = mentions(question, *rows)
    return mention


def test_a_name_as_it_is_written_is_exact():
    mention = only("Who directed The Long Road?", entity("The Long Road"))
    assert (mention.similarity, mention.exact, mention.same_case) == (1.0, True, True)
    assert (mention.span, mention.words) == ((13, 26), 3)


def test_capitals_and_accents_do_not_matter_but_are_noted():
    mention = only("films of jon thorsson", entity("Jón Thorsson"))
    assert (mention.similarity, mention.exact, mention.same_case) == (1.0, True, False)


def test_other_endings_and_another_order_are_less_than_exact():
    mention = only("roads that are long", entity("Long road"))
    assert not mention.exact
    assert 0 < mention.similarity < 1
    assert only("the prices of houses", entity("price of house")).similarity == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("question", "name"),
    [("Norwegian customers", "Norway"), ("people from France", "French"), ("a Spanish town", "Spain")],
)
def test_a_demonym_finds_the_country_and_the_country_its_demonym(question, name):
    mention = only(question, cell(name, "city.country"))
    assert (mention.text, mention.similarity, mention.exact) == (name, pytest.approx(0.9), False)


def test_a_mistyped_word_finds_the_name_and_counts_for_less_than_another_ending():
    mention = only("films with Amber Nihgt", entity("Amber Night"))
    assert (mention.text, mention.similarity, mention.words) == ("Amber Night", pytest.approx(0.7), 2)
    assert mention.similarity < only("amber nights", entity("Amber Night")).similarity


def test_short_and_common_words_are_not_corrected():
    assert mentions("a cot", entity("cat")) == []
    assert mentions("these films", entity("those")) == []


def test_a_word_that_a_name_has_is_not_corrected():
    found = mentions("the lamps", entity("lamps"), entity("lamp"), entity("damps"))
    assert {mention.text for mention in found} == {"lamps", "lamp"}


def test_a_stop_word_alone_is_no_mention():
    assert mentions("which of them is it", cell("it", "a.b"), cell("of", "a.b")) == []


def test_a_rare_word_finds_a_name_that_has_more_words():
    mention = only("films with Falcon in them", entity("Marta Falcon"))
    assert (mention.text, mention.exact, mention.words) == ("Marta Falcon", False, 1)
    assert mention.similarity == pytest.approx(0.8 / 2)


def test_stop_words_of_a_name_weigh_little():
    assert only("best Harbour", entity("Harbour of the")).similarity == pytest.approx(0.8 / 1.4)


def test_a_name_of_many_other_words_is_not_found_by_one():
    assert mentions("films with falcon", entity("Marta Falcon Oliveira Silva Costa")) == []


def test_words_that_very_many_names_share_find_none_alone():
    many = [entity(f"Falcon number{index}") for index in range(101)]
    assert mentions("films with falcon", *many) == []
    assert len(mentions("films with falcon", *many[:100])) == 100


def test_words_of_an_exact_mention_of_several_find_no_other_name():
    found = mentions("Who directed Amber Night?", entity("Amber Night"), entity("Amber Sky"))
    assert [mention.text for mention in found] == ["Amber Night"]


def test_longer_mentions_come_before_shorter_and_exact_before_similar():
    found = mentions("The Long Road", entity("Road", count=900), entity("The Long Road"), entity("Long"))
    assert [mention.text for mention in found] == ["The Long Road", "Road", "Long"]


def test_among_equals_the_same_case_counts_then_the_most_connected():
    rows = [entity("porto", count=50, term="<urn:1>"), entity("Porto", count=2, term="<urn:2>")]
    assert [mention.term for mention in mentions("in Porto", *rows)] == ["<urn:2>", "<urn:1>"]
    rows = [entity("Porto", count=2, term="<urn:3>"), entity("Porto", count=50, term="<urn:4>")]
    assert [mention.term for mention in mentions("in Porto", *rows)] == ["<urn:4>", "<urn:3>"]


def test_a_name_is_found_once_by_its_best_span():
    mention = only("Porto or the porto", entity("Porto"))
    assert mention.span == (0, 5)


def test_of_namesakes_the_most_connected_twelve_are_kept():
    rows = [entity("Springfield", count=index, term=f"<urn:{index}>") for index in range(20)]
    found = mentions("in Springfield", *rows)
    assert [mention.count for mention in found] == list(range(19, 7, -1))


def test_a_text_in_two_columns_is_two_mentions():
    found = mentions("in Porto", cell("Porto", "city.name"), cell("Porto", "customer.home"))
    assert {mention.predicate for mention in found} == {"city.name", "customer.home"}


def test_a_span_has_at_most_ten_words():
    name = "one two three four five six seven eight nine ten eleven"
    found = mentions(f"say {name}", entity(name), entity("two three"))
    assert not any(mention.exact and mention.text == name for mention in found)


def test_features_are_in_the_order_that_was_trained():
    mention = Mention("entity", "<urn:a>", "", "Porto", 9, (3, 8), 2, 0.75, False, True)
    expected = (0.75, 0.0, 1.0, 0.5, math.log(10) / 5, 0.4)
    assert features_of(mention, 5) == pytest.approx(expected)
    assert MentionFeatures._fields == (
        "similarity", "exact", "same_case", "words", "frequency", "coverage"
    )  # fmt: skip


def by_other_names(question: str, *rows) -> list[str]:
    return [
        mention.text
        for mention in mentions_by_other_names(question, words_of(question), NamesInMemory.of(*rows))
    ]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("US suppliers", "United States"),
        ("suppliers in the U.S.", "United States of America"),
        ("American suppliers", "USA"),
        ("suppliers in the United States", "US"),
        ("people from Holland", "Netherlands"),
        ("British people", "UK"),
        ("firms in North Carolina", "NC"),
    ],
)
def test_places_are_found_by_their_other_names(question, name):
    assert by_other_names(question, entity(name)) == [name]


@pytest.mark.parametrize(
    ("question", "name"),
    [("tell us more", "United States"), ("people in it", "India"), ("American firms", "us")],
)
def test_codes_of_places_are_written_in_capitals(question, name):
    assert by_other_names(question, entity(name)) == []
