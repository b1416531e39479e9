"""A scan after another writes only the values of columns that changed; the one before serves until then."""

import sqlite3
from typing import Any

import pytest

from kbqa.sql.models import Cell, Database, Scan
from kbqa.sql.names import cell_names
from kbqa.sql.stores.databases import served
from searchapp.jobs.runner import run_stages


def changed(file, *statements: str) -> None:
    connection = sqlite3.connect(file)
    for each in statements:
        connection.execute(each)
    connection.commit()
    connection.close()


def cells(database: Database) -> dict[int, tuple[str, str, int]]:
    return {
        each.pk: (each.predicate, each.text, each.load) for each in Cell.objects.filter(database=database)
    }


def counted(database: Database, *words: str) -> dict[str, int]:
    names = served(database).cells.names
    assert names is not None
    return names.counted(list(words))


def test_what_is_as_it_was_is_not_written_again(connect):
    first = connect()
    before = cells(first)
    assert before
    second = connect()
    assert cells(second) == before
    assert (second.serving.number, second.serving.load, second.serving.cells) == (2, 1, first.serving.cells)


def test_a_column_that_changed_is_written_anew(connect, shop_file):
    before = cells(connect())
    changed(
        shop_file,
        "UPDATE product SET name = 'green chair' WHERE product_id = 2",
        "INSERT INTO city VALUES (4, 'Porto', 'Brazil')",
    )
    database = connect()
    after = cells(database)
    assert {predicate for predicate, _, _ in after.values()} == {
        predicate for predicate, _, _ in before.values()
    }
    assert {load for _, _, load in after.values()} == {1}
    written = {predicate for key, (predicate, _, _) in after.items() if key not in before}
    assert written == {"product\tname", "expensive\tname", "city\tname", "city\tcountry"}
    assert {text for predicate, text, _ in after.values() if predicate == "product\tname"} == {
        "lamp",
        "green chair",
        "bicycle",
        "ball",
    }
    assert counted(database, "red", "green", "chair", "porto") == {"green": 2, "chair": 2, "porto": 1}
    assert database.serving.cells == len(after)


def test_a_column_that_is_gone_is_forgotten(connect, shop_file):
    connect()
    changed(shop_file, "DROP VIEW expensive", "ALTER TABLE product DROP COLUMN name")
    database = connect()
    assert not Cell.objects.filter(database=database, predicate="product\tname").exists()
    assert counted(database, "lamp", "oslo") == {"oslo": 1}


def test_until_a_scan_is_published_the_one_before_serves(connect, shop_file, monkeypatch):
    database = connect()
    changed(shop_file, "UPDATE city SET name = 'Braga' WHERE city_id = 1")

    def stop(database: int) -> Any:
        raise RuntimeError("killed")

    monkeypatch.setattr("kbqa.sql.ingest.scan.definitions_of", stop)
    job = connect(fails=True)
    monkeypatch.undo()
    assert counted(database, "porto", "braga") == {"porto": 1}
    run_stages(job.pk, follow=True)
    database.refresh_from_db()
    assert counted(database, "porto", "braga") in ({"braga": 1}, {"porto": 1})
    assert counted(connect(), "porto", "braga") == {"braga": 1}
    assert Scan.objects.filter(database=database, state=Scan.State.SERVING).count() == 1


@pytest.mark.django_db
def test_names_move_from_one_load_to_another():
    database = Database.objects.create(slug="lamps", name="Lamps", source_kind=Database.SourceKind.FILE)
    one, other = cell_names(database.pk, 1), cell_names(database.pk, 2)
    one.write([("value", "", "a", "red lamp", 1), ("value", "", "b", "red chair", 1)])
    other.write([("value", "", "b", "green chair", 1)])
    one.forget(["b"])
    one.take(other)
    assert one.counted(["red", "lamp", "green", "chair"]) == {"red": 1, "lamp": 1, "green": 1, "chair": 1}
    assert other.counted(["red", "green", "chair"]) == {}


def test_numbers_that_all_lie_between_0_and_1_are_shares(connect, shop_file):
    changed(
        shop_file,
        "CREATE TABLE sale (id INTEGER, discount REAL, tax REAL, flag INTEGER)",
        "INSERT INTO sale VALUES (1, 0.1, 0.2, 0), (2, 0.25, 0.2, 1), (3, 1, 0.2, 0), (4, 0, 19, 1),"
        " (5, 0.1, 0.2, 0), (6, 0.1, 0.3, 1), (7, 0.25, 0.5, 1), (8, 0.3, 0.6, 1), (9, 0.3, 0.7, 1)",
    )
    columns = served(connect()).schema.table("sale").columns
    assert [column.name for column in columns if column.shares] == ["discount"]
