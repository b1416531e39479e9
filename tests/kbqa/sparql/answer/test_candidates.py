"""What a question may mention of a graph, looked up in memory."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.linking.mentions import MentionFeatures
from kbqa.sparql.answer import entity_linking
from kbqa.sparql.answer.entity_linking import find_candidates, numbers_in
from kbqa.sparql.grammar.actions import FlagFeatures
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.profile import ClassProfile, PredicateProfile, Profile
from tests.kbqa.linking.name_index import NamesInMemory, entity
from tests.kbqa.sparql.graphs import iri

XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass
class Vectors:
    """Vectors of labels, of which each text is near to some with a cosine."""

    near: dict[str, float] = field(default_factory=dict)

    def rows(self):
        return self

    def exists(self) -> bool:
        return bool(self.near)

    def nearest(self, vector: object, limit: int) -> dict[str, float]:
        return dict(list(self.near.items())[:limit])


@pytest.fixture
def find(monkeypatch):
    """A function: what a question may mention of some names, of a vocabulary, and by meaning."""

    def run(question: str, *rows, profile: Profile | None = None, near: dict[str, float] | None = None):
        encoded = []
        monkeypatch.setattr(entity_linking, "names_of", lambda version: NamesInMemory.of(*rows))
        monkeypatch.setattr(entity_linking, "label_vectors_of", lambda graph: Vectors(near or {}))
        monkeypatch.setattr(
            entity_linking, "encode_labels", lambda texts: encoded.extend(texts) or np.zeros((len(texts), 1))
        )
        return find_candidates(question, GraphVersion(), profile or Profile()), encoded

    return run


def vocabulary(*names: str, **kinds: str) -> Profile:
    """Classes with falling counts, and properties that lead to what their keyword says."""
    classes = tuple(
        ClassProfile(iri(name.replace(" ", "_")), name, 100 - number) for number, name in enumerate(names)
    )
    predicates = tuple(
        PredicateProfile(iri(name), name.replace("_", " "), 9, (), (kind,)) for name, kind in kinds.items()
    )
    return Profile(predicates, classes)


def test_entities_and_values_are_terms_with_their_spans_and_features(find):
    genre = ("value", str(Literal("drama")), str(iri("genre")), "drama", 3)
    found, _ = find("drama by Marta Falcon", entity("Marta Falcon", 6, str(iri("p4"))), genre)
    (person,), (value,) = found.entities, found.values
    assert (person.key, person.text, person.span) == (iri("p4"), "Marta Falcon", (9, 21))
    assert person.features == MentionFeatures(1.0, 1.0, 1.0, 0.5, math.log(7) / 5, 0.5)
    assert (value.key, value.span) == ((iri("genre"), Literal("drama")), (0, 5))
    assert value.features.coverage == 0.25


def test_at_most_twenty_four_are_taken_the_best_first(find):
    rows = [entity(f"Falcon {number}", number, str(iri(f"f{number}"))) for number in range(40)]
    found, _ = find("falcon", *rows)
    assert [pointer.text for pointer in found.entities] == [
        f"Falcon {number}" for number in range(39, 15, -1)
    ]


def test_a_long_question_is_read_up_to_a_length(find):
    rows = [entity("Falcon", 1, str(iri("f")))]
    assert find("x " * 990 + "Falcon", *rows)[0].entities
    assert not find("x " * 1_000 + "Falcon", *rows)[0].entities


def test_classes_that_share_words_come_before_larger_ones(find):
    profile = vocabulary("person", "city", "capital city", "film")
    found = find("which capital cities", profile=profile)[0].classes
    assert [pointer.text for pointer in found] == ["city", "capital city", "person", "film"]
    by_name = {pointer.text: pointer for pointer in found}
    assert by_name["capital city"].span == (6, 20)
    assert by_name["capital city"].features == MentionFeatures(1.0, 1.0, 0.0, 0.5, math.log(99) / 5)
    assert by_name["city"].features.words == 0.25
    assert by_name["film"].span is None
    assert by_name["film"].features[:2] == (0.0, 0.0)


def test_half_a_classs_words_are_half_as_similar(find):
    found = find("which cities", profile=vocabulary("capital city"))[0].classes
    assert (found[0].features.similarity, found[0].features.exact) == (0.5, 0.0)


def test_as_many_classes_are_taken_as_the_network_can_read(find):
    profile = vocabulary(*(f"kind{number}" for number in range(30)), "film")
    found = find("which films", profile=profile)[0].classes
    assert len(found) == 24
    assert found[0].text == "film"


def test_true_and_false_of_a_property_are_told_apart_by_a_feature(find):
    found = find("which creatures can fly", profile=vocabulary(can_fly="boolean", age="integer"))[0].values
    assert [(pointer.key[1], pointer.text) for pointer in found] == [
        (Literal(True), "can fly"),
        (Literal(False), "never can fly"),
    ]
    assert found[0].features == FlagFeatures(1.0, 1.0, 1.0, 0.5, math.log(10) / 5)
    assert found[1].features == found[0].features._replace(truth=0.0)


def test_six_properties_that_are_so_or_not_are_taken(find):
    profile = vocabulary(**{f"is_kind{number}": "boolean" for number in range(8)}, is_tame="boolean")
    found = find("which are tame", profile=profile)[0].values
    assert len(found) == 12
    assert {pointer.text for pointer in found[:2]} == {"is tame", "never is tame"}


def test_labels_that_mean_the_same_are_found_by_unknown_words(find):
    usa = entity("United States", 9, str(iri("us")))
    found, encoded = find("films from Zorgland", usa, profile=vocabulary("film"), near={"United States": 0.8})
    assert encoded == ["Zorgland"]
    assert [pointer.text for pointer in found.entities] == ["United States"]
    assert found.entities[0].features.similarity == pytest.approx(0.7 * 0.8)
    assert not found.entities[0].features.exact


def test_other_names_of_a_country_find_it_once(find):
    usa = entity("United States", 9, str(iri("us")))
    found, _ = find("films from America", usa, profile=vocabulary("film"), near={"United States": 0.8})
    assert [pointer.text for pointer in found.entities] == ["United States"]
    assert found.entities[0].features.similarity == pytest.approx(0.9)


@pytest.mark.parametrize(("cosine", "number"), [(0.73, 0), (0.74, 1), (0.9, 1)])
def test_labels_must_be_near(find, cosine, number):
    usa = entity("United States", 9, str(iri("us")))
    found, _ = find("films from Zorgland", usa, profile=vocabulary("film"), near={"United States": cosine})
    assert len(found.entities) == number


def test_values_are_not_found_by_meaning(find):
    value = ("value", str(Literal("noir")), str(iri("genre")), "noir", 1)
    assert find("gloomy films", value, near={"noir": 0.9})[0].values == ()


def test_nothing_is_encoded_where_there_are_no_vectors_or_all_words_are_known(find):
    assert find("films from Zorgland")[1] == []
    assert find("films", profile=vocabulary("film"), near={"x": 0.9})[1] == []


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("more than 3", [("3", "integer")]),
        ("above 2.5", [("2.5", "decimal")]),
        ("since 1990", [("1990", "integer")]),
        ("in May 1990", [("1990-05", "gYearMonth")]),
        ("on 3 May 1990", [("1990-05-03", "date")]),
        ("on 1990-05-03", [("1990-05-03", "date")]),
        ('three called "Long Road"', [("3", "integer"), ("Long Road", "string")]),
        ("below −5", [("-5", "integer")]),
        ("", []),
    ],
)
def test_numbers_have_the_type_that_they_are_compared_by(question, numbers):
    assert [(pointer.key.value, pointer.key.datatype.value) for pointer in numbers_in(question)] == [
        (text, XSD + kind) for text, kind in numbers
    ]


def test_so_many_numbers_and_quotations_are_taken():
    question = " ".join(map(str, range(20, 40))) + ' "a" "b" "c" "d" "e"'
    found = numbers_in(question)
    assert [pointer.text for pointer in found] == [*map(str, range(20, 32)), "a", "b", "c", "d"]
    assert all(isinstance(pointer.key.datatype, NamedNode) for pointer in found)
