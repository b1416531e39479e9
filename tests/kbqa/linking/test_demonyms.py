"""Demonyms say something is of a country; countries have demonyms."""

from kbqa.linking.demonyms import COUNTRY_FORMS


def test_both_ways():
    assert COUNTRY_FORMS["norwegian"] == ("norway",)
    assert COUNTRY_FORMS["norway"] == ("norwegian",)
    assert set(COUNTRY_FORMS["nepal"]) == {"nepalese", "nepali"}


def test_a_demonym_of_several_countries_has_all_of_them():
    assert {"great britain", "united kingdom", "britain", "uk"} == set(COUNTRY_FORMS["british"])


def test_countries_of_several_words_are_found_by_their_demonym_only():
    assert COUNTRY_FORMS["saudi"] == ("saudi arabia",)
    assert "saudi arabia" not in COUNTRY_FORMS


def test_a_pronoun_is_no_country():
    assert "us" not in COUNTRY_FORMS
