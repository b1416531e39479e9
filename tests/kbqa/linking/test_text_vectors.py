"""Texts are found by their vectors."""

import numpy as np
import pytest

from kbqa.linking.models import DIMENSIONS
from kbqa.linking.text_vectors import TextVectors, text_hash
from kbqa.sparql.models import Graph
from kbqa.sparql.names import label_vectors_of

pytestmark = pytest.mark.django_db


def vector(*values: float) -> np.ndarray:
    """The unit vector in the direction of a few values."""
    raw = np.zeros(DIMENSIONS, np.float32)
    raw[: len(values)] = values
    return raw / np.linalg.norm(raw)


DIRECTIONS = {"north": vector(1), "north-east": vector(1, 1), "east": vector(0, 1), "south": vector(-1)}


def encode(texts):
    return np.stack([DIRECTIONS[text] for text in texts])


@pytest.fixture
def vectors() -> TextVectors:
    return label_vectors_of(Graph.objects.create(slug="a", name="a", source_kind="file").pk)


def test_the_nearest_come_first_with_their_cosine(vectors):
    assert vectors.write(DIRECTIONS, encode) == 4
    nearest = vectors.nearest(vector(1), 3)
    assert list(nearest) == ["north", "north-east", "east"]
    assert list(nearest.values()) == pytest.approx([1.0, 2**-0.5, 0.0], abs=1e-3)
    assert vectors.nearest(vector(1), 9)["south"] == pytest.approx(-1.0)


def test_what_has_a_vector_is_not_encoded_again(vectors):
    encoded = []

    def noting(texts):
        encoded.extend(texts)
        return encode(texts)

    assert vectors.write(["north", "east", "north"], noting) == 2
    assert vectors.write(["east", "south"], noting) == 1
    assert encoded == ["north", "east", "south"]


def test_texts_are_encoded_in_portions_and_it_is_told(vectors, monkeypatch):
    monkeypatch.setattr("kbqa.linking.text_vectors._AT_ONCE", 3)
    told, sizes = [], []
    vectors.write(
        DIRECTIONS,
        lambda texts: sizes.append(len(texts)) or encode(texts),
        lambda done, total: told.append((done, total)),
    )
    assert (sizes, told) == ([3, 1], [(3, 4), (4, 4)])


@pytest.mark.parametrize("portion", [1, 512])
def test_other_texts_are_forgotten(vectors, monkeypatch, portion):
    monkeypatch.setattr("kbqa.linking.text_vectors._AT_ONCE", portion)
    vectors.write(DIRECTIONS, encode)
    vectors.keep_only(["east", "never there"])
    assert list(vectors.rows().values_list("text", flat=True)) == ["east"]


def test_owners_are_told_apart(vectors):
    other = label_vectors_of(Graph.objects.create(slug="b", name="b", source_kind="file").pk)
    vectors.write(["north"], encode)
    other.write(["south"], encode)
    assert list(vectors.nearest(vector(-1), 5)) == ["north"]
    other.keep_only([])
    assert (vectors.rows().count(), other.rows().count()) == (1, 0)


def test_nothing_is_near_nothing(vectors):
    assert vectors.nearest(vector(1), 3) == {}
    assert vectors.write([], encode) == 0


def test_a_texts_key_is_its_md5():
    assert text_hash("").hex == "d41d8cd98f00b204e9800998ecf8427e"
    assert text_hash("é") != text_hash("e")
