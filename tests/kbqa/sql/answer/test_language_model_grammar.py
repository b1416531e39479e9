"""The grammar that language-model servers are held to, read by the engine that such servers use."""

import json
import re
from dataclasses import replace

import httpx
import llguidance
import pytest
from llguidance.gbnf_to_lark import gbnf_to_lark

from kbqa.language_model import ChatServer, ServerConfig
from kbqa.sql.answer.language_model_grammar import schema_grammar
from kbqa.sql.schema import Column, Schema, Table

BYTES = llguidance.LLTokenizer("byte")


def takes(schema: Schema, sql: str) -> bool:
    matcher = llguidance.LLMatcher(
        BYTES, llguidance.grammar_from("lark", gbnf_to_lark(schema_grammar(schema)))
    )
    assert not matcher.is_error(), matcher.get_error()
    return matcher.try_consume_tokens(BYTES.tokenize_str(sql)) == len(sql.encode()) and matcher.is_accepting()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT customer.name FROM customer",
        "SELECT DISTINCT customer.name, AVG(customer.age) "
        "FROM customer JOIN city ON customer.city_id = city.city_id WHERE city.name = 'Porto'"
        " AND customer.age >= 30 GROUP BY customer.name HAVING COUNT(*) > 2 ORDER BY COUNT(*) DESC LIMIT 3",
        'SELECT COUNT(*) FROM "order" WHERE "order".amount BETWEEN 1 AND 10 '
        'OR NOT ("order".ordered_on IS NULL)',
        "SELECT product.name FROM product WHERE product.price > (SELECT AVG(product.price) FROM product)",
        "SELECT city.name FROM city WHERE city.city_id NOT IN (SELECT customer.city_id FROM customer) "
        "UNION SELECT product.name FROM product",
        'SELECT "größe"."select" FROM "größe" WHERE "größe"."select" LIKE \'%o\'\'h%\'',
        "SELECT customer.name FROM customer;",
        "SELECT customer.name, RANK() OVER (PARTITION BY customer.city_id ORDER BY customer.age DESC) "
        "FROM customer LIMIT 1 OFFSET 1",
        "SELECT ROUND(100.0 * SUM(CASE WHEN customer.age > 30 THEN 1 ELSE 0 END) / COUNT(*), 1) "
        "FROM customer",
        "SELECT STRFTIME('%Y', customer.name), JULIANDAY(customer.name) - JULIANDAY('2025-03-14') "
        "FROM customer",
        'SELECT product."Product Group", product.price * 2 - 1 AS doubled FROM product',
    ],
)
def test_sql_over_the_schema_is_let_through(shop, sql):
    assert takes(shop.schema, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT customer.salary FROM customer",
        "SELECT users.name FROM users",
        "DROP TABLE customer",
        "SELECT customer.name FROM customer; DELETE FROM customer",
        "SELECT load_extension('x') FROM customer",
        "Sure! SELECT customer.name FROM customer",
        "SELECT customer.name FROM",
    ],
)
def test_nothing_else_is(shop, sql):
    assert not takes(shop.schema, sql)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "SELECT EXTRACT(DOW FROM sales.day) FROM sales"),
        ("mysql", "SELECT DATEDIFF(sales.day, '2025-03-14') FROM sales"),
    ],
)
def test_dates_are_written_as_the_dialect_has_them(dialect, sql):
    schema = Schema((Table("sales", (Column("day"),)),), dialect=dialect)
    assert takes(schema, sql)
    assert not takes(schema, "SELECT STRFTIME('%Y', sales.day) FROM sales")


def test_tables_of_other_schemas_are_named_with_these():
    table = Table("sales.customer", (Column("name"),), schema="sales", own_name="customer")
    schema = Schema((replace(table, qualified=True),), dialect="postgres")
    assert takes(schema, "SELECT sales.customer.name FROM sales.customer")


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql", "oracle"])
def test_names_of_rules_are_such_that_every_server_reads_them(dialect):
    """What llama.cpp takes for a name has letters, digits and hyphens."""
    grammar = schema_grammar(Schema((Table("sales", (Column("day"),)),), dialect=dialect))
    rules = [line.partition(" ::= ") for line in grammar.strip().splitlines()]
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name, _, _ in rules)
    used = {
        word
        for _, _, rule in rules
        for word in re.findall(r"\w+", re.sub(r'"(?:[^"\\]|\\.)*"|\[[^]]*\]', " ", rule))
    }
    assert used <= {name for name, _, _ in rules}


def test_private_columns_cannot_be_named():
    schema = Schema((Table("person", (Column("name"), Column("salary", excluded=True))),))
    assert takes(schema, "SELECT person.name FROM person")
    assert not takes(schema, "SELECT person.salary FROM person")


@pytest.mark.parametrize(
    ("field", "place"),
    [("grammar", ["grammar"]), ("structured_outputs.grammar", ["structured_outputs", "grammar"])],
)
def test_a_request_has_the_grammar_where_the_server_takes_it(field, place):
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, json={"choices": [{"message": {"content": "1"}}]})

    ChatServer(
        ServerConfig("http://model.example", "m", grammar_field=field), httpx.MockTransport(answer)
    ).complete([], grammar="root ::= [0-9]")
    ChatServer(ServerConfig("http://model.example", "m"), httpx.MockTransport(answer)).complete(
        [], grammar="root ::= [0-9]"
    )
    found = asked[0]
    for name in place:
        found = found[name]
    assert found == "root ::= [0-9]"
    assert not {"grammar", "structured_outputs"} & set(asked[1])
