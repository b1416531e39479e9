"""A grammar so small that every search can be followed by hand: words of three letters, or no answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kbqa.decoding.actions import Keyword

LETTERS = "abcd"
NONE = Keyword("NONE")


@dataclass(frozen=True)
class Spelling:
    """A prefix of a word.

    What begins with a `forbidden` text does not hold; `answers` says whether NONE is among the first letters.
    """

    text: str = ""
    forbidden: tuple[str, ...] = ()
    may_have_none: bool = False
    answerable: bool = True
    length: int = 3

    @property
    def step(self):
        return "" if len(self.text) == self.length or not self.answerable else "LETTER"

    def legal_actions(self):
        none = [NONE] if self.may_have_none and not self.text else []
        return [*none, *map(Keyword, LETTERS)]

    def holds(self, actions):
        return [
            not any((self.text + action.key).startswith(text) for text in self.forbidden)
            for action in actions
        ]

    def apply(self, action):
        if action == NONE:
            return replace(self, answerable=False)
        return replace(self, text=self.text + action.key)

    def requiring_answer(self):
        return replace(self, may_have_none=False)


class Table:
    """Scores actions by a table: the text so far → the probability of each next letter, others have equal
    shares of what is left.
    """

    def __init__(self, shares: dict[str, dict[str, float]] | None = None) -> None:
        self.shares = shares or {}
        self.parents: list[list[int]] = []

    def next_scores(self, parents, hypotheses, legal):
        self.parents.append(list(parents))
        return [
            self._scores(hypothesis.state.text, actions)
            for hypothesis, actions in zip(hypotheses, legal, strict=True)
        ]

    def _scores(self, text, actions):
        known = self.shares.get(text, dict(zip(LETTERS, (0.4, 0.3, 0.2, 0.1), strict=True)))
        unknown = sum(action.key not in known for action in actions)
        rest = max(1e-9, 1 - sum(known.values())) / max(1, unknown)
        return np.log(np.array([known.get(action.key, rest) for action in actions], dtype=np.float32))


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Slow(Spelling):
    """Words whose every portion of letters takes a second to check."""

    clock: Clock | None = None

    def holds(self, actions):
        self.clock.now += 1
        return super().holds(actions)


def counted(state: Spelling, seen: list[list[str]]) -> Spelling:
    """The state, which notes what the data are asked about."""

    class Counted(Spelling):
        def holds(self, actions):
            seen.append([action.key for action in actions])
            return super().holds(actions)

    return Counted(**vars(state))


def words(hypotheses: Sequence) -> list[str]:
    """The words of complete hypotheses; "" for no answer."""
    return [hypothesis.state.text for hypothesis in hypotheses]


def shares(hypotheses: Sequence, digits: int = 4) -> list[float]:
    """The probabilities of hypotheses, rounded."""
    return [round(float(np.exp(hypothesis.score)), digits) for hypothesis in hypotheses]
