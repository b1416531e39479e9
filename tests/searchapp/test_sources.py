"""What every source has in common."""

import doctest

import pytest

from kbqa.sparql.models import Graph
from searchapp import sources
from searchapp.errors import InvalidInput


def test_the_examples_hold():
    assert doctest.testmod(sources).failed == 0


def test_a_name_of_nothing_that_addresses_have_is_made_up():
    assert sources.slug_of("你好", "graph").startswith("graph-")


@pytest.mark.django_db
def test_a_name_that_was_taken_meanwhile_is_an_error_of_the_name():
    Graph.objects.create(slug="films", name="films")
    with pytest.raises(InvalidInput, match="There is a graph named films already") as caught:
        sources.save_new(Graph(slug="films", name="films"))
    assert caught.value.field == "name"
