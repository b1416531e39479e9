"""An answer from a database, kept and read again."""

from kbqa.sql.answer.kept_answer import kept_answer, kept_answer_of
from kbqa.sql.sources import services

QUESTIONS = (
    "How many customers are there?",
    "what are the names of all customers?",
    "what is the average price of the products?",
    "who is the king of Spain?",
)


def test_a_kept_answer_is_the_answer(connect):
    database = connect()
    for text in QUESTIONS:
        answer, question = services.ask(database, text)
        question.refresh_from_db()
        assert kept_answer_of(question) == kept_answer(answer)


def test_a_kept_reading_finds_what_it_found(connect):
    database = connect()
    _, question = services.ask(database, "what are the names of all customers?")
    answer = kept_answer_of(question)
    found = services.run_another(question, answer.best)
    assert (found.columns, found.rows) == (answer.result.columns, answer.result.rows)


def test_what_is_private_now_is_not_shown_by_a_kept_reading(connect):
    import pytest

    from kbqa.sql.stores.validator import StatementError

    database = connect()
    _, question = services.ask(database, "what are the names of all customers?")
    answer = kept_answer_of(question)
    services.describe(database, table="customer", column="name", description="", excluded=True)
    question.refresh_from_db()
    assert kept_answer_of(question) is None
    with pytest.raises(StatementError):
        services.run_another(question, answer.best)
