"""Decisions → arrays, and arrays → batches."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kbqa.decoding.actions import FEATURES, Action, Keyword, Kind, VariablePointer
from kbqa.decoding.features import CONTEXTS, Candidates, Relate, TextTable, read_candidates, read_question
from kbqa.decoding.vocabulary import Vocabulary
from training.decoder.decisions import Decision
from training.decoder.network import Batch

_MAX_RELATIONS, _MAX_POINTERS = 40, 72
_POINTER, _VARIABLE = 1_000, 10_000


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


def folder_of(data: Sequence[Path], name: str) -> Path | None:
    """The folder of a published set, whichever of several holds it."""
    return next((each / name for each in data if (each / name).is_dir()), None)


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
    """The numbers of a question's actions; `introduced` is the place of what introduced each variable."""

    def __init__(self, pointers: Sequence[Action], vocabulary: Vocabulary) -> None:
        self._keywords = vocabulary.keywords
        self._places = {pointer: place for place, pointer in enumerate(pointers)}
        self.introduced = np.zeros(vocabulary.variables, dtype=np.int64)

    def of(self, action: Action) -> int | None:
        """The number of an action; None for a pointer that is left out."""
        if isinstance(action, Keyword):
            return self._keywords.index(action.key)
        if isinstance(action, VariablePointer):
            assert action.introduced_by is not None
            self.introduced[action.key] = self._places[action.introduced_by]
            return _VARIABLE + action.key
        place = self._places.get(action)
        return None if place is None else _POINTER + place

    def known(self, actions: Sequence[Action]) -> NDArray[np.int64]:
        """The numbers of those actions that have one."""
        return np.array([number for number in map(self.of, actions) if number is not None])


@dataclass
class Prepared:
    """Items to train on, and by set to validate with; the vectors of the texts that they point to; what was
    left out, by reason.
    """

    items: list[Item]
    valid: dict[str, list[Item]]
    table: TextTable
    left_out: "Counter[str]"


@dataclass(frozen=True)
class JointSchema:
    """Candidates that are known before decoding: what each is to each, and whether the right query uses it
    (1, 0, -1 for not known).
    """

    relate: Relate
    relevant: Callable[[Action], int]


def _pointers(
    decisions: Sequence[Decision], golds: Sequence[Action], mentioned: Sequence[Action], rng: random.Random
) -> list[Action]:
    """What is chosen, and a sample of what else is legal."""
    chosen = [gold for gold in golds if gold.kind not in (Kind.KEYWORD, Kind.VARIABLE)]
    relations = dict.fromkeys(
        action
        for decision in decisions
        for action in decision.legal
        if action.kind in (Kind.FORWARD, Kind.BACKWARD)
    )
    sample = rng.sample(list(relations), min(_MAX_RELATIONS, len(relations)))
    others = [action for action in mentioned if action not in chosen][: _MAX_POINTERS - len(sample)]
    return list(dict.fromkeys([*chosen, *others, *sample]))


def batches(items: Sequence[Item], size: int, rng: random.Random) -> Iterator[list[int]]:
    """The numbers of all items in batches of `size`, like lengths together, in an order by chance."""
    order = list(range(len(items)))
    rng.shuffle(order)
    groups = [order[start : start + 32 * size] for start in range(0, len(order), 32 * size)]
    found = []
    for group in groups:
        group.sort(key=lambda number: _shape(items[number]))
        found += [group[start : start + size] for start in range(0, len(group), size)]
    rng.shuffle(found)
    yield from found


def _shape(item: Item) -> tuple[int, ...]:
    """What items of a batch should have alike, so that little of it is padding."""
    pointers = len(item.candidates.kinds)
    if item.candidates.relations is not None:  # pointers and tokens are read together
        return pointers // 8, len(item.ids)
    return pointers, len(item.gold)


def collate(items: Sequence[Item], lower: Sequence[NDArray[np.float16]], vocabulary: Vocabulary) -> Batch:
    """Items padded into a batch; `lower` is each question's states below the tuned layers [tokens, width]."""
    keywords = len(vocabulary.keywords)
    tokens = max(len(item.ids) for item in items)
    pointers = max(1, *(len(item.candidates.kinds) for item in items))
    steps = max(1, *(len(item.gold) for item in items))
    related = pointers if items[0].candidates.relations is not None else 0
    number, columns = len(items), keywords + pointers + vocabulary.variables
    arrays = {
        "lower": np.zeros((number, tokens, lower[0].shape[1]), dtype=np.float32),
        "tokens": np.zeros((number, tokens), dtype=bool),
        "kinds": np.zeros((number, pointers), dtype=np.int64),
        "texts": np.zeros((number, pointers), dtype=np.int64),
        "contexts": np.zeros((number, pointers, CONTEXTS), dtype=np.int64),
        "features": np.zeros((number, pointers, FEATURES), dtype=np.float32),
        "matches": np.zeros((number, pointers, tokens), dtype=np.int64),
        "introduced": np.zeros((number, vocabulary.variables), dtype=np.int64),
        "relations": np.zeros((number, related, related), dtype=np.int64),
        "relevant": np.full((number, pointers), -1, dtype=np.float32),
        "previous": np.full((number, steps), -1, dtype=np.int64),
        "steps": np.zeros((number, steps), dtype=np.int64),
        "legal": np.zeros((number, steps, columns), dtype=bool),
        "gold": np.full((number, steps), -1, dtype=np.int64),
    }

    def column(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        offset = np.where(
            numbers >= _VARIABLE,
            keywords + pointers - _VARIABLE,
            np.where(numbers >= _POINTER, keywords - _POINTER, 0),
        )
        return numbers + offset

    for row, (item, states) in enumerate(zip(items, lower, strict=True)):
        length, count, depth = len(item.ids), len(item.candidates.kinds), len(item.gold)
        arrays["lower"][row, :length], arrays["tokens"][row, :length] = states, True
        arrays["kinds"][row, :count], arrays["texts"][row, :count] = (
            item.candidates.kinds,
            item.candidates.texts,
        )
        arrays["contexts"][row, :count], arrays["features"][row, :count] = (
            item.candidates.contexts,
            item.candidates.features,
        )
        arrays["matches"][row, :count, :length], arrays["introduced"][row] = (
            item.candidates.matches,
            item.introduced,
        )
        if item.candidates.relations is not None and item.relevant is not None:
            arrays["relations"][row, :count, :count], arrays["relevant"][row, :count] = (
                item.candidates.relations,
                item.relevant,
            )
        gold = column(item.gold)
        arrays["gold"][row, :depth], arrays["previous"][row, 1:depth], arrays["steps"][row, :depth] = (
            gold,
            gold[:-1],
            item.steps,
        )
        for step, legal in enumerate(item.legal):
            arrays["legal"][row, step, column(legal)] = True
        arrays["legal"][row, depth:, 0] = True
    return Batch(**{name: torch.from_numpy(array) for name, array in arrays.items()})
