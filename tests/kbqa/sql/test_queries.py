"""Schemas, queries as data, and their way to SQL and back."""

import sqlite3
from dataclasses import replace

import pytest

from kbqa.sql.ingest.cells import CellReport, read_cells, told_by_cells
from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.joins import NotConnectedError
from kbqa.sql.names import CellNames
from kbqa.sql.query import Comparison
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import (
    Column,
    ColumnRef,
    ColumnType,
    ForeignKey,
    Schema,
    Table,
    column_type,
    readable,
)
from kbqa.sql.schema_json import schema_from_json
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source
from training.sql.parser import NotCoveredError, parse_query


def rows(source, sql):
    with source.engine.connect() as connection:
        return sorted(map(repr, connection.exec_driver_sql(sql).fetchall()))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customer",
        "SELECT count(*) FROM customer",
        "SELECT DISTINCT country FROM city",
        'SELECT max(price), "Product Group" FROM product GROUP BY "Product Group"',
        "SELECT T1.name FROM customer AS T1 JOIN city AS T2 ON T1.city_id = T2.city_id "
        "WHERE T2.country = 'Portugal' AND T1.age > 30",
        "SELECT name FROM customer WHERE age BETWEEN 30 AND 60 OR name LIKE '%o%'",
        "SELECT name FROM product WHERE price > (SELECT avg(price) FROM product)",
        'SELECT name FROM customer WHERE customer_id NOT IN (SELECT customer_id FROM "order")',
        "SELECT name FROM customer EXCEPT "
        'SELECT T1.name FROM customer AS T1 JOIN "order" AS T2 ON T1.customer_id = T2.customer_id',
        'SELECT T1.name, count(*) FROM customer AS T1 JOIN "order" AS T2 ON T1.customer_id = T2.customer_id '
        "GROUP BY T1.name HAVING count(*) >= 2",
        "SELECT name FROM product ORDER BY price DESC LIMIT 2",
        "SELECT count(DISTINCT city_id) FROM customer",
        "SELECT max(price) - min(price) FROM product",
        "SELECT name FROM product WHERE name IN ('lamp', 'ball')",
        "SELECT name FROM customer WHERE age IS NULL",
        "SELECT name FROM customer ORDER BY age ASC NULLS LAST LIMIT 1",
        'SELECT name FROM customer WHERE name = "Bo"',
        'SELECT T1.name FROM product AS T1 JOIN "order" AS T2 ON T1.product_id = T2.product_id '
        "JOIN customer AS T3 ON T2.customer_id = T3.customer_id WHERE T3.name = 'Marta Oliveira'",
        "SELECT T2.name FROM flight AS T1 JOIN city AS T2 ON T1.target = T2.city_id",
        'SELECT "select" FROM größe',
        "SELECT strftime('%Y', ordered_on), count(*) FROM \"order\" GROUP BY strftime('%Y', ordered_on)",
        'SELECT substr(ordered_on, 1, 7), sum(amount) FROM "order" '
        "GROUP BY substr(ordered_on, 1, 7) ORDER BY sum(amount) DESC LIMIT 1",
    ],
)
def test_what_is_read_is_written_with_the_same_result(shop, sql):
    assert rows(shop, query_text(parse_query(sql, shop.schema), shop.schema)) == rows(shop, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM customer LEFT JOIN city ON 1",
        "SELECT a.name FROM city AS a JOIN city AS b ON a.city_id = b.city_id",
        "SELECT name FROM (SELECT name FROM customer)",
        "SELECT CASE WHEN age > 3 THEN 1 END FROM customer",
        "SELECT strftime('%m', ordered_on) FROM \"order\"",
        "SELECT substr(name, 1, 4) FROM customer",
        "DELETE FROM customer",
        "SELECT nothing FROM customer",
        "not sql at all (",
    ],
)
def test_what_the_grammar_does_not_cover_is_said(shop, sql):
    with pytest.raises(NotCoveredError):
        parse_query(sql, shop.schema)


def test_parts_of_dates_are_written_as_each_dialect_writes_them(shop):
    query = parse_query(
        "SELECT strftime('%Y-%m', ordered_on), count(*) "
        "FROM \"order\" GROUP BY strftime('%Y-%m', ordered_on)",
        shop.schema,
    )
    written = [
        query_text(query, replace(shop.schema, dialect=dialect))
        for dialect in ("sqlite", "postgres", "mysql")
    ]
    assert written == [
        "SELECT STRFTIME('%Y-%m', ordered_on) AS month, COUNT(*) "
        "FROM \"order\" GROUP BY STRFTIME('%Y-%m', ordered_on)",
        "SELECT TO_CHAR(ordered_on, 'YYYY-MM') AS month, COUNT(*) "
        "FROM \"order\" GROUP BY TO_CHAR(ordered_on, 'YYYY-MM')",
        "SELECT DATE_FORMAT(ordered_on, '%Y-%m') AS month, COUNT(*) "
        "FROM `order` GROUP BY DATE_FORMAT(ordered_on, '%Y-%m')",
    ]


