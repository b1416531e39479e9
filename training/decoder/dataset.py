"""Decisions → arrays, and arrays → batches."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kbqa.decoding.actions import FEATURES, Action, Keyword, Kind, VariablePointer
from kbqa.decoding.features import (
    CONTEXTS,
    JOINT_WIDTH,
    Candidates,
    Relate,
    TextTable,
    read_candidates,
    read_question,
)
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sql.focus.cross_encoder.features import SchemaText
from training.decoder.decisions import Decision
from training.decoder.network import Batch

_MAX_RELATIONS, _MAX_POINTERS = 40, 72
_POINTER, _VARIABLE = 1_000, 10_000


@dataclass(frozen=True)
class JointText:
    """What the cross-encoder reads of a question and a schema, and which pointer each node is, int64 [n]."""

    text: SchemaText
    pointers: NDArray[np.int64]


@dataclass(frozen=True)
class JointStates:
    """What the cross-encoder made of a `JointText`.

    `question` float16 [l, JOINT_WIDTH], `nodes` float16 [n, JOINT_WIDTH], `pointers` int64 [n].
    """

    question: NDArray[np.float16]
    nodes: NDArray[np.float16]
    pointers: NDArray[np.int64]


@dataclass(frozen=True)
class Item:
    """A question with its decisions.

    Actions are numbered: keywords from 0, pointers from 1,000, variables from 10,000.
    """

    ids: NDArray[np.int64]
    candidates: Candidates
    introduced: NDArray[np.int64]
    steps: NDArray[np.int64]
    legal: list[NDArray[np.int64]]
    gold: NDArray[np.int64]
    relevant: NDArray[np.int8] | None = None
    """Which pointers the query uses, where they are read together: 1, 0, or -1 for not known."""
    text: JointText | None = None
    """What the cross-encoder is to read first, if it does."""
    joint: JointStates | None = None
    """What it made of it."""


def folder_of(data: Sequence[Path], name: str) -> Path | None:
    """The folder of a published set, whichever of several holds it."""
    return next((folder / name for folder in data if (folder / name).is_dir()), None)


def make_item(
    question: str,
    decisions: Sequence[Decision],
    mentioned: Sequence[Action],
    vocabulary: Vocabulary,
    tokenizer: Tokenizer,
    table: TextTable,
    rng: random.Random,
    schema: "JointSchema | None" = None,
) -> Item:
    """The arrays of a question.

    `mentioned` is what was found in it, chosen or not; of the relations that are legal, a sample is kept.
    With a `schema`, all that is `mentioned` is kept, to be read together; a question without decisions then
    only tells what is relevant.
    """
    golds = [decision.action for decision in decisions]
    pointers = list(dict.fromkeys(mentioned)) if schema else _pointers(decisions, golds, mentioned, rng)
    numbers = _Numbers(pointers, vocabulary)
    legal = [numbers.known(decision.legal) for decision in decisions]
    read = read_question(tokenizer, question)
    return Item(
        read.ids,
        read_candidates(read, pointers, table, schema.relate if schema else None),
        numbers.introduced,
        np.array([vocabulary.steps.index(decision.step) for decision in decisions], dtype=np.int64),
        legal,
        np.array([numbers.of(gold) for gold in golds], dtype=np.int64),
        np.array([schema.relevant(pointer) for pointer in pointers], dtype=np.int8) if schema else None,
    )


class _Numbers:
    """The numbers of a question's actions; `introduced` is the index of what introduced each variable."""

    def __init__(self, pointers: Sequence[Action], vocabulary: Vocabulary) -> None:
        self._keywords = vocabulary.keywords
        self._indices = {pointer: index for index, pointer in enumerate(pointers)}
        self.introduced = np.zeros(vocabulary.variables, dtype=np.int64)

    def of(self, action: Action) -> int | None:
        """The number of an action; None for a pointer that is left out."""
        if isinstance(action, Keyword):
            return self._keywords.index(action.key)
        if isinstance(action, VariablePointer):
            assert action.introduced_by is not None
            self.introduced[action.key] = self._indices[action.introduced_by]
            return _VARIABLE + action.key
        index = self._indices.get(action)
        return None if index is None else _POINTER + index

    def known(self, actions: Sequence[Action]) -> NDArray[np.int64]:
        """The numbers of those actions that have one."""
        return np.array([number for number in map(self.of, actions) if number is not None])


@dataclass
class Prepared:
    """What a decoder is trained on."""

    items: list[Item]
    valid: dict[str, list[Item]]
    """Items to validate with, by the set that they are from."""
    table: TextTable
    """The vectors of the texts that items point to."""
    left_out: "Counter[str]"
    """How many examples were left out, by reason."""


@dataclass(frozen=True)
class JointSchema:
    """Candidates that are all known before decoding, so that they are read together."""

    relate: Relate
    """What each candidate is to each other."""
    relevant: Callable[[Action], int]
    """Whether the right query uses a candidate: 1, 0, or -1 for not known."""


def _pointers(
    decisions: Sequence[Decision], golds: Sequence[Action], mentioned: Sequence[Action], rng: random.Random
) -> list[Action]:
    """The pointers of an item, each once: those of the gold actions, other mentions, some legal relations."""
    chosen = [gold for gold in golds if gold.kind not in (Kind.KEYWORD, Kind.VARIABLE)]
    relations = dict.fromkeys(
        action
        for decision in decisions
        for action in decision.legal
        if action.kind in (Kind.FORWARD, Kind.BACKWARD)
    )
    sample = rng.sample(list(relations), min(_MAX_RELATIONS, len(relations)))
    other_mentions = [action for action in mentioned if action not in chosen][: _MAX_POINTERS - len(sample)]
    return list(dict.fromkeys([*chosen, *other_mentions, *sample]))


