"""What the verifier is trained on: readings of questions on small databases, judged by their rows."""

import random

import pytest

from kbqa.decoding.pointer_network import load_decoder
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.reading import Reading
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
from kbqa.sql.query import Comparison, Condition, Item, Order, Query, Term, Value
from kbqa.sql.schema import ColumnRef
from kbqa.sql.stores.executor import Result
from searchapp.encoders.base import EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
from tests.training.sql.conftest import small_shop
from training.sql.items import Example
from training.verifier import data

__all__ = ["small_shop"]

NAME, AGE = ColumnRef("customer", "name"), ColumnRef("customer", "age")
SHOWN = (Item(Term(NAME)),)
OLD = Condition(Item(Term(AGE)), Comparison.GREATER, (Value("30"),))


def found(*rows):
    return Reading("SELECT 1", 0.5, result=Result(tuple("abcdef"[: len(rows[0]) if rows else 1]), rows))


@pytest.fixture(scope="module")
def generator():
    return LocalGenerator(load_decoder(MODEL_FOLDER), cross_encoder=load_cross_encoder)


@pytest.fixture(scope="module")
def tokenizer():
    return OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer


@pytest.fixture
def item(small_shop, generator, tokenizer):
    """Make the item of a question on the shop."""

    def made(question, gold):
        return data._item(
            Example(question, gold), small_shop, generator, tokenizer, random.Random(1), by_query=False
        )

    return made


@pytest.mark.django_db
def test_the_readings_that_find_what_the_gold_query_finds_are_right(item, tokenizer):
    made = item("How many customers are there?", "SELECT count(*) FROM customer")
    assert made.right[0]
    assert not made.right[1:].any()
    assert tokenizer.decode(list(made.pairs[0])).startswith("how many customers are there?")


@pytest.mark.django_db
def test_of_a_question_on_another_database_none_is(item):
    assert not item("How many customers are there?", None).right.any()


@pytest.mark.django_db
def test_a_gold_query_that_finds_nothing_tells_nothing(item):
    assert item("How many customers are there?", "SELECT name FROM customer WHERE age > 900") is None


@pytest.mark.parametrize(
    ("rows", "gold", "ordered", "is_right"),
    [
        ([("a", 1), ("b", 2)], [(1, "a"), (2, "b")], False, True),
        ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)], False, True),
        ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)], True, False),
        ([("a", 1)], [("a",)], False, False),
        ([("a",), ("a",)], [("a",)], False, False),
    ],
)
def test_columns_may_stand_in_any_order(rows, gold, ordered, is_right):
    assert data._finds(found(*rows), gold, ordered=ordered) == is_right


@pytest.mark.parametrize(
    ("query", "is_alike"),
    [
        (Query(SHOWN, where=(OLD,)), True),
        (Query(SHOWN), False),
        (Query((Item(Term(AGE)),), where=(OLD,)), False),
        (Query(SHOWN, where=(OLD,), order=(Order(Item(Term(AGE)), descending=True),), limit=1), False),
        (None, False),
    ],
)
def test_queries_are_alike_where_they_show_and_restrict_the_same(query, is_alike):
    assert data._is_alike(query, Query(SHOWN, where=(OLD,))) == is_alike
