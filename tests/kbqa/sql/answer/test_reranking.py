"""Reranking of readings made by hand, over a question that is linked by hand: no database."""

import math

import numpy as np
import pytest

from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import (
    FEATURES,
    Asked,
    Features,
    Ranking,
    answers_of,
    calibrated,
    features_of,
)
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from kbqa.sql.stores.databases import served
from kbqa.sql.stores.executor import Result
from tests.kbqa.linking.name_index import NamesInMemory, cell
from training.sql.parser import parse_query

QUESTION = "What is the age of customers from Porto older than 30?"
WHOLE = (
    "SELECT age FROM customer JOIN city ON customer.city_id = city.city_id "
    "WHERE city.name = 'Porto' AND age > 30"
)
NUMBER = ColumnType.NUMBER
SHOP = Schema(
    (
        Table("city", (Column("city_id", NUMBER, primary=True), Column("name"), Column("country"))),
        Table(
            "customer",
            (
                Column("customer_id", NUMBER, primary=True),
                Column("name"),
                Column("age", NUMBER),
                Column("city_id", NUMBER),
            ),
        ),
        Table(
            "product", (Column("product_id", NUMBER, primary=True), Column("name"), Column("price", NUMBER))
        ),
    ),
    (ForeignKey(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id")),),
)
CELLS = CellNames(
    NamesInMemory.of(cell("Porto", "city\tname"), cell("Portugal", "city\tcountry")),
    {ColumnRef("city", "country"): ("PT", "NO")},
)


def reading(sql: str, rows=((1,),), likelihood: float = 0.5, *, ran: bool = True) -> Reading:
    result = Result(("a",), tuple(rows)) if ran else None
    return Reading(sql, likelihood, likelihood, parse_query(sql, SHOP), result=result)


def counted(sql: str, question: str = QUESTION) -> Features:
    return features_of([reading(sql)], Asked(link_question(question, SHOP, CELLS)))


NOTHING = LinkedQuestion(Schema(()))


def test_a_query_that_uses_all_of_a_question_leaves_nothing_out():
    features = counted(WHOLE)
    left_out = [value for name, value in features._asdict().items() if name.endswith("left_out")]
    assert left_out == [0.0] * 8
    assert (features.joins, features.items, features.nested) == (1, 1, 0)
    assert (features.columns_that_nobody_named, features.values_that_nobody_said) == (0, 0)


@pytest.mark.parametrize(
    ("sql", "feature", "number"),
    [
        ("SELECT age FROM customer WHERE age > 30", "cells_left_out", 1),
        ("SELECT age FROM customer WHERE age > 30", "numbers_left_out", 0),
        (WHOLE.removesuffix(" AND age > 30"), "numbers_left_out", 1),
        ("SELECT name FROM product", "tables_left_out", 1),
        ("SELECT name FROM product", "columns_left_out", 1),
        ("SELECT price FROM product", "columns_that_nobody_named", 1),
        ("SELECT age FROM customer WHERE age > 99", "values_that_nobody_said", 1),
        ("SELECT age FROM customer WHERE age > 30", "values_that_nobody_said", 0),
        ("SELECT age, name FROM customer", "items", 2),
        ("SELECT age FROM customer WHERE age > (SELECT AVG(age) FROM customer)", "nested", 1),
        ("SELECT age FROM customer WHERE age > (SELECT MAX(price) FROM product)", "joins", 0),
    ],
)
def test_what_is_counted_of_a_query(sql, feature, number):
    assert counted(sql)._asdict()[feature] == number


def test_what_stands_in_the_same_place_is_left_out_once():
    question = "customers and their names"
    assert counted("SELECT age FROM customer", question).columns_left_out == 1
    assert counted("SELECT name FROM product", question).columns_left_out == 0
    assert counted("SELECT customer.name, age FROM customer", question).columns_left_out == 0


def test_what_lies_within_a_longer_mention_that_is_used_is_not_left_out():
    schema = Schema((Table("people", (Column("age"), Column("age group"), Column("height"))),))
    linked = link_question("age group of people", schema, CellNames())
    for column, left_out in (("age group", 0), ("age", 0), ("height", 2)):
        query = parse_query(f'SELECT "{column}" FROM people', schema)
        features = features_of([Reading("", 0.5, 0.5, query, result=Result(("a",), ()))], Asked(linked))
        assert features.columns_left_out == left_out


def test_a_cell_that_is_only_like_what_the_question_says_may_be_left_out():
    question = "age of Portuguese customers"
    assert counted("SELECT age FROM customer", question).cells_left_out == 0


def test_codes_are_in_no_question_and_are_not_left_out():
    features = counted("SELECT name FROM city WHERE country = 'PT'", "names of cities")
    assert features.cells_left_out == 0
    assert features.values_that_nobody_said == 1


def test_quotations_and_names_are_told_apart():
    question = "customers called 'Bo' or by the name of Anna"
    features = counted("SELECT age FROM customer", question)
    assert (features.quotations_left_out, features.names_left_out) == (1, 1)
    features = counted("SELECT age FROM customer WHERE name = 'Bo'", question)
    assert (features.quotations_left_out, features.names_left_out) == (0, 1)
    features = counted("SELECT age FROM customer WHERE name = 'anna'", question)
    assert (features.quotations_left_out, features.names_left_out) == (1, 0)


def test_a_limit_uses_a_number():
    question = "the 3 oldest customers by age"
    assert counted("SELECT name FROM customer ORDER BY age DESC LIMIT 3", question).numbers_left_out == 0
    assert counted("SELECT name FROM customer ORDER BY age DESC", question).numbers_left_out == 1


def test_a_column_that_rows_are_sorted_by_is_used():
    assert counted("SELECT name FROM customer ORDER BY age", "customers by age").columns_left_out == 0
    assert counted("SELECT name FROM customer", "customers by age").columns_left_out == 1


def test_a_table_that_only_connects_others_is_used():
    schema = Schema(
        (
            Table("student", (Column("sid", NUMBER, primary=True), Column("alias"))),
            Table("enrolment", (Column("sid", NUMBER), Column("cid", NUMBER))),
            Table("course", (Column("cid", NUMBER, primary=True), Column("title"))),
        ),
        (
            ForeignKey(ColumnRef("enrolment", "sid"), ColumnRef("student", "sid")),
            ForeignKey(ColumnRef("enrolment", "cid"), ColumnRef("course", "cid")),
        ),
    )
    sql = (
        "SELECT student.alias, course.title FROM student JOIN enrolment ON student.sid = enrolment.sid "
        "JOIN course ON enrolment.cid = course.cid"
    )
    query = parse_query(sql, schema)
    linked = link_question("alias and title of each enrolment", schema, CellNames())
    features = features_of([Reading(sql, 0.5, 0.5, query, result=Result(("a",), ()))], Asked(linked))
    assert (features.tables_left_out, features.joins) == (0, 2)


def test_items_are_expected_in_the_order_of_the_question():
    question = "Show age and city id of customers"
    assert counted("SELECT age, city_id FROM customer", question).shown_out_of_order == 0
    assert counted("SELECT city_id, age FROM customer", question).shown_out_of_order == 1


def test_the_likeliest_reading_speaks_for_those_that_agree():
    agreeing = [reading("SELECT age FROM customer", likelihood=0.3), reading(WHOLE, likelihood=0.1)]
    features = features_of(agreeing, Asked(link_question(QUESTION, SHOP, CELLS)))
    assert features.log_of_agreeing_probability == pytest.approx(math.log(0.4))
    assert features.log_of_probability == pytest.approx(math.log(0.3))
    assert features.cells_left_out == 1


def test_nothing_found_is_a_feature_and_no_query_is_counted_of_a_server():
    empty = Reading("x", 1.0, 0.0, result=Result(("a",), ((None,),)))
    features = features_of([empty], Asked(NOTHING))
    assert (features.always, features.empty, features.items) == (1, 1, 0)
    assert features.log_of_probability == pytest.approx(math.log(1e-12))


def test_readings_with_the_same_rows_agree_in_whatever_order():
    one = reading("SELECT age FROM customer", [(1,), (2,)], 0.1)
    other = reading(WHOLE, [(2,), (1,)], 0.3)
    third = reading("SELECT name FROM product", [(1,)], 0.2)
    failed = reading("SELECT name FROM city", ran=False)
    answers = answers_of([one, other, third, failed])
    assert [[each.likelihood for each in answer] for answer in answers] == [[0.3, 0.1], [0.2]]


def test_probabilities_are_a_softmax_with_room_for_none_being_right():
    scores = np.array([0.5, -1.0, 3.0])
    shares = np.exp([*scores, 0.0])
    assert calibrated(scores) == pytest.approx(shares[:3] / shares.sum())
    assert calibrated(np.array([0.0])) == pytest.approx([0.5])
    assert calibrated(np.array([-800.0, -900.0])) == pytest.approx([0, 0])
    assert calibrated(np.array([900.0])) == pytest.approx([1])


def test_the_best_answer_comes_first_and_agreeing_readings_share_a_probability():
    readings = [
        Reading("a", 0.5, 0.3, result=Result(("a",), ((1,),))),
        Reading("b", 0.4, 0.25, result=Result(("a",), ((2,),))),
        Reading("c", 0.4, 0.2, result=Result(("a",), ((2,),))),
        Reading("d", 0.4, 0.9, error="no such table"),
    ]
    ranked = Ranking.default().best_first(readings, Asked(NOTHING))
    assert [each.sql for each in ranked] == ["b", "c", "a"]
    assert ranked[0].probability == ranked[1].probability > ranked[2].probability
    odds = np.exp(4) * np.array([0.45, 0.3])
    assert ranked[0].probability == pytest.approx(odds[0] / (1 + odds.sum()))


def test_an_empty_answer_is_less_likely_to_be_right():
    readings = [
        Reading("empty", 0.5, 0.4, result=Result(("a",), ())),
        Reading("rows", 0.5, 0.3, result=Result(("a",), ((2,),))),
    ]
    assert [each.sql for each in Ranking.default().best_first(readings, Asked(NOTHING))] == ["rows", "empty"]


def test_equal_answers_keep_their_order():
    readings = [Reading(sql, 0.5, 0.4, result=Result(("a",), ((sql,),))) for sql in "abc"]
    assert [each.sql for each in Ranking.default().best_first(readings, Asked(NOTHING))] == ["a", "b", "c"]


def test_what_uses_more_of_the_question_wins_over_what_is_likelier():
    weights = {"always": 1.0, "log of agreeing probability": 1.0, "cells left out": -2.0}
    readings = [
        reading("SELECT age FROM customer WHERE age > 30", [(1,)], 0.5),
        reading(WHOLE, [(2,)], 0.2),
    ]
    linked = link_question(QUESTION, SHOP, CELLS)
    assert Ranking.of(weights).best_first(readings, Asked(linked))[0].sql == WHOLE
    assert Ranking.default().best_first(readings, Asked(linked))[1].sql == WHOLE


def test_columns_count_by_how_likely_the_networks_think_them():
    linked = link_question(QUESTION, SHOP, CELLS)
    age, name = ColumnRef("customer", "age"), ColumnRef("customer", "name")
    columns = {age: 0.5, name: 0.8, ColumnRef("product", "price"): 0.0}
    features = features_of([reading("SELECT age FROM customer")], Asked(linked, QUESTION, columns))
    assert features.unlikely_columns == pytest.approx(-np.log(0.5))
    assert features.likely_columns_left_out == pytest.approx(-np.log(0.2), abs=1e-6)


def test_words_that_nothing_explains_are_counted():
    text = "How many customers have sailing boats?"
    asked = Asked(link_question(text, SHOP, CELLS), text)
    assert features_of([reading("SELECT count(*) FROM customer")], asked).words_left_out == 2


@pytest.mark.parametrize(
    ("text", "rows", "found"),
    [
        ("How much did the customers spend?", ((3,), (4,)), 1),
        ("How much did the customers spend?", ((3,),), 0),
        ("How much did each customer spend?", ((3,), (4,)), 0),
        ("What is the average price?", ((3, 4),), 1),
        ("Which customers are there?", ((3,), (4,)), 0),
    ],
)
def test_where_one_number_is_asked_for_it_counts_that_something_else_is_found(text, rows, found):
    result = Result(("a", "b")[: len(rows[0])], rows)
    query = parse_query("SELECT age FROM customer", SHOP)
    features = features_of([Reading("", 0.5, 0.5, query, result=result)], Asked(NOTHING, text))
    assert features.several_for_one == found


def test_weights_are_named_as_a_configuration_names_them():
    ranking = Ranking.of({"always": 2.0, "cells left out": -1.23456})
    assert (ranking.weights.always, ranking.weights.cells_left_out) == (2.0, -1.23456)
    assert ranking.named()["cells left out"] == -1.2346
    assert len(ranking.named()) == len(FEATURES) == 23


def test_readings_of_a_connected_database_are_counted(connect):
    source = served(connect())
    linked = link_question(QUESTION, source.schema, source.cells)
    whole = Reading(WHOLE, 0.5, 0.5, parse_query(WHOLE, source.schema), result=Result(("a",), ((1,),)))
    features = features_of([whole], Asked(linked))
    assert (features.cells_left_out, features.numbers_left_out, features.joins) == (0, 0, 1)
