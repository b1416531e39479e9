"""What is read of candidates beside a question."""

import time
from collections.abc import Sequence

import numpy as np
import pytest

from kbqa.decoding.actions import Action
from kbqa.decoding.features import TextTable, TextVectorCache, read_candidates, read_question
from kbqa.decoding.pointer_network import load_decoder
from kbqa.sparql.answer.registry import MODEL_FOLDER
from kbqa.sparql.grammar.actions import BackwardPointer, EntityPointer, ForwardPointer
from kbqa.sql.grammar.actions import ColumnPointer
from searchapp.encoders.base import EncoderError, Vectors
from tests.threads import in_threads


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


def vector_of(text: str) -> list[float]:
    """A vector that no other text has."""
    return [float(byte) for byte in text.encode().ljust(8, b"\0")[:8]]


def encode(texts: Sequence[str]) -> Vectors:
    """Vectors of texts, after a moment in which other threads go on."""
    time.sleep(0.0002)
    return np.array([vector_of(text) for text in texts], dtype=np.float32).reshape(-1, 8)


def test_rows_of_a_table_stay_those_of_their_texts():
    table = TextTable(encode, 8)
    first = table.rows(["a", "", "b", "a"])
    assert first == [1, 0, 2, 1]
    for number in range(50):
        table.rows([f"more {number}", "b"])
    assert table.vectors[first].tolist() == [vector_of("a"), [0.0] * 8, vector_of("b"), vector_of("a")]
    assert table.vectors.shape == (53, 8)


def test_a_table_has_no_rows_of_texts_that_could_not_be_encoded():
    def fail_on_x(texts):
        if "x" in texts:
            raise EncoderError("away")
        return encode(texts)

    table = TextTable(fail_on_x, 8)
    table.rows(["a"])
    with pytest.raises(EncoderError):
        table.rows(["b", "x"])
    rows = table.rows(["b", "a"])
    assert table.vectors[rows].tolist() == [vector_of("b"), vector_of("a")]


@pytest.mark.parametrize("most", [200_000, 30, 5, 1])
def test_texts_of_many_threads_have_their_own_vectors(most):
    """However full the cache is: with few places, it is emptied while others are at it."""
    shared = TextVectorCache(encode, most)

    def ask(thread: int) -> int:
        wrong = 0
        for number in range(25):
            texts = [f"{thread % 4} {number} {part}" for part in range(5)] + [f"all {number % 7}"]
            wrong += shared.encode(texts).tolist() != [vector_of(text) for text in texts]
        return wrong

    assert in_threads(8, ask) == [0] * 8


def test_tables_of_many_threads_share_the_vectors():
    shared = TextVectorCache(encode, 40)

    def ask(thread: int) -> bool:
        table = TextTable(shared.encode, 8)
        texts = [f"{(thread + number) % 60}" for number in range(60)]
        rows = [row for start in range(0, 60, 7) for row in table.rows(texts[start : start + 7])]
        return table.vectors[rows].tolist() == [vector_of(text) for text in texts]

    assert all(in_threads(8, ask))


def test_a_text_is_encoded_once_while_there_is_room():
    encoded: list[str] = []
    shared = TextVectorCache(lambda texts: encoded.extend(texts) or encode(texts), 10)
    for _ in range(3):
        shared.encode(["a", "b", "a"])
    assert encoded == ["a", "b"]


def test_no_texts_are_no_vectors():
    assert TextVectorCache(encode).encode([]).shape == (0, 8)


def test_what_one_was_given_no_other_can_write_to():
    shared = TextVectorCache(encode)
    shared.encode(["a"])[:] = 0
    assert shared.encode(["a"]).tolist() == [vector_of("a")]


def test_what_failed_is_not_kept():
    tries: list[int] = []

    def fails_first(texts):
        tries.append(1)
        if len(tries) == 1:
            raise EncoderError("away")
        return encode(texts)

    shared = TextVectorCache(fails_first)
    with pytest.raises(EncoderError):
        shared.encode(["a"])
    assert shared.encode(["a"]).tolist() == [vector_of("a")]


def test_a_table_of_training_keeps_its_rows_however_many_there_are():
    table = TextTable(lambda texts: np.array(texts, dtype=object).astype(np.float32)[:, None], 1)
    first = table.rows(["1", "2", "3"])
    for start in range(4, 250_004, 50_000):
        table.rows([str(number) for number in range(start, start + 50_000)])
    assert table.vectors[first].ravel().tolist() == [1.0, 2.0, 3.0]
    assert len(table.vectors) == 250_004
