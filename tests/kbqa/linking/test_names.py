"""Names in PostgreSQL: written, found by their words, and forgotten."""

from dataclasses import replace

import pytest

from kbqa.linking.names import NameRow, Names
from kbqa.sparql.models import Graph, Name, NameWord
from kbqa.sparql.names import labels_of, names_of, names_of_load
from tests.kbqa.linking.name_index import cell, entity

pytestmark = pytest.mark.django_db


@pytest.fixture
def graph() -> Graph:
    return Graph.objects.create(slug="films", name="films", source_kind="file")


@pytest.fixture
def names(graph) -> Names:
    return names_of_load(graph.pk, 1)


def texts(rows: list) -> list[str]:
    return [row.text for row in rows]


def words(names: Names) -> dict[str, int]:
    rows = NameWord.objects.filter(graph_id=names.owner, load=names.load)
    return dict(rows.values_list("word", "count"))


def test_names_are_written_in_portions_and_those_without_words_left_out(names, monkeypatch):
    monkeypatch.setattr("kbqa.linking.names._ROWS_AT_ONCE", 2)
    told = []
    written = names.write(
        [entity("One"), entity("…"), entity("Two"), entity(""), entity("Three")], told.append
    )
    assert (written, told) == (3, [1, 2, 3])
    assert set(Name.objects.values_list("text", flat=True)) == {"One", "Two", "Three"}


def test_long_names_are_cut_and_what_no_text_has_is_taken_out(names):
    names.write([entity("x" * 201), entity("Fal\0con", term="<urn:f>")])
    assert set(Name.objects.values_list("text", flat=True)) == {"x" * 200, "Falcon"}
    assert texts(names.with_keys(["falcon"])) == ["Falcon"]


def test_a_name_is_found_by_its_key_whatever_its_order_and_endings(names):
    names.write([entity("Roads of Spain"), entity("Spain's road of"), entity("Spain")])
    assert sorted(texts(names.with_keys(["of road spain"]))) == ["Roads of Spain", "Spain's road of"]
    assert names.with_keys(["road"]) == names.with_keys([]) == []


def test_namesakes_come_with_the_most_connected_first_and_forty_of_each_key(names):
    rows: list[NameRow] = [entity("Porto", count=n, term=f"<urn:{n}>") for n in range(45)]
    names.write([*rows, entity("Faro", count=1)])
    found = names.with_keys(["porto", "faro"])
    assert [row.frequency for row in found if row.text == "Porto"] == list(range(44, 4, -1))
    assert texts(found).count("Faro") == 1


def test_a_name_is_found_by_one_of_its_stems_and_says_all_of_them(names):
    names.write([entity("The Long Roads"), cell("long", "city.name")])
    assert [(row.text, row.stems) for row in names.with_stems(["road"])] == [
        ("The Long Roads", ["long", "road", "the"])
    ]
    found = names.with_stems(["long", "none"])
    assert {(row.kind, row.predicate) for row in found} == {("entity", ""), ("value", "city.name")}


def test_a_word_counts_once_a_name(names):
    names.write([entity("New New York"), entity("New Jersey"), entity("York")])
    assert names.counted(["new", "york", "jersey", "none"]) == {"new": 2, "york": 2, "jersey": 1}
    names.write([entity("Old York")])
    assert names.counted(["york"]) == {"york": 3}


def test_words_that_a_mistake_makes_are_the_commonest_three_of_about_its_length(names):
    rows = [
        entity(f"{word} {n}")
        for word, times in (("night", 1), ("light", 3), ("nights", 2))
        for n in range(times)
    ]
    names.write([*rows, entity("nightly"), entity("knight"), entity("nigh")])
    assert names.similar_words("nihgt") == ["night"]
    assert names.similar_words("night") == ["light", "nights", "knight"]
    assert names.similar_words("zebra") == []


