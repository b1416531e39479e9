"""Constrained decoding for any Hugging Face sequence model, which can only spell legal actions.

All tokens but those that go on with a legal action are masked. A query is spelled as its actions in words,
each ended by `|`. What counts are bytes: a token is legal when
its bytes go on with a legal action, wherever the tokeniser cuts a name and even if a token spans the end of
one action and the beginning of the next. So no name is out of reach because it was cut into other tokens
in training (SPARKLE, section 3.2, walks tries of tokens).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic

import torch
from torch import Tensor
from transformers import LogitsProcessor, PreTrainedTokenizerBase

from kbqa.decoding.actions import Action, Kind
from kbqa.decoding.beam import S, S_co

END = b"|"
_SPACE = 0x20


@dataclass
class Node:
    """A node of a trie over bytes; `ends` is what ends here."""

    children: "dict[int, Node]" = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Position(Generic[S_co]):
    """A position in a text: the state, and the bytes that are spelled of its next action."""

    state: S_co
    spelled: bytes = b""


class Speller(Generic[S]):
    """Spells states' actions; remembers the spellings of each state that it met."""

    def __init__(self) -> None:
        self._spellings: dict[S, dict[bytes, Action]] = {}

    def spellings(self, state: S) -> Mapping[bytes, Action]:
        """The actions that hold in a state by their spelling, which is unique: namesakes are numbered."""
        spellings = self._spellings.get(state)
        if spellings is None:
            actions = list(state.legal_actions())
            spellings = {}
            for action, holds in zip(actions, state.holds(actions), strict=True):
                if holds:
                    spellings[_unique(spelling(action), spellings) + END] = action
            self._spellings[state] = spellings
        return spellings

    def next_bytes(self, position: Position[S]) -> set[int]:
        """The bytes that may follow; spaces are skipped before an action."""
        spelled = position.spelled
        following = {
            text[len(spelled)]
            for text in self.spellings(position.state)
            if len(text) > len(spelled) and text.startswith(spelled)
        }
        return following | ({_SPACE} if not spelled else set())

    def after(self, position: Position[S], byte: int) -> Position[S]:
        """The position after a legal byte."""
        if byte == _SPACE and not position.spelled:
            return position
        spelled = position.spelled + bytes([byte])
        action = self.spellings(position.state).get(spelled)
        return Position(position.state, spelled) if action is None else Position(position.state.apply(action))


def spelling(action: Action) -> bytes:
    """An action in words, without the sign that ends it."""
    if action.kind in (Kind.KEYWORD, Kind.COLUMN):
        text = str(action.key)  # a column with its table: many tables have a name, or an id
    elif action.kind == Kind.VARIABLE:
        text = f"?x{action.key}"
    else:
        text = f"{'~' if action.kind == Kind.BACKWARD else ''}{action.text or action.key}"
    return " ".join(text.replace("|", "/").split()).encode()


def _unique(text: bytes, taken: Mapping[bytes, Action]) -> bytes:
    number, unique = 2, text
    while unique + END in taken:
        unique, number = text + f" #{number}".encode(), number + 1
    return unique


class GrammarProcessor(LogitsProcessor, Generic[S]):
    """Leaves a model only the tokens that spell legal actions; when a query is complete, only the end.

    `prompt` is how many tokens of the sequence are not the model's: 1 for an encoder-decoder's start, a
    prompt's for others. A sequence that nothing can follow gets the end, too; `state_of` tells it from a
    complete one.
    """

    def __init__(self, start: S, tokens: "TokenTrie", prompt: int, end: int) -> None:
        self._speller, self._tokens, self._prompt, self._end = Speller[S](), tokens, prompt, end
        self._positions: dict[tuple[int, ...], Position[S]] = {(): Position(start)}
        self._legal: dict[Position[S], list[int]] = {}

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """The scores [sequences, vocabulary] with all but the legal tokens at minus infinity."""
        masked = torch.full_like(scores, float("-inf"))
        for row, ids in enumerate(input_ids.tolist()):
            legal = self._legal_tokens(self._position(ids[self._prompt :]))
            masked[row, legal] = scores[row, legal]
        return masked

    def state_of(self, ids: Sequence[int]) -> S | None:
        """The state that a whole sequence reached, None if its query is not complete."""
        position = self._position(ids[self._prompt :])
        return position.state if not position.state.step else None

    def _position(self, ids: Sequence[int]) -> Position[S]:
        done = tuple(token for token in ids if token in self._tokens.texts)
        position = self._positions.get(done)
        if position is None:
            position = self._position(done[:-1])
            for byte in self._tokens.texts[done[-1]]:
                position = self._speller.after(position, byte)
            self._positions[done] = position
        return position

    def _legal_tokens(self, position: Position[S]) -> list[int]:
        if not position.state.step:
            return [self._end]
        legal = self._legal.get(position)
        if legal is None:
            legal = self._legal[position] = list(self._walk(self._tokens.root, position)) or [self._end]
        return legal

    def _walk(self, node: Node, position: Position[S]) -> Iterable[int]:
        """The tokens whose bytes can follow; past the end of a query nothing can."""
        yield from node.ends
        if not position.state.step or not node.children:
            return
        for byte in self._speller.next_bytes(position) & node.children.keys():
            yield from self._walk(node.children[byte], self._speller.after(position, byte))


class TokenTrie:
    """A tokeniser's tokens by their bytes; special tokens and those without a text are left out."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.root = Node()
        self.texts: dict[int, bytes] = {}
        special = set(tokenizer.all_special_ids)
        vocabulary = tokenizer.get_vocab()
        to_bytes = _byte_level if any("Ġ" in token for token in vocabulary) else _metaspace
        for token, number in vocabulary.items():
            text = b"" if number in special else to_bytes(token)
            if text:
                self.texts[number] = text
                self._add(text, number)

    def _add(self, text: bytes, number: int) -> None:
        node = self.root
        for byte in text:
            node = node.children.setdefault(byte, Node())
        node.ends.append(number)


def _metaspace(token: str) -> bytes:
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace("▁", " ").encode()


def _byte_level(token: str) -> bytes:
    """The bytes that a byte-level token's letters stand for (GPT-2's table)."""
    try:
        return bytes(_BYTES[letter] for letter in token)
    except KeyError:
        return b""


def _byte_table() -> dict[str, int]:
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {
        chr(0x100 + index): byte for index, byte in enumerate(hidden)
    }


_BYTES = _byte_table()
