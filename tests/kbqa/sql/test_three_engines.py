"""What is written for SQLite, PostgreSQL and MariaDB is what they understand, and mean the same by."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, create_engine, text

from kbqa.sql.answer.finishing import finished
from kbqa.sql.identifiers import needs_quotes
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.names import CellNames
from kbqa.sql.query import (
    Across,
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    DatePart,
    Item,
    Operator,
    Order,
    Part,
    Query,
    Term,
    Value,
)
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from kbqa.sql.stores.connections import parsed_url, server_engine, sqlite_engine
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from tests.kbqa.sql import mariadb
from tests.kbqa.sql.chance import run_by_chance
from tests.kbqa.sql.postgresql import schema_of

SQLITE_KEYWORDS = """
abort action add after all alter always analyze and as asc attach autoincrement before begin between by
cascade case cast check collate column commit conflict constraint create cross current current_date
current_time current_timestamp database default deferrable deferred delete desc detach distinct do drop
each else end escape except exclude exclusive exists explain fail filter first following for foreign from
full generated glob group groups having if ignore immediate in index indexed initially inner insert
instead intersect into is isnull join key last left like limit match materialized natural no not nothing
notnull null nulls of offset on or order others outer over partition plan pragma preceding primary query
raise range recursive references regexp reindex release rename replace restrict returning right rollback
row rows savepoint select set table temp temporary then ties to transaction trigger unbounded union
unique update using vacuum values view virtual when where window with without
"""
"""https://sqlite.org/lang_keywords.html"""
PLAIN = ("name", "id", "type", "date", "year", "status", "title", "language", "level", "version", "comment")
WORLD = """
CREATE TABLE maker (maker_id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE product (product_id INTEGER PRIMARY KEY, name VARCHAR(40), price INTEGER, weight INTEGER,
    made DATE, maker_id INTEGER REFERENCES maker (maker_id));
CREATE TABLE sold (sold_id INTEGER PRIMARY KEY,
    product_id INTEGER REFERENCES product (product_id), amount INTEGER);
INSERT INTO maker VALUES (1, 'Acme'), (2, 'Bolt'), (3, 'Bolt');
INSERT INTO product VALUES (1, '50% off', 10, NULL, '2024-05-01', 1),
    (2, '50 offers', 20, 7, '2023-01-02', 1), (3, 'a_b', 30, 3, '2025-02-03', 2),
    (4, 'aXb', NULL, 5, '2024-06-01', 3),
    (5, 'It\\!', 40, 9, NULL, 3);
INSERT INTO sold VALUES (1, 1, 3), (2, 1, 4), (3, 2, 5), (4, 3, 1), (5, 3, 9), (6, 5, 2)
"""


class Server:
    """An engine that writes, one that reads as the product does, and the dialect of both."""

    def __init__(self, dialect: str, writer: Engine, reader: Engine) -> None:
        self.dialect, self.writer, self.reader = dialect, writer, reader

    def run(self, *statements: str) -> None:
        with self.writer.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(
                    statement.replace("%", "%%") if self.dialect != "sqlite" else statement
                )

    def rows(self, query: Query, schema: Schema, *, headed: bool = False) -> tuple[tuple[object, ...], ...]:
        return self.result(query, schema, headed=headed).rows

    def result(self, query: Query, schema: Schema, *, headed: bool = False):
        tree = checked(query_text(query, schema, headed=headed), schema)
        return execute(self.reader, tree, Limits(seconds=60), dialect=self.dialect)


