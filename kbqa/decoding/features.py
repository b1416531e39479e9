"""A question and its candidates as arrays: what training and inference both feed to the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kbqa.decoding.actions import FEATURES, Action, Kind
from kbqa.linking.words import COMMON, WORD, fold, parts_of, stem
from searchapp.encoders.base import Vectors

KINDS = tuple(Kind)
READ_BY_TEXT = (Kind.CLASS, Kind.FORWARD, Kind.BACKWARD, Kind.TABLE, Kind.COLUMN)
_RELATIONS = (Kind.FORWARD, Kind.BACKWARD)
MATCHES = 4
"""The number of relations that a token may have to a candidate.

0: not at all; 1: begins as one of its words, or is in its description; 2: has a word's stem; 3: mentions it.
"""
JOINT_MATCHES = 1 + 2 * MATCHES
"""The number of connections between tokens and candidates; those between candidates come after them."""
MAX_TOKENS = 256
CONTEXTS = 8
"""The most texts of a candidate's surroundings that are read."""
JOINT_WIDTH = 384
"""The width of the states of a question and candidates that were read as one text."""
_SAME_BEGINNING = 4


@dataclass(frozen=True)
class Question:
    """A tokenised question: ids int64 [tokens], characters [tokens, 2]."""

    text: str
    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """Candidates of one question, n of them.

    kinds int64 [n]; texts int64 [n] and contexts int64 [n, CONTEXTS], rows of a table of text vectors, 0 for
    none; features float32 [n, FEATURES]; matches int8 [n, tokens]; relations int8 [n, n] between the
    candidates, where they are read together.
    """

    kinds: NDArray[np.int64]
    texts: NDArray[np.int64]
    contexts: NDArray[np.int64]
    features: NDArray[np.float32]
    matches: NDArray[np.int8]
    relations: NDArray[np.int8] | None = None


@dataclass(frozen=True)
class JointReading:
    """A question and candidates as a Transformer read them in one text.

    `question` float32 [l, JOINT_WIDTH], of the first l tokens; `candidates` float32 [JOINT_WIDTH] of each
    that was in the text; `logits` its log odds that the query uses each.
    """

    question: NDArray[np.float32]
    candidates: Mapping[Action, NDArray[np.float32]]
    logits: Mapping[Action, float]

    def of_tokens(self, number: int) -> NDArray[np.float32]:
        """The states of so many tokens of the question [number, JOINT_WIDTH], 0 for those it did not read."""
        states = np.zeros((number, JOINT_WIDTH), dtype=np.float32)
        read = min(number, len(self.question))
        states[:read] = self.question[:read]
        return states

    def of(self, actions: Sequence[Action]) -> NDArray[np.float32]:
        """The states of actions [n, JOINT_WIDTH], 0 for those that were not in the text."""
        states = np.zeros((len(actions), JOINT_WIDTH), dtype=np.float32)
        for row, action in enumerate(actions):
            if action in self.candidates:
                states[row] = self.candidates[action]
        return states


Relate = Callable[[Sequence[Action]], NDArray[np.int8]]
"""Relations between n candidates, int8 [n, n]; each language says what a number means, 0 is none."""


class TextTable:
    """Vectors of texts by row, for one question or one training; row 0 is no text.

    It only grows, so that a row stays that of its text; it belongs to one thread.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], dimension: int) -> None:
        self._encode = encode
        self._rows: dict[str, int] = {}
        self._buffer: Vectors = np.zeros((1, dimension), dtype=np.float32)

    @property
    def vectors(self) -> Vectors:
        """The vectors of all rows so far, float32 [rows, dimension]."""
        return self._buffer[: 1 + len(self._rows)]

    def rows(self, texts: Sequence[str]) -> list[int]:
        """The row of each text, encoding what is new; an empty text has row 0. Raises EncoderError."""
        new = [text for text in dict.fromkeys(texts) if text and text not in self._rows]
        if new:
            self._append(new, self._encode(new))
        return [self._rows[text] if text else 0 for text in texts]

    def _append(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Add texts that are not there yet, with their vectors."""
        first = 1 + len(self._rows)
        if first + len(texts) > len(self._buffer):
            larger = np.zeros((2 * (first + len(texts)), self._buffer.shape[1]), dtype=np.float32)
            larger[:first] = self._buffer[:first]
            self._buffer = larger
        self._buffer[first : first + len(texts)] = vectors
        self._rows |= {text: row for row, text in enumerate(texts, first)}


class TextVectorCache:
    """Vectors of texts, kept for all questions of a process; several threads may share it.

    It gives vectors and never rows: what one thread was given no other can move. It starts anew when it is
    full.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], limit: int = 200_000) -> None:
        self._encode, self._limit, self._lock = encode, limit, Lock()
        self._kept: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 [len(texts), dimension], encoding what is new. Raises EncoderError."""
        with self._lock:
            known = {text: vector for text in texts if (vector := self._kept.get(text)) is not None}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= self._keep(dict(zip(new, self._encode(new), strict=True)))
        return np.stack([known[text] for text in texts]) if texts else self._encode(())

    def _keep(self, encoded: Mapping[str, Vectors]) -> Mapping[str, Vectors]:
        """The vectors that all will see: those of whoever encoded a text first."""
        with self._lock:
            if len(self._kept) + len(encoded) > self._limit:
                self._kept = {}
            return {text: self._kept.setdefault(text, vector) for text, vector in encoded.items()}


