"""A question and its candidates as arrays: what training and inference both feed to the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

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
"""How a token relates to a candidate: 0 not, 1 begins as one of its words or is in what is written about it,
2 has the stem of one, 3 belongs to its mention.
"""
JOINT_MATCHES = 1 + 2 * MATCHES
"""Token to token, token to candidate, candidate to token; what candidates are to each other comes after."""
MAX_TOKENS = 256
CONTEXTS = 8
"""How many texts of a candidate's surroundings are read."""
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
    none; features float32 [n, FEATURES]; matches int8 [n, tokens]; relations int8 [n, n], what each is to
    each, where they are read together.
    """

    kinds: NDArray[np.int64]
    texts: NDArray[np.int64]
    contexts: NDArray[np.int64]
    features: NDArray[np.float32]
    matches: NDArray[np.int8]
    relations: NDArray[np.int8] | None = None


Relate = Callable[[Sequence[Action]], NDArray[np.int8]]
"""Tells what each candidate is to each [n, n]; the numbers mean what the language's own code says, 0 is
nothing.
"""


class TextTable:
    """Vectors of texts by row; row 0 is no text. It grows, and starts anew when it is too large."""

    def __init__(
        self, encode: Callable[[Sequence[str]], Vectors], dimension: int, most: int = 200_000
    ) -> None:
        self._encode, self._most = encode, most
        self._rows: dict[str, int] = {}
        self.vectors: Vectors = np.zeros((1, dimension), dtype=np.float32)

    def rows(self, texts: Sequence[str]) -> list[int]:
        """Return the row of each text, encoding what is new; an empty text has row 0."""
        new = [text for text in dict.fromkeys(texts) if text and text not in self._rows]
        if len(self._rows) + len(new) > self._most:
            self._rows, self.vectors = {}, self.vectors[:1]
            new = [text for text in dict.fromkeys(texts) if text]
        if new:
            self._rows |= {text: len(self.vectors) + place for place, text in enumerate(new)}
            self.vectors = np.concatenate([self.vectors, self._encode(new)])
        return [self._rows[text] if text else 0 for text in texts]


def read_question(tokenizer: Tokenizer, text: str) -> Question:
    """Tokenise a question."""
    encoding = tokenizer.encode(text)
    return Question(
        text, np.array(encoding.ids[:MAX_TOKENS]), np.array(encoding.offsets[:MAX_TOKENS]).reshape(-1, 2)
    )


def read_candidates(
    question: Question, choices: Sequence[Action], table: TextTable, relate: Relate | None = None
) -> Candidates:
    """Read pointers beside a question."""
    number, tokens = len(choices), len(question.ids)
    features = np.zeros((number, FEATURES), dtype=np.float32)
    matches = np.zeros((number, tokens), dtype=np.int8)
    texts = table.rows([choice.text if choice.kind in READ_BY_TEXT else "" for choice in choices])
    around = [(*choice.context[:CONTEXTS], *[""] * (CONTEXTS - len(choice.context))) for choice in choices]
    contexts = np.array(table.rows([text for texts in around for text in texts]), dtype=np.int64).reshape(
        number, CONTEXTS
    )
    stems = _token_stems(question)
    for row, choice in enumerate(choices):
        known = _shared_words(choice, stems) if choice.kind in _RELATIONS else choice.features
        features[row, : len(known)] = known
        matches[row] = _matches(choice, question, stems)
    kinds = np.array([KINDS.index(choice.kind) for choice in choices], dtype=np.int64)
    relations = relate(choices) if relate else None
    return Candidates(kinds, np.array(texts, dtype=np.int64), contexts, features, matches, relations)


def _token_stems(question: Question) -> Mapping[str, list[int]]:
    """Return for each stem of the question's words the tokens that spell it."""
    found: dict[str, list[int]] = {}
    for match in WORD.finditer(question.text):
        start, end = match.span()
        inside = (
            (question.offsets[:, 0] >= start)
            & (question.offsets[:, 1] <= end)
            & (question.offsets[:, 1] > question.offsets[:, 0])
        )
        for part in [*fold(match.group()).split(), *parts_of(match.group())]:
            found.setdefault(stem(part), []).extend(np.flatnonzero(inside).tolist())
    return found


def _matches(choice: Action, question: Question, stems: Mapping[str, list[int]]) -> NDArray[np.int8]:
    found = np.zeros(len(question.ids), dtype=np.int8)
    if choice.kind in READ_BY_TEXT:
        for part in _described(choice):
            found[stems.get(part, [])] = 1
        found[stems.get(stem("".join(fold(choice.text).split())), [])] = 2
        for part in _text_stems(choice.text):
            for other, tokens in stems.items():
                if part == other:
                    found[tokens] = 2
                elif (
                    part[:_SAME_BEGINNING] == other[:_SAME_BEGINNING]
                    and len(part) >= _SAME_BEGINNING
                    and len(other) >= _SAME_BEGINNING
                ):
                    found[tokens] = np.maximum(found[tokens], 1)
    elif choice.span is not None:
        offsets = question.offsets
        found[
            (offsets[:, 0] >= choice.span[0])
            & (offsets[:, 1] <= choice.span[1])
            & (offsets[:, 1] > offsets[:, 0])
        ] = 3
    return found


def _shared_words(choice: Action, stems: Mapping[str, list[int]]) -> tuple[float, ...]:
    """Return how much of what a relation is called, and of what it leads to, the question says: what tells a
    `vice manager` from a `manager`.
    """
    own, around = _text_stems(choice.text), _text_stems(choice.context[0]) if choice.context else ()
    said, said_around = sum(part in stems for part in own), sum(part in stems for part in around)
    begun = sum(
        len(part) >= _SAME_BEGINNING
        and any(part[:_SAME_BEGINNING] == other[:_SAME_BEGINNING] for other in stems)
        for part in own
    )
    share, share_around = said / max(1, len(own)), said_around / max(1, len(around))
    return (
        share,
        float(share == 1),
        share_around,
        said / 4,
        begun / max(1, len(own)),
        float(share_around == 1),
    )


def _described(choice: Action) -> frozenset[str]:
    """Return the stems of what is written about a column, whose name may be no more than a code."""
    about = choice.context[1:] if choice.kind == Kind.COLUMN else ()
    return frozenset(part for text in about for part in _text_stems(text) if part not in COMMON)


@lru_cache(maxsize=50_000)
def _text_stems(text: str) -> tuple[str, ...]:
    return tuple(stem(part) for part in fold(text).split())
