"""What the local networks make of a question, within the time that they are given."""

from kbqa.decoding.pointer_network import load_decoder
from kbqa.sql.answer.generator import LocalGenerator, bundled_generator
from kbqa.sql.answer.pipeline import ask
from kbqa.sql.answer.registry import configured_generator
from kbqa.sql.decoder import MODEL_FOLDER

QUESTION = "How many customers are there?"


def test_a_question_is_answered_without_a_deadline(shop):
    answer = ask(QUESTION, shop, bundled_generator())
    assert answer.best is not None
    assert (answer.best.result.rows, answer.notice) == (((5,),), "")


def test_a_person_is_told_that_the_time_was_up(shop):
    answer = ask(QUESTION, shop, LocalGenerator(load_decoder(MODEL_FOLDER), seconds=0.0))
    assert (answer.best, answer.readings) == (None, ())
    assert answer.notice == "The search for readings was ended after 0 seconds."


def test_the_settings_say_how_long_it_may_take(settings, shop):
    settings.DATABASE_READING_SECONDS = 0
    assert "after 0 seconds" in ask(QUESTION, shop, configured_generator()).notice
