"""Questions with SQL as the items of a training."""

import random
from collections import Counter

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from kbqa.decoding.features import TextTable
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.grammar import VOCABULARY
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table
from training.sql.items import MAX_COLUMNS, Example, Tools, disguised, lacking, parsed, prepare
from training.sql.oracle import used

NO_CELLS = CellNames()


@pytest.fixture
def tools() -> Tools:
    """A tokenizer that knows where words are and nothing else, and texts without vectors."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    table = TextTable(lambda texts: np.zeros((len(texts), 4), dtype=np.float32), 4)
    return Tools(tokenizer, table, random.Random(0), Counter())


def prepared(examples, schema, tools, **options) -> list:
    return list(prepare([Example(*each) for each in examples], schema, NO_CELLS, tools, **options))


def chosen(item) -> list[str]:
    """The keywords of an item's decisions; pointers are …"""
    return [VOCABULARY.keywords[number] if number < 1_000 else "…" for number in item.gold]


def test_sql_is_read_or_it_is_said_why_not(small_shop):
    query, reason = parsed("SELECT name FROM city", small_shop.schema)
    assert (query.tables(), reason) == (("city",), "")
    assert parsed("SELECT upper(name) FROM city", small_shop.schema) == (None, "Upper in place of a column")
    assert parsed(None, small_shop.schema) == (None, ""), "no answer is no error"


def test_an_item_has_a_decision_for_each_action(small_shop, tools):
    (item,) = prepared(
        [("How many cities are there?", "SELECT count(*) FROM city")], small_shop.schema, tools
    )
    assert chosen(item) == ["COUNT", "…", "END"]
    assert [VOCABULARY.steps[number] for number in item.steps] == ["SELECT", "OPERAND", "NEXT"]
    assert all(gold in legal for gold, legal in zip(item.gold, item.legal, strict=True))


def test_a_question_without_an_answer_is_one_decision(small_shop, tools):
    (item,) = prepared([("Who won?", None)], small_shop.schema, tools)
    assert chosen(item) == ["NONE"]
    assert set(item.relevant) <= {0, -1}, "nothing is used"


def test_what_the_query_uses_is_marked(small_shop, tools):
    question = ("What is the age of each customer?", "SELECT age FROM customer")
    (item,) = prepared([question], small_shop.schema, tools, training=False)
    linked = link_question(question[0], small_shop.schema, NO_CELLS)
    used = [
        str(action.key) for action, mark in zip(linked.candidates, item.relevant, strict=True) if mark == 1
    ]
    assert used == ["customer", "customer.age"]


UNCOVERED = ("Names in capitals?", "SELECT upper(name) FROM city")
UNMENTIONED = ("Who is old?", "SELECT name FROM customer WHERE age > 77")


@pytest.mark.parametrize(
    ("question", "reason"),
    [(UNCOVERED, "Upper in place of a column"), (UNMENTIONED, "A value was not found in the question.")],
)
def test_of_what_cannot_be_written_the_columns_are_learned_all_the_same(small_shop, tools, question, reason):
    (item,) = prepared([question], small_shop.schema, tools)
    assert item.gold.size == 0
    assert 1 in item.relevant
    assert tools.left_out == {reason: 1}


def test_what_cannot_be_written_is_not_validated_with(small_shop, tools):
    found = prepared(
        [UNCOVERED, ("All cities?", "SELECT name FROM city")], small_shop.schema, tools, training=False
    )
    assert len(found) == 1
    assert sum(tools.left_out.values()) == 1


def test_sql_that_uses_nothing_known_makes_no_item(small_shop, tools):
    assert prepared([("What?", "not SQL ((")], small_shop.schema, tools) == []
    assert tools.left_out == {"This does not parse.": 1}


def test_a_long_reason_is_counted_by_its_end(small_shop, tools):
    sql = "SELECT p.name FROM product AS p JOIN customer AS c ON p.product_id = c.customer_id"
    prepared([("Which?", sql)], small_shop.schema, tools)
    ((reason, _),) = tools.left_out.items()
    assert reason == "Joined otherwise than over the shortest path of keys"[-40:]


def wide(columns: int) -> Schema:
    names = [Column(f"column {number}", ColumnType.NUMBER) for number in range(columns)]
    return Schema((Table("wide", tuple(names)),))


