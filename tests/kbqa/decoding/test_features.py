"""What is read of candidates beside a question."""

import numpy as np
import pytest

from kbqa.decoding.actions import Action
from kbqa.decoding.features import TextTable, read_candidates, read_question
from kbqa.decoding.pointer_network import load_decoder
from kbqa.sparql.answer.registry import MODEL_FOLDER
from kbqa.sparql.grammar.actions import BackwardPointer, EntityPointer, ForwardPointer
from kbqa.sql.grammar.actions import ColumnPointer


@pytest.fixture
def features():
    tokenizer = load_decoder(MODEL_FOLDER).tokenizer

    def run(question: str, *actions: Action) -> list[list[float]]:
        table = TextTable(lambda texts: np.zeros((len(texts), 4), dtype=np.float32), 4)
        found = read_candidates(read_question(tokenizer, question), actions, table).features
        return [[round(float(each), 2) for each in row] for row in found]

    return run


def test_a_relation_says_how_much_of_its_name_is_in_the_question(features):
    manager, vice = ForwardPointer("m", "manager name"), ForwardPointer("v", "vice manager name")
    one, other = features("Show the manager's name of each station", manager, vice)
    assert one[:2] == [1.0, 1.0]
    assert other[:2] == [0.67, 0.0]


def test_what_a_relation_leads_to_may_be_said_as_well(features):
    visits, orders = (
        BackwardPointer(key, "patient", context=(key,)) for key in ("appointment", "prescription")
    )
    one, other = features("patients who have made appointments", visits, orders)
    assert (one[0], one[2], one[5]) == (1.0, 1.0, 1.0)
    assert (other[0], other[2], other[5]) == (1.0, 0.0, 0.0)


def test_the_words_written_about_a_column_are_found_in_the_question():
    question = read_question(load_decoder(MODEL_FOLDER).tokenizer, "the average salary of a district")
    column = ColumnPointer("c", "district salary", context=("town", "average of what is paid"))
    table = TextTable(lambda texts: np.zeros((len(texts), 4), dtype=np.float32), 4)
    matches = read_candidates(question, [column], table).matches[0]
    found = {
        question.text[start:end]: int(match)
        for (start, end), match in zip(question.offsets, matches, strict=True)
        if end > start
    }
    assert found == {"the": 0, "average": 1, "salary": 2, "of": 0, "a": 0, "district": 2}


def test_words_may_begin_alike(features):
    assert features("who directed it", ForwardPointer("d", "director"))[0] == [
        0.0,
        0.0,
        0.0,
        0.0,
        1.0,
        0.0,
    ]


def test_others_keep_what_their_linking_found(features):
    entity = EntityPointer("e", "Silent Harbour", (13, 27), (0.9, 0.0, 1.0))
    assert features("who directed Silent Harbour", entity)[0] == [0.9, 0.0, 1.0, 0.0, 0.0, 0.0]
