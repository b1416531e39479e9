"""Decisions as arrays, and arrays as batches."""

import random

import numpy as np
import pytest

from kbqa.sparql.grammar.actions import EntityPointer, ForwardPointer
from tests.training.decoder.tiny import (
    BACKWARD,
    CLASS,
    END,
    ENTITY,
    FORWARD,
    NEW,
    QUESTION,
    STEPS,
    STOP,
    VOCABULARY,
    item,
    text_table,
)
from training.decoder.dataset import JointSchema, batches, collate, folder_of
from training.decoder.decisions import Decision

JOINT = JointSchema(
    lambda actions: np.arange(len(actions) ** 2, dtype=np.int8).reshape(len(actions), -1) % 3,
    lambda action: 1 if action == FORWARD else 0 if action == CLASS else -1,
)


def states(one, value=1.0):
    return np.full((len(one.ids), 8), value, dtype=np.float16)


def batch_of(*items):
    return collate(items, [states(one, place + 1) for place, one in enumerate(items)], VOCABULARY)


def test_a_set_is_taken_from_the_first_folder_that_has_it(tmp_path):
    (tmp_path / "b" / "bird").mkdir(parents=True)
    (tmp_path / "c" / "bird").mkdir(parents=True)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "bird").write_text("a file is no folder")
    folders = [tmp_path / name for name in "abc"]
    assert folder_of(folders, "bird") == tmp_path / "b" / "bird"
    assert folder_of(folders, "spider") is None
    assert folder_of([], "bird") is None


def test_actions_are_numbered_by_what_they_are():
    """Keywords from 0, pointers from 1,000 in their order, variables from 10,000."""
    made = item()
    # Pointers: those chosen (ENTITY, FORWARD), others mentioned (CLASS), then other relations (BACKWARD).
    assert made.gold.tolist() == [1000, 1001, 10000, 1]
    legal = [numbers.tolist() for numbers in made.legal]
    assert legal == [[0, 1000, 1002], [1001, 1003], [1, 10000, 1000], [1, 0]]
    assert made.steps.tolist() == [0, 1, 0, 1]
    assert made.introduced.tolist() == [1, 0], "variable 0 was introduced by pointer 1"
    assert made.relevant is None


def test_pointers_are_numbered_once_however_often_they_are_met():
    made = item((STEPS[0], STEPS[0]), (ENTITY, ENTITY, CLASS))
    assert len(made.candidates.kinds) == 2
    assert made.gold.tolist() == [1000, 1000]


def test_a_sample_of_forty_relations_is_kept_with_the_right_one_among_them():
    relations = tuple(ForwardPointer(f"p{number}", f"relation {number}") for number in range(100))
    made = item((Decision("TAIL", (*relations, STOP), 77),), ())
    assert made.gold.tolist() == [1000]
    assert 40 <= len(made.candidates.kinds) <= 41
    assert len(made.legal[0]) == len(made.candidates.kinds) + 1, "what is left out is not legal either"
    assert made.legal[0][-1] == VOCABULARY.keywords.index("STOP")


def test_the_sample_follows_the_seed():
    relations = tuple(ForwardPointer(f"p{number}", f"relation {number}") for number in range(100))
    decisions = (Decision("TAIL", relations, 0),)
    tables = [text_table() for _ in range(3)]
    for table, seed in zip(tables, (1, 1, 2), strict=True):
        item(decisions, (), table=table, seed=seed)
    one, again, other = (table.vectors for table in tables)
    assert np.array_equal(one, again)
    assert not np.array_equal(one[:40], other[:40])


def test_what_is_mentioned_fills_what_room_relations_leave():
    entities = tuple(EntityPointer(f"e{number}", f"e{number}", (0, 3)) for number in range(90))
    relations = tuple(ForwardPointer(f"p{number}", f"relation {number}") for number in range(50))
    crowded = item((Decision("TAIL", relations, 3),), entities)
    kinds = np.bincount(crowded.candidates.kinds)
    assert kinds.max() == 40 or kinds.max() == 41, "relations"
    assert np.sort(kinds)[-2] == 72 - 40, "entities"
    alone = item((Decision("HEAD", (STOP, END), 0),), entities)
    assert len(alone.candidates.kinds) == 72


def test_a_schema_is_kept_whole_to_be_read_together():
    entities = tuple(EntityPointer(f"e{number}", f"e{number}", (0, 3)) for number in range(90))
    made = item((), (FORWARD, CLASS, *entities), schema=JOINT)
    assert len(made.candidates.kinds) == 92
    assert made.candidates.relations.shape == (92, 92)
    assert made.relevant.tolist() == [1, 0, *[-1] * 90]
    assert made.gold.tolist() == made.steps.tolist() == []