def read_question(tokenizer: Tokenizer, text: str) -> Question:
    """A question as tokens, at most MAX_TOKENS."""
    encoding = tokenizer.encode(text)
    offsets = np.array(encoding.offsets[:MAX_TOKENS]).reshape(-1, 2)
    return Question(text, np.array(encoding.ids[:MAX_TOKENS]), offsets)


def read_candidates(
    question: Question, actions: Sequence[Action], table: TextTable, relate: Relate | None = None
) -> Candidates:
    """Pointers beside a question, as arrays."""
    number, tokens = len(actions), len(question.ids)
    features = np.zeros((number, FEATURES), dtype=np.float32)
    matches = np.zeros((number, tokens), dtype=np.int8)
    texts = table.rows([action.text if action.kind in READ_BY_TEXT else "" for action in actions])
    padded = [(*action.context[:CONTEXTS], *[""] * (CONTEXTS - len(action.context))) for action in actions]
    rows = table.rows([text for context in padded for text in context])
    contexts = np.array(rows, dtype=np.int64).reshape(number, CONTEXTS)
    stems = _token_stems(question)
    for row, action in enumerate(actions):
        known = relation_features(action, stems) if action.kind in _RELATIONS else action.features
        features[row, : len(known)] = known
        matches[row] = _matches(action, question, stems)
    kinds = np.array([KINDS.index(action.kind) for action in actions], dtype=np.int64)
    relations = relate(actions) if relate else None
    return Candidates(kinds, np.array(texts, dtype=np.int64), contexts, features, matches, relations)


def _token_stems(question: Question) -> Mapping[str, list[int]]:
    """The tokens that spell each stem of the question's words."""
    tokens: dict[str, list[int]] = {}
    begins, ends = question.offsets[:, 0], question.offsets[:, 1]
    for match in WORD.finditer(question.text):
        start, end = match.span()
        inside = (begins >= start) & (ends <= end) & (ends > begins)
        for part in [*fold(match.group()).split(), *parts_of(match.group())]:
            tokens.setdefault(stem(part), []).extend(np.flatnonzero(inside).tolist())
    return tokens


def _matches(action: Action, question: Question, stems: Mapping[str, list[int]]) -> NDArray[np.int8]:
    """The relation of each token to an action, int8 [tokens], from 0 to MATCHES - 1."""
    matches = np.zeros(len(question.ids), dtype=np.int8)
    if action.kind in READ_BY_TEXT:
        for part in _described(action):
            matches[stems.get(part, [])] = 1
        matches[stems.get(stem("".join(fold(action.text).split())), [])] = 2
        for part in _text_stems(action.text):
            for other, tokens in stems.items():
                if part == other:
                    matches[tokens] = 2
                elif min(len(part), len(other)) >= _SAME_BEGINNING and _begin_alike(part, other):
                    matches[tokens] = np.maximum(matches[tokens], 1)
    elif action.span is not None:
        begins, ends = question.offsets[:, 0], question.offsets[:, 1]
        matches[(begins >= action.span[0]) & (ends <= action.span[1]) & (ends > begins)] = 3
    return matches


def _begin_alike(one: str, other: str) -> bool:
    return one[:_SAME_BEGINNING] == other[:_SAME_BEGINNING]


class RelationFeatures(NamedTuple):
    """How well a question mentions a relation, in the order in which the network was trained to read it.

    They tell a `vice manager` from a `manager`.
    """

    similarity: float
    """The share of its words that the question has."""
    exact: float
    """1 where it has all of them."""
    range_similarity: float
    """The share of the words of what it leads to."""
    words: float
    """A quarter of the number of its words that the question has."""
    same_beginning: float
    """The share of its words that begin as words of the question do."""
    range_exact: float
    """1 where the question has all words of what it leads to."""


def relation_features(action: Action, stems: Mapping[str, list[int]]) -> RelationFeatures:
    """Features of a relation beside the stems of a question."""
    words = _text_stems(action.text)
    range_words = _text_stems(action.context[0]) if action.context else ()
    said = sum(word in stems for word in words)
    share = said / max(1, len(words))
    range_share = sum(word in stems for word in range_words) / max(1, len(range_words))
    long_words = [word for word in words if len(word) >= _SAME_BEGINNING]
    begun = sum(any(_begin_alike(word, other) for other in stems) for word in long_words)
    return RelationFeatures(
        similarity=share,
        exact=float(share == 1),
        range_similarity=range_share,
        words=said / 4,
        same_beginning=begun / max(1, len(words)),
        range_exact=float(range_share == 1),
    )


def _described(action: Action) -> frozenset[str]:
    """The stems of what is written about a column, whose name may be no more than a code."""
    about = action.context[1:] if action.kind == Kind.COLUMN else ()
    return frozenset(part for text in about for part in _text_stems(text) if part not in COMMON)


@lru_cache(maxsize=50_000)
def _text_stems(text: str) -> tuple[str, ...]:
    return tuple(stem(part) for part in fold(text).split())