@pytest.fixture(scope="module")
def mariadb_address(tmp_path_factory) -> Iterator[str]:
    if mariadb.find() is None:
        pytest.skip("there is no MariaDB here: set MARIADBD to its path")
    with mariadb.running(tmp_path_factory.mktemp("mariadb")) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE DATABASE world CHARACTER SET utf8mb4")
        engine.dispose()
        yield f"{url}/world"


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def server(request, tmp_path) -> Iterator[Server]:
    """Yield an empty database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "world.sqlite"
        writer = create_engine(f"sqlite:///{path}")
        with writer.begin() as connection:
            connection.execute(text("CREATE TABLE unused (a)"))
        yield Server("sqlite", writer, sqlite_engine(path, introspects=True))
        writer.dispose()
        return
    url = request.getfixturevalue(f"{request.param}_url")
    writer = create_engine(parsed_url(url))
    yield Server(request.param, writer, server_engine(url))
    writer.dispose()


@pytest.fixture
def postgres_url(transactional_db) -> Iterator[str]:
    with schema_of("three") as (_, address):
        yield address


@pytest.fixture
def mysql_url(mariadb_address) -> Iterator[str]:
    engine = create_engine(mariadb_address)
    yield mariadb_address.replace("mysql+pymysql", "mariadb")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP DATABASE world")
        connection.exec_driver_sql("CREATE DATABASE world CHARACTER SET utf8mb4")
    engine.dispose()


def keywords(server: Server) -> list[str]:
    asked = {
        "postgres": "SELECT word FROM pg_get_keywords()",
        "mysql": "SELECT LOWER(word) FROM information_schema.KEYWORDS WHERE word REGEXP '^[a-zA-Z_]+$'",
    }
    if server.dialect == "sqlite":
        return SQLITE_KEYWORDS.split()
    with server.writer.connect() as connection:
        return sorted(connection.execute(text(asked[server.dialect])).scalars())


@pytest.fixture
def every_word(server) -> tuple[list[str], Schema]:
    """The keywords of an engine, and a world of them: a table of each, and one that has them all as columns.

    In each place stands the number of the word.
    """
    words, quote = keywords(server), "`" if server.dialect == "mysql" else '"'
    assert len(words) > 140
    options = " ENGINE=MEMORY" if server.dialect == "mysql" else ""
    columns = ", ".join(f"{quote}{word}{quote} INTEGER" for word in words)
    server.run(
        f"CREATE TABLE every_word ({columns})",
        f"INSERT INTO every_word VALUES ({', '.join(map(str, range(len(words))))})",
        *(
            f"CREATE TABLE {quote}{word}{quote}{options} AS SELECT {index} AS a, 1 AS b"
            for index, word in enumerate(words)
        ),
    )
    numbers = [Column(word, ColumnType.NUMBER, "INTEGER") for word in words]
    own = [Column("a", ColumnType.NUMBER, "INTEGER"), Column("b", ColumnType.NUMBER, "INTEGER")]
    tables = (Table("every_word", tuple(numbers)), *(Table(word, tuple(own)) for word in words))
    return words, Schema(tables, dialect=server.dialect)


def found_by(read: Callable[[Query], object], query: Query) -> object:
    try:
        return read(query)
    except Exception as error:
        return str(error)


def test_columns_of_every_keyword_are_read(server, every_word):
    """Shown, compared and sorted by, many in a statement; where that fails, each word in one of its own."""
    words, schema = every_word
    numbered = list(enumerate(words))

    def wrong(part: list[tuple[int, str]]) -> list[tuple[str, object]]:
        columns = [Item(Term(ColumnRef("every_word", word))) for _, word in part]
        same = tuple(
            Condition(column, Comparison.EQUAL, (Value(str(index)),))
            for column, (index, _) in zip(columns, part, strict=True)
        )
        query = Query(tuple(columns), where=same, order=tuple(map(Order, columns)))
        found = found_by(lambda asked: server.rows(asked, schema), query)
        if found == (tuple(index for index, _ in part),):
            return []
        return [(part[0][1], found)] if len(part) == 1 else [each for one in part for each in wrong([one])]

    batches = [numbered[begin : begin + 40] for begin in range(0, len(numbered), 40)]
    said = [each for batch in batches for each in wrong(batch)]
    assert [word for word, _ in said] == [], said


def test_tables_of_every_keyword_are_read(server, every_word):
    """As they are written and checked; one connection runs them all."""
    words, schema = every_word
    with server.reader.connect() as connection:

        def rows(query: Query) -> object:
            sql = checked(query_text(query, schema), schema).sql(dialect=server.dialect, comments=False)
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

        found = [(word, found_by(rows, Query((Item(Term(ColumnRef(word, "a"))),)))) for word in words]
    said = [(word, rows) for index, (word, rows) in enumerate(found) if rows != [(index,)]]
    assert [word for word, _ in said] == [], said


def test_what_needs_no_quotes_has_none(server):
    assert [word for word in PLAIN if needs_quotes(word, server.dialect)] == []


@pytest.fixture
def world(server) -> Schema:
    sign = WORLD.replace("\\", "\\\\") if server.dialect == "mysql" else WORLD
    server.run(*sign.split(";\n"))
    return read_schema(server.reader)


def ref(place: str) -> ColumnRef:
    return ColumnRef(*place.split("."))


def item(place: str, aggregate: Aggregate | None = None) -> Item:
    return Item(Term(ref(place) if "." in place else AllOf(place), aggregate))


@pytest.mark.parametrize(("descending", "name"), [(True, "It\\!"), (False, "a_b")])
def test_nothing_is_the_most_by_having_no_value(server, world, descending, name):
    query = Query((item("product.name"),), order=(Order(item("product.weight"), descending),), limit=1)
    assert server.rows(query, world) == ((name,),)
    everything = replace(query, limit=9)
    assert server.rows(everything, world)[-1] == ("50% off",)
    assert "NULL" not in query_text(replace(query, order=(Order(item("product.product_id")),)), world)


@pytest.mark.parametrize(
    ("comparison", "value", "names"),
    [
        (Comparison.CONTAINS, "50% OFF", {"50% off"}),
        (Comparison.STARTS, "A_", {"a_b"}),
        (Comparison.ENDS, "\\!", {"It\\!"}),
        (Comparison.LACKS, "%", {"50 offers", "a_b", "aXb", "It\\!"}),
        (Comparison.CONTAINS, "OFF", {"50% off", "50 offers"}),
    ],
)
def test_patterns_take_no_notice_of_capitals_and_signs_mean_themselves(
    server, world, comparison, value, names
):
    condition = Condition(item("product.name"), comparison, (Value(value),))
    found = server.rows(Query((item("product.name"),), where=(condition,)), world)
    assert {name for (name,) in found} == names


def test_groups_by_time_come_in_the_order_of_time(server, world):
    year = DatePart(ref("product.made"), Part.YEAR)
    there = Condition(item("product.made"), Comparison.IS_NOT_NULL)
    query = Query((Item(Term(year)), item("product", Aggregate.COUNT)), where=(there,), group=(year,))
    found = server.result(finished(query, "how many products per year?", world), world, headed=True)
    assert found.columns == ("year", "number of products")
    assert [row[0] for row in found.rows] == ["2023", "2024", "2025"]


@pytest.mark.parametrize(
    ("comparison", "values", "names"),
    [
        ("=", ["--05"], {"50% off"}),
        ("!=", ["--05"], {"50 offers", "a_b", "aXb"}),
        ("BETWEEN", ["--12", "--02"], {"50 offers", "a_b"}),
        ("=", ["--06-01", "--05-01"], {"aXb", "50% off"}),
        ("=", ["-Q2"], {"50% off", "aXb"}),
        ("=", ["-H1"], {"50% off", "50 offers", "a_b", "aXb"}),
        ("=", ["-W01"], {"50 offers"}),
        ("=", ["-W22"], {"aXb"}),
        ("=", ["-W-1"], {"50 offers", "a_b"}),
        ("=", ["-W-6/7"], {"aXb"}),
        ("=", ["2024-04-01/2024-06-01"], {"50% off"}),
        (">", ["2024-04-01/2024-06-01"], {"a_b", "aXb"}),
        ("<=", ["2024-04-01/2024-06-01"], {"50% off", "50 offers"}),
    ],
)
def test_dates_are_compared_with_times(server, world, comparison, values, names):
    condition = Condition(item("product.made"), Comparison(comparison), tuple(map(Value, values)))
    found = server.rows(Query((item("product.name"),), where=(condition,)), world)
    assert {name for (name,) in found} == names


PARTS = {
    Part.QUARTER: {"2023-Q1", "2024-Q2", "2025-Q1"},
    Part.MONTH_OF_YEAR: {"1", "2", "5", "6"},
    Part.WEEK: {"2023-01-02", "2024-04-29", "2024-05-27", "2025-02-03"},
    Part.DAY: {"2023-01-02", "2024-05-01", "2024-06-01", "2025-02-03"},
    Part.WEEKDAY: {"1", "3", "6"},
}


@pytest.mark.parametrize("part", PARTS)
def test_rows_are_grouped_by_parts_of_dates(server, world, part):
    key = DatePart(ref("product.made"), part)
    there = Condition(item("product.made"), Comparison.IS_NOT_NULL)
    query = Query((Item(Term(key)), item("product", Aggregate.COUNT)), where=(there,), group=(key,))
    found = server.result(finished(query, "", world), world, headed=True)
    assert {str(row[0]) for row in found.rows} == PARTS[part]
    assert found.columns[0] == part.lower()


def test_times_of_day(server):
    server.run(
        "CREATE TABLE visit (visit_id INTEGER, at TIMESTAMP NULL)",
        "INSERT INTO visit VALUES (1, '2026-11-30 08:59:00'), (2, '2026-11-30 15:30:00')",
    )
    schema = read_schema(server.reader)
    hour = DatePart(ref("visit.at"), Part.HOUR)
    assert server.rows(Query((Item(Term(hour)),), order=(Order(Item(Term(hour))),)), schema) == ((8,), (15,))
    for comparison, value, found in (
        ("=", "T15", 2),
        (">", "T15:30", 2),
        ("<=", "T15:30", 1),
        ("<", "T09", 1),
        ("=", "2026-11-30T08:37/2026-11-30T09:37", 1),
    ):
        condition = Condition(item("visit.at"), Comparison(comparison), (Value(value),))
        assert server.rows(Query((item("visit.visit_id"),), where=(condition,)), schema) == ((found,),), value


YEAR = DatePart(ref("product.made"), Part.YEAR)
OF_YEARS = Query(
    (Item(Term(YEAR)), item("product.price", Aggregate.SUM)),
    where=(Condition(item("product.made"), Comparison.IS_NOT_NULL),),
    group=(YEAR,),
    order=(Order(Item(Term(YEAR))),),
)


def priced(year: str) -> Term:
    """The total price of the products of a year."""
    made = Condition(item("product.made"), Comparison.EQUAL, (Value(year),))
    return Term(ref("product.price"), Aggregate.SUM, only=(made,))


@pytest.mark.parametrize(
    ("across", "numbers"),
    [(Across.RUNNING, [20, 30, 60]), (Across.DIFFERENCE, [None, -10, 20]), (Across.CHANGE, [None, -50, 200])],
)
def test_what_becomes_of_a_number_from_year_to_year(server, world, across, numbers):
    key, total = OF_YEARS.items
    query = replace(OF_YEARS, items=(key, replace(total, across=across)))
    found = [row[1] for row in server.rows(query, world, headed=True)]
    assert [None if each is None else float(each) for each in found] == numbers


@pytest.mark.parametrize(
    ("operator", "number"), [(Operator.CHANGE, 50), (Operator.PERCENT, 150), (Operator.MINUS, 10)]
)
def test_a_number_of_some_rows_beside_that_of_others(server, world, operator, number):
    item = Item(priced("2025"), operator, priced("2023"))
    ((found,),) = server.rows(Query((item,)), world, headed=True)
    assert float(found) == number


def test_the_first_of_each_group_by_what_groups_come_to(server, world):
    query = Query(
        (item("maker.maker_id"), item("product.name")),
        group=(ref("product.product_id"), ref("maker.maker_id")),
        order=(Order(item("sold.amount", Aggregate.SUM), descending=True),),
        limit=1,
        each=(ref("maker.maker_id"),),
    )
    assert server.rows(query, world, headed=True) == ((1, "50% off"), (2, "a_b"), (3, "It\\!"))


SOLD = Condition(item("sold.amount"), Comparison.GREATER, (Value("2"),))


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (Query((item("product", Aggregate.COUNT),), with_tables=("sold",)), [(4,)]),
        (Query((item("product", Aggregate.COUNT),), where=(SOLD,)), [(3,)]),
        (Query((item("product.price", Aggregate.SUM),), where=(SOLD,)), [(60,)]),
        (Query((item("product.price", Aggregate.AVG),), where=(SOLD,)), [(20,)]),
        (Query((item("product.name"),), where=(SOLD,)), [("50 offers",), ("50% off",), ("a_b",)]),
        (
            Query(
                (item("product.name"),), where=(SOLD,), order=(Order(item("product.price"), True),), limit=2
            ),
            [("50 offers",), ("a_b",)],
        ),
        (
            Query(
                (item("maker.maker_id"), item("product", Aggregate.COUNT)),
                where=(SOLD,),
                group=(ref("maker.maker_id"),),
            ),
            [(1, 2), (2, 1)],
        ),
        (
            Query(
                (item("maker.maker_id"),),
                group=(ref("maker.maker_id"),),
                having=(Condition(item("product", Aggregate.COUNT), Comparison.GREATER, (Value("1"),)),),
                with_tables=("sold",),
            ),
            [(1,)],
        ),
        (
            Query(
                (item("product.price", Aggregate.SUM),),
                where=(SOLD, replace(SOLD, comparison=Comparison.LESS, follows_or=True)),
            ),
            [(60,)],
        ),
        (
            Query(
                (item("sold.amount", Aggregate.SUM),),
                where=(Condition(item("product.price"), Comparison.LESS, (Value("15"),)),),
            ),
            [(7,)],
        ),
        (
            Query(
                (item("product.name"), item("sold", Aggregate.COUNT)),
                group=(ref("product.product_id"),),
                where=(SOLD,),
            ),
            [("50 offers", 1), ("50% off", 2), ("a_b", 1)],
        ),
    ],
)
def test_a_join_repeats_nothing(server, world, query, rows):
    found = server.rows(finished(query, "", world), world, headed=True)
    assert (
        sorted(tuple(int(value) if not isinstance(value, str) else value for value in row) for row in found)
        == rows
    )


def test_chance_writes_sql_that_they_run_as_it_is_finished(server, world):
    source = Source(world, CellNames(), server.reader)
    question = "names of 3 products of Acme made in May or last year after 2023-01-02 with weight over 5"
    ran, said = run_by_chance(source, question, 40, finished_for=question)
    assert (ran > 20, said) == (True, {""})