def test_tables_without_keys_between_them_are_not_joined(shop):
    both = parse_query("SELECT customer.name, größe.id FROM customer JOIN größe", shop.schema)
    with pytest.raises(NotConnectedError, match="No key connects"):
        query_text(both, shop.schema)


def test_a_schema_tells_keys_types_and_views(shop):
    schema = shop.schema
    assert ForeignKey(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id")) in schema.keys
    assert schema.table("EXPENSIVE").view
    assert schema.table("customer").column("AGE").type == "number"
    assert schema.closure(["city", "product"]) == ("city", "customer", "order", "product")
    assert schema_from_json(schema.as_json()) == schema


def test_names_and_types_are_read_as_people_would():
    assert readable("HTTPServerName") == "http server name"
    assert [column_type(text) for text in ("VARCHAR(20)", "bigint", "timestamp", "BOOLEAN", "")] == [
        "text",
        "number",
        "date",
        "boolean",
        "text",
    ]
    assert [column_type(text) for text in ("ENUM('a','b')", "NUMERIC(4, 2)", "number")] == [
        "text",
        "number",
        "number",
    ]


def test_keys_that_are_not_declared_are_inferred(tmp_path):
    path = tmp_path / "loose.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE station (id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE trip (id INTEGER PRIMARY KEY, start_station_id INTEGER, end_station_id INTEGER, "
        "note TEXT);"
    )
    connection.close()
    found = read_schema(sqlite_engine(path, introspects=True)).keys
    assert {str(key.source) for key in found} == {"trip.start_station_id", "trip.end_station_id"}
    assert not any(key.declared for key in found)


def named(name, *columns, kind=ColumnType.NUMBER):
    return Table(name, tuple(Column(each, kind) for each in columns))


def found_keys(*tables, declared=()):
    return [(str(key.source), str(key.target)) for key in all_keys(tables, declared) if not key.declared]


def test_identifiers_that_tables_share_lead_to_the_table_whose_own_they_are():
    teams, players, matches = (
        named("teams", "team code", "founded"),
        named("players", "id", "team code"),
        named("matches", "day", "team code", "goals"),
    )
    assert found_keys(players, matches, teams) == [
        ("players.team code", "teams.team code"),
        ("matches.team code", "teams.team code"),
    ]
    orders, lines = named("orders", "o_orderkey", "o_total"), named("lines", "l_number", "l_orderkey")
    assert found_keys(orders, lines) == [("lines.l_orderkey", "orders.o_orderkey")]
    assert not found_keys(named("one", "rowguid", "size"), named("other", "rowguid", "width"))
    assert not found_keys(named("one", "%", "size"), named("other", "%", "width"))


def test_a_column_that_is_called_as_a_table_leads_to_what_names_its_rows():
    people, awards = (
        named("people", "name", "town", kind=ColumnType.TEXT),
        named("awards", "title", "person", kind=ColumnType.TEXT),
    )
    assert not found_keys(people, awards)  # people are no persons to who only cuts an s off
    persons = named("persons", "name", "town", kind=ColumnType.TEXT)
    assert found_keys(persons, awards) == [("awards.person", "persons.name")]
    assert not found_keys(persons, named("awards", "person"))  # a number is no name


def test_names_that_leave_out_a_part_of_the_key_lead_to_it():
    heroes, powers = named("superhero", "id", "eye_colour_id"), named("hero_power", "hero_id", "strength")
    assert found_keys(heroes, powers) == [("hero_power.hero_id", "superhero.id")]
    assert not found_keys(heroes, named("antihero", "id", "age"), powers), "two tables may be meant"
    places, members = named("zip_code", "zip_code", "county"), named("member", "member_id", "zip", "size")
    assert found_keys(places, members) == [("member.zip", "zip_code.zip_code")]
    assert not found_keys(
        named("country", "country_code", "area"), named("member", "member_id", "country_name")
    )
    sets, cards = named("sets", "id", "code"), named("cards", "id", "setCode")
    assert found_keys(sets, cards) == [("cards.setCode", "sets.code")]
    atoms, bonds = (
        Table("atom", (Column("atom_id", ColumnType.TEXT, "", primary=True),)),
        named("bond", "atom_id2", kind=ColumnType.TEXT),
    )
    assert found_keys(atoms, bonds) == [("bond.atom_id2", "atom.atom_id")]


