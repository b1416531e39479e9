"""What of a question a database has no word for."""

from collections.abc import Sequence

from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.unanswerable import missing_words, unused_words
from kbqa.sql.names import CellNames
from kbqa.sql.schema import Column, ColumnType, Schema, Table
from tests.kbqa.linking.name_index import NamesInMemory, cell
from training.sql.parser import parse_query

SHOP = Schema((Table("customer", (Column("name"), Column("age", description="in years"), Column("city"))),))
CELLS = CellNames(NamesInMemory.of(cell("Porto", "customer\tcity")))


def unlike(text: str, names: Sequence[str]) -> list[float]:
    return [0.1] * len(names)


def like_city(text: str, names: Sequence[str]) -> list[float]:
    return [0.8 if name == "city" and text == "town" else 0.1 for name in names]


def missing(question: str, likeness=unlike, schema: Schema = SHOP) -> tuple[str, ...]:
    return missing_words(question, link_question(question, schema, CELLS), likeness)


def test_words_that_nothing_is_called_by_are_missing_as_they_stand():
    assert missing("Which customers have a pet hamster?") == ("pet hamster",)


def test_names_descriptions_cells_numbers_and_plain_words_are_known():
    assert missing("the average age in years of 3 customers from Porto, please") == ()


def test_a_word_that_is_like_a_name_is_not_missing():
    assert missing("the town of customers") == ("town",)
    assert missing("the town of customers", like_city) == ()


def test_one_like_word_of_several_is_enough():
    assert missing("home town of customers", like_city) == ()


def test_words_for_parts_of_dates_are_used_where_these_are_groups():
    schema = Schema((Table("orders", (Column("id", ColumnType.NUMBER), Column("bought", ColumnType.DATE))),))
    question = "how many orders are there monthly, for each month of bought?"
    linked = link_question(question, schema, CellNames())
    by_month = parse_query(
        "SELECT strftime('%Y-%m', bought), COUNT(*) FROM orders GROUP BY strftime('%Y-%m', bought)", schema
    )
    by_day = parse_query("SELECT bought, COUNT(*) FROM orders GROUP BY bought", schema)
    assert unused_words(question, by_month, linked, unlike) == ()
    assert unused_words(question, by_day, linked, unlike) == ("monthly", "month")


def test_few_are_told_of():
    question = "alpha name beta name gamma name delta name epsilon"
    assert missing(question) == ("alpha", "beta", "gamma", "delta")


def test_of_an_empty_schema_nothing_is_said():
    assert missing("pet hamsters", schema=Schema(())) == ()