def columns_of(item, schema, tools) -> int:
    return len(item.relevant) - 1  # the table


def test_large_schemas_are_narrowed_to_what_is_used_and_others(tools):
    schema = wide(MAX_COLUMNS + 30)
    last = schema.tables[0].columns[-1].name
    sql = f'SELECT "{last}" FROM wide'
    sizes = set()
    for item in prepared([("What is it?", sql)] * 60, schema, tools):
        assert chosen(item) == ["…", "END"], "the column that is used is there"
        assert 1 in item.relevant
        sizes.add(columns_of(item, schema, tools))
    assert min(sizes) < MAX_COLUMNS
    assert MAX_COLUMNS in sizes
    assert any(size > MAX_COLUMNS for size in sizes), "some are read beside many, as the focus reads them"
    validated = prepared([("What is it?", sql)] * 5, schema, tools, training=False)
    assert {columns_of(item, schema, tools) for item in validated} == {MAX_COLUMNS}


def test_codes_stand_for_the_names_of_described_columns_only():
    schema = Schema(
        (Table("lake", (Column("mean depth", description="how deep it is"), Column("title"))),),
    )
    linked = link_question("how deep is it?", schema, NO_CELLS)
    texts = {
        tuple(column.text for column in disguised(linked, "how deep is it?", random.Random(seed)).columns)
        for seed in range(60)
    }
    assert {title for _, title in texts} == {"title"}
    codes = {depth for depth, _ in texts} - {"mean depth"}
    assert "md" in codes, "initials"
    assert all(code == "md" or (code[0].isalpha() and 1 <= int(code[1:]) <= 20) for code in codes)
    assert "mean depth" in {depth for depth, _ in texts}, "not all are disguised"


def test_a_disguised_column_stays_the_same_column():
    schema = Schema((Table("lake", (Column("depth", description="how deep"),)),))
    linked = link_question("depth?", schema, NO_CELLS)
    for seed in range(20):
        (column,) = disguised(linked, "depth?", random.Random(seed)).columns
        assert column.key == ColumnRef("lake", "depth")
        assert column.context == ("lake", "how deep")
        assert bool(column.span) == (column.text == "depth"), "a code is not in the question"


# --- questions whose answer is taken away


def rest_of(question, sql, schema, seed=0):
    query, _ = parsed(sql, schema)
    return lacking(link_question(question, schema, NO_CELLS), used(query), random.Random(seed))


def test_without_the_column_that_it_names_a_question_has_no_answer(small_shop):
    rest = rest_of("What is the age of the oldest?", "SELECT max(age) FROM customer", small_shop.schema)
    assert ColumnRef("customer", "age") not in rest.schema.refs()
    assert {table.name for table in rest.schema.tables} == {table.name for table in small_shop.schema.tables}
    assert len(list(rest.schema.refs())) == len(list(small_shop.schema.refs())) - 1


def test_without_the_table_that_it_names_a_question_has_no_answer(small_shop):
    rest = rest_of("How many flights are there?", "SELECT count(*) FROM flight", small_shop.schema)
    assert "flight" not in {table.name for table in rest.schema.tables}
    assert len(rest.schema.tables) == len(small_shop.schema.tables) - 1


@pytest.mark.parametrize(
    ("question", "sql", "why"),
    [
        ("Who is oldest?", "SELECT name FROM customer ORDER BY age DESC LIMIT 1", "it names nothing"),
        ("Show names", "SELECT name FROM customer", "something else is called so as well"),
        ("How many cities are there?", "SELECT count(*) FROM city", "keys tell of cities, too"),
    ],
)
def test_what_can_still_be_meant_is_not_taken_away(small_shop, question, sql, why):
    assert rest_of(question, sql, small_shop.schema) is None, why


def test_training_learns_that_there_is_no_answer_then(small_shop, tools):
    asked = [("What is the age of the oldest?", "SELECT max(age) FROM customer")] * 80
    items = prepared(asked, small_shop.schema, tools)
    without = [item for item in items if chosen(item) == ["NONE"]]
    assert 0 < len(without) < 20
    assert all(1 not in item.relevant for item in without), "nothing is used"
    assert len(items) == 80 + len(without)
    assert len(prepared(asked, small_shop.schema, tools, training=False)) == 80
