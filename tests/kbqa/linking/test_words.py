"""Tokenisation: words with their places, folding, numbers, quotations, what is left of mistyped words."""

import pytest

from kbqa.linking.words import deletions, fold, key_of, parts_of, quoted_of, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Jón Þórsson", "jon þorsson"),
        ("Anna O'Hara's", "anna ohara"),
        ("AC/DC, live!", "ac dc live"),
        ("snake_case", "snake case"),
        ("STRASSE straße", "strasse strasse"),
        ("…", ""),
    ],
)
def test_folding(text, folded):
    assert fold(text) == folded


def test_words_have_their_places_in_the_question():
    question = "Porto's cafés — Anna O'Hara"
    assert [(word.text, question[word.start : word.end]) for word in words_of(question)] == [
        ("porto", "Porto"),
        ("cafes", "cafés"),
        ("anna", "Anna"),
        ("ohara", "O'Hara"),
    ]


def test_names_of_the_same_words_share_a_key():
    assert key_of("city of birth") == key_of("birth of cities")
    assert key_of("city of birth") != key_of("city of death")


def test_words_one_mistake_apart_share_a_deletion():
    assert not set(deletions("night")).isdisjoint(deletions("nigt"))
    assert not set(deletions("night")).isdisjoint(deletions("nihgt"))
    assert set(deletions("night")).isdisjoint(deletions("light house"))
    assert deletions("cat") == ["cat"]


def test_quotations():
    assert [text for text, _ in quoted_of("called 'a b' or “c” or don't")] == ["a b", "c"]


def test_parts_of_identifiers():
    assert parts_of("frpmCount2") == ["frpm", "count2"]
    assert parts_of("Reading") == []