def batches(items: Sequence[Item], size: int, rng: random.Random) -> Iterator[list[int]]:
    """The numbers of all items in batches of `size`, like lengths together, in an order by chance."""
    order = list(range(len(items)))
    rng.shuffle(order)
    groups = [order[start : start + 32 * size] for start in range(0, len(order), 32 * size)]
    in_batches = []
    for group in groups:
        group.sort(key=lambda number: _shape(items[number]))
        in_batches += [group[start : start + size] for start in range(0, len(group), size)]
    rng.shuffle(in_batches)
    yield from in_batches


def _shape(item: Item) -> tuple[int, ...]:
    """The key that items are sorted by before they are cut into batches, so that little of these is padding.

    It is (pointers, steps); where pointers and tokens are read together, (pointers in eights, tokens).
    """
    pointers = len(item.candidates.kinds)
    if item.candidates.relations is not None:
        return pointers // 8, len(item.ids)
    return pointers, len(item.gold)


def collate(items: Sequence[Item], lower: Sequence[NDArray[np.float16]], vocabulary: Vocabulary) -> Batch:
    """Items padded into a batch; `lower` is each question's states below the tuned layers [tokens, width]."""
    arrays = _empty_batch(items, lower[0].shape[1], vocabulary)
    keywords, pointers = len(vocabulary.keywords), arrays["kinds"].shape[1]
    for row, (item, states) in enumerate(zip(items, lower, strict=True)):
        length, count = len(item.ids), len(item.candidates.kinds)
        arrays["lower"][row, :length] = states
        arrays["tokens"][row, :length] = True
        arrays["matches"][row, :count, :length] = item.candidates.matches
        arrays["introduced"][row] = item.introduced
        for name in ("kinds", "texts", "contexts", "features"):
            arrays[name][row, :count] = getattr(item.candidates, name)
        if item.candidates.relations is not None and item.relevant is not None:
            arrays["relations"][row, :count, :count] = item.candidates.relations
            arrays["relevant"][row, :count] = item.relevant
        if item.joint is not None:
            read = min(length, len(item.joint.question))
            arrays["joint_question"][row, :read] = item.joint.question[:read]
            arrays["joint"][row, item.joint.pointers] = item.joint.nodes
        _fill_steps(row, item, arrays, lambda numbers: _columns(numbers, keywords, pointers))
    return Batch(**{name: torch.from_numpy(array) for name, array in arrays.items()})


def _fill_steps(
    row: int,
    item: Item,
    arrays: Mapping[str, NDArray[Any]],
    columns_of: Callable[[NDArray[np.int64]], NDArray[np.int64]],
) -> None:
    """Write the item's decisions into its row of a batch's arrays."""
    depth, gold = len(item.gold), columns_of(item.gold)
    arrays["gold"][row, :depth] = gold
    arrays["previous"][row, 1:depth] = gold[:-1]
    arrays["steps"][row, :depth] = item.steps
    for step, legal in enumerate(item.legal):
        arrays["legal"][row, step, columns_of(legal)] = True
    arrays["legal"][row, depth:, 0] = True


def _columns(numbers: NDArray[np.int64], keywords: int, pointers: int) -> NDArray[np.int64]:
    """The columns of actions in a batch: first all keywords, then the padded pointers, then variables."""
    of_pointer = np.where(numbers >= _POINTER, keywords - _POINTER, 0)
    return numbers + np.where(numbers >= _VARIABLE, keywords + pointers - _VARIABLE, of_pointer)


def _empty_batch(items: Sequence[Item], width: int, vocabulary: Vocabulary) -> dict[str, NDArray[Any]]:
    """The fields of a `Batch` as large as its items need, filled with padding."""
    tokens = max(len(item.ids) for item in items)
    pointers = max(1, *(len(item.candidates.kinds) for item in items))
    steps = max(1, *(len(item.gold) for item in items))
    related = pointers if items[0].candidates.relations is not None else 0
    number, columns = len(items), len(vocabulary.keywords) + pointers + vocabulary.variables
    joint = JOINT_WIDTH if any(item.joint is not None for item in items) else 0
    return {
        "lower": np.zeros((number, tokens, width), dtype=np.float32),
        "tokens": np.zeros((number, tokens), dtype=bool),
        "kinds": np.zeros((number, pointers), dtype=np.int64),
        "texts": np.zeros((number, pointers), dtype=np.int64),
        "contexts": np.zeros((number, pointers, CONTEXTS), dtype=np.int64),
        "features": np.zeros((number, pointers, FEATURES), dtype=np.float32),
        "matches": np.zeros((number, pointers, tokens), dtype=np.int64),
        "introduced": np.zeros((number, vocabulary.variables), dtype=np.int64),
        "relations": np.zeros((number, related, related), dtype=np.int64),
        "relevant": np.full((number, pointers), -1, dtype=np.float32),
        "joint_question": np.zeros((number, tokens, joint), dtype=np.float32),
        "joint": np.zeros((number, pointers, joint), dtype=np.float32),
        "previous": np.full((number, steps), -1, dtype=np.int64),
        "steps": np.zeros((number, steps), dtype=np.int64),
        "legal": np.zeros((number, steps, columns), dtype=bool),
        "gold": np.full((number, steps), -1, dtype=np.int64),
    }