def test_what_declared_keys_connect_stays_as_it_is():
    teams, players = named("teams", "team code", "founded"), named("players", "team code", "team")
    declared = ForeignKey(ColumnRef("players", "team code"), ColumnRef("teams", "team code"))
    assert not found_keys(teams, players, declared=[declared])


def test_tables_that_no_key_connects_are_joined_over_the_one_column_they_share():
    def table(name, *columns):
        return Table(name, tuple(Column(each, ColumnType.NUMBER) for each in columns))

    teacher, pupil = (
        table("teacher", "first name", "classroom", "year"),
        table("pupil", "classroom", "first name", "year"),
    )
    assert [(str(key.source), str(key.target)) for key in all_keys([teacher, pupil], [])] == [
        ("teacher.classroom", "pupil.classroom")
    ]
    assert not all_keys([table("one", "room", "floor"), table("other", "room", "floor")], [])
    declared = ForeignKey(ColumnRef("pupil", "year"), ColumnRef("teacher", "year"))
    assert all_keys([teacher, pupil], [declared]) == (declared,)


@pytest.mark.parametrize(
    ("sql", "comparison"),
    [
        ("SELECT age FROM customer WHERE name NOT LIKE '%M%'", Comparison.LACKS),
        ("SELECT age FROM customer WHERE NOT name LIKE '%M%'", Comparison.LACKS),
        ("SELECT age FROM customer WHERE name LIKE '%M%'", Comparison.CONTAINS),
        ("SELECT age FROM customer WHERE name NOT LIKE 'Ida'", Comparison.UNEQUAL),
    ],
)
def test_like_is_read_with_its_negation(shop, sql, comparison):
    assert parse_query(sql, shop.schema).where[0].comparison == comparison


def test_what_does_not_begin_so_is_not_written(shop):
    with pytest.raises(NotCoveredError):
        parse_query("SELECT age FROM customer WHERE name NOT LIKE 'M%'", shop.schema)


def test_strict_dialects_group_by_all_that_is_not_aggregated(shop):
    schema = Schema(shop.schema.tables, shop.schema.keys, "postgres")
    query = parse_query("SELECT name, member, count(*) FROM customer GROUP BY name ORDER BY age", shop.schema)
    assert "GROUP BY name, member, age" in query_text(query, schema)
    assert "GROUP BY" not in query_text(parse_query("SELECT name FROM customer", shop.schema), schema)
    assert "GROUP BY" not in query_text(parse_query("SELECT count(*) FROM customer", shop.schema), schema)
    assert 'GROUP BY "Product Group"' in query_text(
        parse_query('SELECT "Product Group", max(price) FROM product', shop.schema), schema
    )


DATED = [
    (
        "ordered_on = '2024'",
        "SUBSTRING(ordered_on, 1, 4) = '2024'",
        "(ordered_on >= '2024-01-01' AND ordered_on < '2025-01-01')",
    ),
    ("ordered_on > '2024-02'", "SUBSTRING(ordered_on, 1, 7) > '2024-02'", "ordered_on >= '2024-03-01'"),
    ("ordered_on <= '2023'", "SUBSTRING(ordered_on, 1, 4) <= '2023'", "ordered_on < '2024-01-01'"),
    (
        "ordered_on BETWEEN '2023' AND '2024'",
        "SUBSTRING(ordered_on, 1, 4) BETWEEN '2023' AND '2024'",
        "(ordered_on >= '2023-01-01' AND ordered_on < '2025-01-01')",
    ),
    (
        "ordered_on != '2023-12'",
        "SUBSTRING(ordered_on, 1, 7) <> '2023-12'",
        "NOT (ordered_on >= '2023-12-01' AND ordered_on < '2024-01-01')",
    ),
    ("ordered_on = '2024-02-12'", "ordered_on = '2024-02-12'", "ordered_on = '2024-02-12'"),
    ("ordered_on > '77'", "ordered_on > '77'", "ordered_on > '77'"),
]


@pytest.mark.parametrize(("condition", "sqlite", "postgres"), DATED)
def test_a_year_or_month_means_all_its_days(shop, condition, sqlite, postgres):
    query = parse_query(f'SELECT amount FROM "order" WHERE {condition}', shop.schema)
    assert query_text(query, shop.schema) == f'SELECT amount FROM "order" WHERE {sqlite}'
    assert (
        query_text(query, replace(shop.schema, dialect="postgres"))
        == f'SELECT amount FROM "order" WHERE {postgres}'
    )
    rows(shop, query_text(query, shop.schema))


