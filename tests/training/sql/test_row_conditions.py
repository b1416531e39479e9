"""Conditions on rows, and the words that say them."""

import random
import re

import pytest

from kbqa.sql.query import Comparison, Item, Query, Term, Value
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.sql.row_conditions import Draft, RowConditions
from training.sql.table_words import TableWords

NUMBER = ColumnType.NUMBER
LAKE = Table(
    "lake",
    (
        Column("lake_id", NUMBER, primary=True),
        Column("title"),
        Column("depth", NUMBER),
        Column("seen", ColumnType.DATE),
        Column("country_id", NUMBER),
    ),
)
COUNTRY = Table("country", (Column("country_id", NUMBER), Column("title")))
KEY = ForeignKey(ColumnRef("lake", "country_id"), ColumnRef("country", "country_id"))
SCHEMA = Schema((LAKE, COUNTRY), (KEY,))
TITLE, DEPTH = ColumnRef("lake", "title"), ColumnRef("lake", "depth")
CELLS = {TITLE: ["Van", "Lago Maggiore"], DEPTH: ["171", "58.5"]}
SIGNS = {
    Comparison.GREATER: r"(above|over|greater than|higher than|more than|larger than) (?P<value>\S+)",
    Comparison.LESS: r"(below|under|less than|lower than|smaller than) (?P<value>\S+)",
    Comparison.AT_LEAST: r"(at least|no less than|not under) (?P<value>\S+)",
    Comparison.AT_MOST: r"(at most|no more than|up to) (?P<value>\S+)",
}


def conditions(seed: int, cells=CELLS) -> RowConditions:
    return RowConditions(TableWords(SCHEMA, random.Random(seed)), cells)


def asked(cells=CELLS, seeds: int = 400) -> list[Draft]:
    made = []
    for seed in range(seeds):
        one = Draft(Query())
        conditions(seed, cells).add_conditions(one, LAKE, always=True)
        made.append(one)
    return made


def single(comparison: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    """The words and the values of all questions with one condition of a kind."""
    return [
        (" ".join(one.words), tuple(value.text for value in one.query.where[0].values))
        for one in asked()
        if [each.comparison for each in one.query.where] == [comparison]
    ]


def test_keys_are_numbers_that_only_name_a_row():
    are_keys = {ref.column: conditions(0).is_key(ref) for ref in (*LAKE.refs(), *COUNTRY.refs())}
    assert are_keys == {"lake_id": True, "title": False, "depth": False, "seen": False, "country_id": True}


def test_columns_are_told_by_their_type():
    assert conditions(0).columns(LAKE, ColumnType.TEXT) == [TITLE]
    assert conditions(0).columns(LAKE, ColumnType.TEXT, ColumnType.DATE) == [TITLE, ColumnRef("lake", "seen")]
    assert {conditions(seed).one(LAKE, NUMBER) for seed in range(20)} == {DEPTH}
    assert conditions(0).one(COUNTRY, NUMBER) is None, "there is a key only"


@pytest.mark.parametrize("comparison", SIGNS)
def test_a_sign_is_said_by_its_words(comparison):
    found = single(comparison)
    assert found
    for words, (value,) in found:
        match = re.search(SIGNS[comparison], words)
        assert match, words
        assert match["value"] == value


def test_between_has_the_lower_end_first():
    found = single(Comparison.BETWEEN)
    assert {values for _, values in found} == {("171", "171"), ("58.5", "171"), ("58.5", "58.5")}
    for words, (low, high) in found:
        assert re.search(rf"(between|of|from|range) {low} (and|to) {high}$", words), words


def test_a_missing_value_is_said_to_be_missing():
    missing, known = single(Comparison.IS_NULL), single(Comparison.IS_NOT_NULL)
    assert all(re.search("without|with no|not known|missing|have no", words) for words, _ in missing)
    assert all(re.search(r"that have an? |is known$", words) for words, _ in known)
    assert missing
    assert known
    assert {values for _, values in (*missing, *known)} == {()}


def test_letters_and_words_are_of_the_value_that_is_there():
    texts = " ".join(CELLS[TITLE]).lower()
    kinds = (Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)
    for words, (value,) in [one for kind in kinds for one in single(kind)]:
        assert value.lower() in texts
        assert value in words, "it is said as it is written"
    assert all(value.lower() in "vl" for _, (value,) in single(Comparison.STARTS))
    assert all(value.lower() in "ne" for _, (value,) in single(Comparison.ENDS))
    assert any(len(value) > 1 for _, (value,) in single(Comparison.CONTAINS)), "a whole word"


def test_what_lacks_is_said_to_lack():
    for words, _ in single(Comparison.LACKS):
        assert re.search("does not contain|does not have|lacks|without", words), words


def test_alternatives_are_two_values_of_one_column():
    found = [one for one in asked() if len(one.query.where) == 2 and one.query.where[1].follows_or]
    same = [one for one in found if one.query.where[0].item == one.query.where[1].item]
    assert same
    for one in same:
        texts = [each.values[0].text for each in one.query.where]
        assert len(set(texts)) == 2
        assert all(text in " ".join(one.words) for text in texts)
        assert " or " in " ".join(one.words)


def test_two_conditions_are_of_two_columns_joined_by_their_word():
    found = [one for one in asked() if len(one.words) == 3]
    assert {one.words[1] for one in found} == {"and", "or"}
    for one in found:
        assert one.query.where[1].follows_or == (one.words[1] == "or")
        assert one.query.where[0].item != one.query.where[1].item


def test_nothing_is_joined_to_alternatives():
    for one in asked():
        assert len(one.query.where) <= 2


def test_without_values_only_missing_ones_are_asked_for():
    kinds = {each.comparison for one in asked({}) for each in one.query.where}
    assert kinds == {Comparison.IS_NULL, Comparison.IS_NOT_NULL}


def test_questions_are_restricted_as_often_as_said():
    for often in (0.0, 1.0):
        made = []
        for seed in range(60):
            one = Draft(Query())
            conditions(seed).add_conditions(one, LAKE, often=often)
            made.append(bool(one.query.where))
        assert any(made) == bool(often)


def test_what_is_asked_already_stays():
    before = Query(items=(Item(Term(TITLE)),))
    one = Draft(before, ["of all"])
    conditions(3).add_conditions(one, LAKE, always=True)
    assert one.query.items == before.items
    assert one.words[0] == "of all"


def test_an_order_says_its_column_and_its_direction():
    orders = 0
    for seed in range(300):
        one = Draft(Query())
        conditions(seed).add_order(one, LAKE, [DEPTH])
        if not one.query.order:
            assert one.words == []
            continue
        orders += 1
        (order,), (words,) = one.query.order, one.words
        assert order.item.term.operand.column in words
        assert order.descending == ("descending" in words)
        if "alphabetical" in words:
            assert order.item.term.operand == TITLE
    assert 50 < orders < 130, "three of ten questions"


def test_values_are_kept_as_they_are_written():
    for words, (value,) in single(Comparison.EQUAL):
        assert value in words
        assert Value(value).text in (*CELLS[TITLE], *CELLS[DEPTH])