def test_an_action_that_is_no_candidate_of_a_schema_is_not_legal():
    made = item((Decision("TAIL", (STOP, FORWARD, BACKWARD), 1),), (FORWARD,), schema=JOINT)
    assert made.legal[0].tolist() == [1, 1000]


@pytest.mark.parametrize(
    ("number", "size", "sizes"), [(0, 4, []), (3, 4, [3]), (9, 4, [1, 4, 4]), (5, 1, [1] * 5)]
)
def test_batches_hold_every_item_once(number, size, sizes):
    items = [item()] * number
    found = list(batches(items, size, random.Random(0)))
    assert sorted(map(len, found)) == sizes
    assert sorted(place for batch in found for place in batch) == list(range(number))


def test_items_of_like_shape_are_batched_together():
    short, long = item(STEPS[:1], (ENTITY,)), item()
    found = list(batches([short, long] * 16, 4, random.Random(3)))
    assert all(len({place % 2 for place in batch}) == 1 for batch in found)


def test_the_order_of_batches_follows_the_seed():
    items = [item()] * 40
    one, again, other = (list(batches(items, 4, random.Random(seed))) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_numbers_become_columns_of_keywords_pointers_and_variables():
    """Columns are three keywords, as many pointers as the batch's largest question has, two variables."""
    small, large = item(STEPS[:1], (ENTITY,)), item()
    batch = batch_of(small, large)
    assert batch.legal.shape == (2, 4, 3 + 4 + 2)
    assert batch.gold.tolist() == [[3, -1, -1, -1], [3, 4, 7, 1]]
    assert batch.previous.tolist() == [[-1, -1, -1, -1], [-1, 3, 4, 7]], "what was right one step before"
    assert batch.legal[1, 2].nonzero()[:, 0].tolist() == [1, 3, 7]
    assert batch.steps.tolist() == [[0, 0, 0, 0], [0, 1, 0, 1]]
    assert batch.introduced.tolist() == [[0, 0], [1, 0]]


def test_where_there_is_no_step_one_action_is_legal_and_none_right():
    """A row without a legal action would have no probabilities."""
    batch = batch_of(item(STEPS[:1], (ENTITY,)), item())
    assert batch.legal[0, 1:].sum(-1).tolist() == [1, 1, 1]
    assert batch.legal[0, 1:, 0].all()
    assert batch.legal.any(-1).all()


def test_padding_is_told_from_what_is_there():
    short, long = item(STEPS[:1], (ENTITY,), question="film"), item()
    batch = batch_of(short, long)
    assert batch.tokens.sum(1).tolist() == [3, 7], "with the marks of begin and end"
    assert batch.lower[0, 3:].abs().sum() == 0
    assert batch.lower[1].unique().tolist() == [2.0]
    assert (batch.kinds > 0).sum(1).tolist() == [1, 4]
    assert batch.matches[0, 1:].abs().sum() == batch.matches[0, :, 3:].abs().sum() == 0
    assert batch.features[0, 1:].abs().sum() == batch.contexts[0, 1:].abs().sum() == 0


def test_relations_are_there_where_candidates_are_read_together():
    joint, apart = item((), (FORWARD, CLASS), schema=JOINT), item()
    small = item((), (CLASS,), schema=JOINT)
    batch = batch_of(joint, small)
    assert batch.relations.shape == (2, 2, 2)
    assert batch.relations[0].tolist() == [[0, 1], [2, 0]]
    assert batch.relevant.tolist() == [[1, 0], [0, -1]], "of padding nothing is known"
    assert batch.gold.tolist() == [[-1], [-1]], "a question may teach no decision"
    assert batch_of(apart).relations.shape == (1, 0, 0)
    assert (batch_of(apart).relevant == -1).all()


def test_a_question_without_pointers_is_a_batch():
    batch = batch_of(item((Decision("HEAD", (STOP, NEW), 0),), ()))
    assert batch.kinds.shape == (1, 1)
    assert batch.legal[0, 0].nonzero()[:, 0].tolist() == [0, 1]


def test_what_is_in_a_question_is_marked_at_its_tokens():
    made = item(question=QUESTION)
    entity = made.candidates.matches[0].tolist()
    assert entity == [0, 0, 0, 3, 3, 0, 0], "the words of the mention"
    assert made.candidates.matches[1].tolist()[2] == 2, "a relation with the word's stem"
