"""What columns are called and said to be is kept as vectors, and finds the likeliest of very many."""

import sqlite3

import numpy as np
import pytest

from kbqa.linking.text_vectors import text_hash
from kbqa.sql.answer.encoding import READ_COLUMNS, similarities
from kbqa.sql.answer.generator import bundled_generator
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.models import Definition
from kbqa.sql.names import definition_texts, definitions_of
from kbqa.sql.schema import ColumnRef
from kbqa.sql.sources import services
from kbqa.sql.stores.databases import served

WIDE = 60


@pytest.fixture
def wide_file(tmp_path):
    """Return a database of more columns than are read at once, most of which have the same few names."""
    path = tmp_path / "wide.sqlite"
    connection = sqlite3.connect(path)
    for number in range(WIDE):
        connection.execute(
            f"CREATE TABLE register_{number} (entry_id INTEGER PRIMARY KEY, remark TEXT, amount REAL, "
            "posted DATE)"
        )
    connection.execute(
        "CREATE TABLE vessel (vessel_id INTEGER PRIMARY KEY, vessel_name TEXT, draught REAL, zzq TEXT)"
    )
    connection.execute("INSERT INTO vessel VALUES (1, 'Argo', 3.5, 'Oslo'), (2, 'Vega', 5.1, 'Porto')")
    connection.commit()
    connection.close()
    return path


def similar(source, question):
    world = link_question(question, source.schema, source.cells)
    return similarities(question, world, bundled_generator().model, source.definitions)


def test_a_scan_keeps_a_vector_of_every_column(connect, wide_file):
    source = served(connect("wide", path=wide_file))
    texts = definition_texts(source.schema.tables)
    assert len(texts) == 4 * WIDE + 4 > READ_COLUMNS
    assert Definition.objects.count() == len(set(texts))
    question = "how much water does a ship draw?"
    linked = link_question(question, source.schema, source.cells)
    here = similarities(question, linked, bundled_generator().model)
    for ref, score in similar(source, question).items():
        assert score == pytest.approx(here[ref], abs=2e-3)


def test_only_the_nearest_are_fetched(connect, wide_file):
    source = served(connect("wide", path=wide_file))
    vector = bundled_generator().encode(["vessel name"])[0]
    found = source.definitions.nearest(vector, 3)
    assert len(found) == 3
    assert "vessel: vessel name" in found
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_a_question_of_a_wide_schema_is_answered(connect, wide_file):
    answer = services.ask(connect("wide", path=wide_file), "What are the names of all vessels?")[0]
    assert not answer.focus.whole
    assert "vessel_name" in answer.readings[0].sql


def test_what_stays_is_not_encoded_again(connect):
    database = connect()
    texts = definition_texts(served(database).schema.tables)

    def encode(asked):
        raise AssertionError(f"{len(asked)} texts were encoded again.")

    assert definitions_of(database.pk).write(texts, encode) == 0
    assert (
        definitions_of(database.pk).write(
            [*texts, "a new one"], lambda asked: np.eye(384, dtype=np.float32)[: len(asked)]
        )
        == 1
    )
    connect()
    assert Definition.objects.filter(text_hash=text_hash("a new one")).count() == 0, (
        "a scan forgets what no column is called any more"
    )


def test_a_description_is_found_at_once(connect, wide_file):
    database = connect("wide", path=wide_file)
    question, ref = "which ships have their home port in Norway?", ColumnRef("vessel", "zzq")
    before = similar(served(database), question)[ref]
    services.describe(
        database, table="vessel", column="zzq", description="home port of the ship", excluded=False
    )
    assert similar(served(database), question)[ref] > before + 0.2


def test_they_go_with_their_database(connect):
    database = connect()
    assert Definition.objects.exists()
    database.delete()
    assert not Definition.objects.exists()