@pytest.mark.parametrize(
    "condition",
    [
        "strftime('%Y', ordered_on) = '2024'",
        "CAST(strftime('%Y', ordered_on) AS INT) = 2024",
        "SUBSTR(ordered_on, 1, 4) = '2024'",
    ],
)
def test_the_year_of_a_date_is_read_as_a_comparison_with_a_year(shop, condition):
    query = parse_query(f'SELECT amount FROM "order" WHERE {condition}', shop.schema)
    assert query == parse_query("SELECT amount FROM \"order\" WHERE ordered_on = '2024'", shop.schema)
    assert rows(shop, query_text(query, shop.schema)) == rows(
        shop, f'SELECT amount FROM "order" WHERE {condition}'
    )


def test_beside_times_a_day_is_a_period_too(shop):
    schema = Schema((Table("log", (Column("at", ColumnType.DATE, "TIMESTAMP"),)),), dialect="postgres")
    query = parse_query("SELECT count(*) FROM log WHERE at = '2024-02-29'", schema)
    assert "at >= '2024-02-29' AND at < '2024-03-01'" in query_text(query, schema).replace('"at"', "at")


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("SELECT name FROM customer WHERE city_id IN (SELECT {}city_id FROM city)", "IN"),
        ("SELECT {}name FROM customer EXCEPT SELECT {}name FROM city", "EXCEPT"),
    ],
)
def test_distinct_is_left_out_where_it_changes_nothing(shop, sql, plain):
    written = query_text(parse_query(sql.format(*["DISTINCT "] * 2), shop.schema), shop.schema)
    assert plain in written
    assert written == query_text(parse_query(sql.format("", ""), shop.schema), shop.schema)


def test_empty_values_hide_nothing_that_is_not_among_the_others(shop):
    with_empty = (
        "SELECT name FROM product WHERE product_id NOT IN (SELECT age FROM customer WHERE city_id > 2)"
    )
    written = query_text(parse_query(with_empty, shop.schema), shop.schema)
    assert "NOT age IS NULL" in written
    assert not rows(shop, with_empty), "one customer has no age, and so nothing is known to be no age"
    assert len(rows(shop, written)) == 4
    keyed = "SELECT name FROM city WHERE NOT city_id IN (SELECT customer_id FROM customer)"
    assert query_text(parse_query(keyed, shop.schema), shop.schema) == keyed


def test_times_truths_and_notes_join_no_tables():
    for name in ("created_at", "last_update", "modifieddate", "is_active", "notes", "row version"):
        one, other = named("one", name, "size"), named("other", name, "width")
        assert not found_keys(one, other), name
    dated = [named(table, "settled", kind=ColumnType.DATE) for table in ("one", "other")]
    assert not found_keys(*dated)
    assert found_keys(named("one", "settled", "size"), named("other", "settled", "width"))


def test_an_inferred_key_leads_to_what_is_there_once():
    tables = (named("one", "room", "size"), named("other", "room", "width"))
    schema = Schema(tables, all_keys(tables, []))
    one, other = (ColumnRef(table, "room") for table in ("one", "other"))
    for unique, number in (({one: True, other: False}, 1), ({one: False, other: False}, 0), ({}, 1)):
        assert len(told_by_cells(schema, CellReport(unique=unique)).keys) == number
    declared = Schema(tables, (ForeignKey(one, other),))
    assert told_by_cells(declared, CellReport(unique={one: False, other: False})).keys == declared.keys


def test_numbers_that_stand_as_texts_are_numbers(tmp_path):
    path = tmp_path / "cars.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE car (name TEXT, power TEXT);"
        "INSERT INTO car VALUES ('a', '97'), ('b', '150'), ('c', 'null'), ('d', '1000');"
    )
    connection.close()
    found = read_schema(sqlite_engine(path, introspects=True))
    report = CellReport()
    list(read_cells(sqlite_engine(path), found, report))
    source = Source(told_by_cells(found, report), CellNames(), sqlite_engine(path))
    assert source.schema.table("car").column("power").blanks == ("null",)
    for sql, expected in (
        ("SELECT name FROM car WHERE power > 100", ["('b',)", "('d',)"]),
        ("SELECT name FROM car ORDER BY power LIMIT 1", ["('a',)"]),
        ("SELECT name FROM car ORDER BY power DESC LIMIT 1", ["('d',)"]),
        ("SELECT MIN(power), MAX(power) FROM car", ["(97.0, 1000.0)"]),
        ("SELECT AVG(power) FROM car WHERE name < 'd'", ["(123.5,)"]),
        ("SELECT name FROM car WHERE power = '97'", ["('a',)"]),
    ):
        assert rows(source, query_text(parse_query(sql, source.schema), source.schema)) == expected, sql
