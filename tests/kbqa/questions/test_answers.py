"""What is kept of an answer, of any language."""

import json

import pytest

from kbqa.decoding.explanation import ShownStep
from kbqa.questions.answers import KeptAnswer, KeptReading, answer_json, reading_fields, reading_json
from kbqa.questions.fields import JsonTextField

STEPS = (ShownStep("Where next", "film", 9, 2, 0.5), ShownStep("Show", "?x0", 1, 0, 1.0))
READING = KeptReading("ASK {}", "film", 0.75, STEPS)


def answer(*readings: KeptReading, answerable: bool = True) -> KeptAnswer[KeptReading, str]:
    return KeptAnswer("who?", answerable, "", 1.5, readings, None)


def test_a_reading_is_read_as_it_was_written():
    stored = json.loads(json.dumps(reading_json(READING)))
    assert KeptReading(**reading_fields(stored)) == READING
    assert stored["steps"] == [["Where next", "film", 9, 2, 0.5], ["Show", "?x0", 1, 0, 1.0]]


def test_the_best_reading_is_the_first_of_an_answer():
    other = KeptReading("ASK { }", "", 0.25, ())
    assert answer(READING, other).best == READING
    assert answer().best is None
    assert answer(READING, answerable=False).best is None


def test_what_every_answer_has_is_its_json():
    assert answer_json(answer(READING)) == {
        "question": "who?",
        "answerable": True,
        "notice": "",
        "milliseconds": 1.5,
        "missing": (),
        "sure": True,
        "choices": (),
        "confirmed": ["", ""],
        "follows": "",
    }


@pytest.mark.parametrize(
    "data", [{}, [], "", 0, {"a": ["\0", "\ud800", "ü", float("inf"), 10**30, None, True]}]
)
def test_a_field_holds_whatever_a_cell_holds(data):
    field = JsonTextField()
    written = field.get_prep_value(data)
    assert written.isascii()
    assert "\0" not in written
    assert field.from_db_value(written) == data


def test_nothing_kept_is_null_in_the_database():
    field = JsonTextField()
    assert field.get_prep_value(None) is None
    assert field.from_db_value(None) is None
