"""Nouns between one and several."""

import pytest

from kbqa.plurals import as_plural, is_plural, plural_of

ONE_AND_SEVERAL = [
    ("film", "films"),
    ("city", "cities"),
    ("day", "days"),
    ("monkey", "monkeys"),
    ("box", "boxes"),
    ("church", "churches"),
    ("bush", "bushes"),
    ("boss", "bosses"),
    ("hero", "heroes"),
    ("superhero", "superheroes"),
    ("person", "people"),
    ("species", "species"),
    ("fish", "fish"),
    ("wolf", "wolves"),
    ("werewolf", "werewolves"),
    ("birth place", "birth places"),
    ("dependency", "dependencies"),
    ("repository", "repositories"),
    ("order status", "order statuses"),
    ("address", "addresses"),
    ("bus", "buses"),
    ("alias", "aliases"),
    ("analysis", "analyses"),
    ("child", "children"),
    ("Woman", "Women"),
    ("photo", "photos"),
    ("roof", "roofs"),
    ("", ""),
    ("Stadt", "Stadts"),
    ("y", "ys"),
]


@pytest.mark.parametrize(("one", "several"), ONE_AND_SEVERAL)
def test_plurals(one, several):
    assert plural_of(one) == several
    assert as_plural(one) == several


@pytest.mark.parametrize("name", ["films", "cities", "awards", "species", "people", "shelves", "order items"])
def test_a_name_that_says_so_already_is_its_plural(name):
    assert as_plural(name) == name
    assert is_plural(name)


@pytest.mark.parametrize("name", ["class", "status", "analysis", "gas", "box", "y", ""])
def test_a_noun_that_ends_in_s_may_be_one(name):
    assert not is_plural(name)