def test_what_hidden_predicates_have_is_not_found_in_any_way(names):
    names.write(
        [cell("Porto Novo", "city.name"), cell("Porto", "person.secret"), cell("quux", "person.secret")]
    )
    some = replace(names, hidden=("person.secret",))
    assert texts(some.with_keys(["porto", "quux", "novo porto"])) == ["Porto Novo"]
    assert texts(some.with_stems(["porto", "quux"])) == ["Porto Novo"]
    assert set(some.counted(["porto", "quux"])) == {"porto"}
    assert (some.similar_words("portp"), some.similar_words("qux")) == (["porto"], [])
    assert names.similar_words("qux") == ["quux"]


def test_other_loads_and_other_graphs_have_names_of_their_own(graph, names):
    other = Graph.objects.create(slug="other", name="other", source_kind="file")
    names.write([entity("Porto")])
    for elsewhere in (names_of_load(graph.pk, 2), names_of_load(other.pk, 1)):
        assert elsewhere.with_keys(["porto"]) == elsewhere.with_stems(["porto"]) == []
        assert elsewhere.counted(["porto"]) == {}
        assert elsewhere.similar_words("portp") == []
        elsewhere.remove([entity("Porto")])
        elsewhere.delete()
    assert texts(names.with_keys(["porto"])) == ["Porto"]


def test_a_removed_name_is_gone_and_its_words_are_counted_down(names):
    names.write([entity("New York"), entity("New Jersey"), entity("New York", term="<urn:other>")])
    names.remove([entity("New York"), entity("never there")])
    assert sorted(texts(names.with_stems(["new"]))) == ["New Jersey", "New York"]
    assert words(names) == {"new": 2, "york": 1, "jersey": 1}
    names.remove([entity("New York", term="<urn:other>")])
    assert words(names) == {"new": 1, "jersey": 1}


def test_a_name_that_is_written_again_and_again_stays_rare(names):
    names.write([entity("Marta Falcon", count=0)])
    for edges in range(3):
        names.remove([entity("Marta Falcon", count=edges)])
        names.write([entity("Marta Falcon", count=edges + 1)])
    assert names.counted(["falcon"]) == {"falcon": 1}


def test_long_and_odd_names_can_be_removed(names):
    rows = [entity("x" * 300), entity("Fal\0con", term="<urn:f>")]
    names.write(rows)
    names.remove(rows)
    assert not Name.objects.exists()
    assert words(names) == {}


def test_nothing_is_written_and_removed(names):
    assert names.write([]) == 0
    names.remove([])
    assert words(names) == {}


def test_the_names_of_some_columns_are_forgotten_with_their_words(names):
    names.write([cell("Porto", "city.name"), cell("Porto", "person.home"), cell("Faro", "city.name")])
    names.forget(["city.name"])
    assert [(row.text, row.predicate) for row in names.with_stems(["porto", "faro"])] == [
        ("Porto", "person.home")
    ]
    assert words(names) == {"porto": 1}


def test_names_of_another_load_are_taken_with_their_counts(graph, names):
    newer = names_of_load(graph.pk, 2)
    names.write([entity("Porto"), entity("Faro")])
    newer.write([entity("New Porto")])
    newer.take(names)
    assert sorted(texts(newer.with_stems(["porto", "faro"]))) == ["Faro", "New Porto", "Porto"]
    assert words(newer) == {"new": 1, "porto": 2, "faro": 1}
    assert words(names) == {}


def test_names_are_deleted_by_loads_or_all_at_once(graph, names):
    loads = [names, *(names_of_load(graph.pk, load) for load in (2, 3))]
    for load in loads:
        load.write([entity("Porto")])
    loads[0].delete()
    assert [words(load) for load in loads] == [{}, {"porto": 1}, {"porto": 1}]
    loads[0].delete(all_loads=True)
    assert not Name.objects.exists()
    assert not NameWord.objects.exists()


def test_labels_are_those_of_the_most_connected_entities(graph, names):
    rows = [entity("Porto", 3), entity("Faro", 9), entity("Porto", 9, "<urn:2>"), entity("Lagos", 1)]
    names.write([*rows, cell("drama", "genre", 99)])
    version = graph.versions.create(number=1, load=1)
    assert names_of(version) == names
    assert labels_of(version, 10) == ["Faro", "Porto", "Lagos"]
    assert labels_of(version, 2) == ["Faro", "Porto"]
    assert labels_of(version, 0) == []
