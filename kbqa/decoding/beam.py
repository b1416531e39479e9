"""Beam search over actions, and its diverse form (Vijayakumar et al. 2016).

Hypotheses go on action by action, each with the best that the network sees among what the grammar allows; the
data are asked only about actions that would be taken, the best first, so the cost follows the width and not
the number of actions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from kbqa.decoding.actions import Action, State

MAX_STEPS = 60

S = TypeVar("S", bound=State)
T = TypeVar("T")
S_co = TypeVar("S_co", bound=State, covariant=True)


@dataclass(frozen=True)
class DerivationStep:
    """One step as it was decided.

    `offered` is how many actions the grammar allowed, `refused` how many of them were tried and refused by
    the data; `probability` is that of the action among those allowed.
    """

    step: str
    action: Action
    offered: int
    refused: int
    probability: float


@dataclass(frozen=True)
class Hypothesis(Generic[S_co]):
    """A prefix of a query, or a whole one, and the log-probability of its actions."""

    state: S_co
    score: float = 0.0
    derivation: tuple[DerivationStep, ...] = ()
    group: int | None = None


class Scorer(Protocol):
    """Scores actions.

    It keeps what it needs of each hypothesis between steps, in the order in which they are given: a search
    needs one of its own.
    """

    def next_scores(
        self,
        parents: Sequence[int],
        hypotheses: Sequence[Hypothesis[State]],
        legal: Sequence[Sequence[Action]],
    ) -> list[NDArray[np.float32]]:
        """Log-probabilities of the legal actions of each hypothesis, float32 [actions] each.

        `parents` are the indices, at the last call, of the hypotheses that these go on from.
        """
        ...


@dataclass(frozen=True)
class BeamOptions:
    """The width of a search, and its groups.

    With several `groups`, each is held away from what the ones before it choose: an action is worth
    `strength` nats less for each hypothesis that took it. A hypothesis that is `margin` nats less likely than
    a complete one is given up: nobody wants to read it, and it would be gone on with for many more steps.
    """

    width: int = 5
    margin: float = 6.0
    groups: int = 1
    strength: float = 0.5


class Deadline:
    """A limit of time.

    Once it has `passed`, the search ends with what is complete, or goes on with the best hypothesis alone. It
    gives up where twice the time is `over`. The clock gives seconds; without `seconds` it never comes.
    """

    def __init__(self, seconds: float = float("inf"), clock: Callable[[], float] = monotonic) -> None:
        self.seconds, self._clock, self._begun = seconds, clock, clock()

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return self._clock() - self._begun > self.seconds

    @property
    def over(self) -> bool:
        """Whether it was up as long ago as it lasted."""
        return self._clock() - self._begun > 2 * self.seconds


class AtOnce(Protocol):
    """Runs several pieces of work at once, where the data answer several questions as soon as one."""

    def __call__(self, jobs: Sequence[Callable[[], T]], /) -> list[T]:
        """The results of pieces of work, in their order."""
        ...


@dataclass
class _Expansion(Generic[S]):
    """The actions of a hypothesis, the best first; the data are asked about `portion` of them at once."""

    parent: int
    hypothesis: Hypothesis[S]
    actions: list[Action]
    scores: list[float]
    portion: int
    checked: dict[int, bool] = field(default_factory=dict)
    refused: int = 0

    def holds(self, rank: int) -> bool:
        if rank not in self.checked:
            ranks = range(rank, min(rank + self.portion, len(self.actions)))
            actions = [self.actions[other] for other in ranks]
            self.checked |= zip(ranks, self.hypothesis.state.holds(actions), strict=True)
        self.refused += not self.checked[rank]
        return self.checked[rank]

    def prepare(self) -> None:
        """Ask the data about the first portion."""
        actions = self.actions[: self.portion]
        if actions and not self.checked:
            self.checked |= zip(range(len(actions)), self.hypothesis.state.holds(actions), strict=True)

    def child(self, rank: int, group: int) -> Hypothesis[S]:
        state, action, score = self.hypothesis.state, self.actions[rank], self.scores[rank]
        step = DerivationStep(state.step, action, len(self.actions), self.refused, float(np.exp(score)))
        derivation = (*self.hypothesis.derivation, step)
        return Hypothesis(state.apply(action), self.hypothesis.score + score, derivation, group)


def search(
    start: S,
    scorer: Scorer,
    options: BeamOptions | None = None,
    deadline: Deadline | None = None,
    at_once: AtOnce | None = None,
) -> list[Hypothesis[S]]:
    """Complete hypotheses, the best first; with `at_once`, the data are asked about all of a step together.

    They are as many as the width, or fewer where the data, or the time, allow no more.
    """
    options, deadline = options or BeamOptions(), deadline or Deadline()
    active, parents, finished = [Hypothesis(start)], [0], list[Hypothesis[S]]()
    for _ in range(MAX_STEPS):
        if deadline.over or (finished and deadline.passed):
            break
        expansions = _expansions(active, parents, scorer, options.width, at_once)
        if at_once is not None:
            at_once([expansion.prepare for expansion in expansions])
        children = list(_best(expansions, options, deadline))
        complete = [child for _, child in children if not child.state.step]
        finished = _by_score([*finished, *complete])[: options.width]
        threshold = _threshold(finished, options)
        promising = [
            (parent, child) for parent, child in children if child.state.step and child.score > threshold
        ]
        if deadline.passed:
            promising = sorted(promising, key=lambda entry: -entry[1].score)[:1]
        if not promising:
            break
        parents, active = [parent for parent, _ in promising], [child for _, child in promising]
    return finished


def _by_score(hypotheses: Sequence[Hypothesis[S]]) -> list[Hypothesis[S]]:
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)


def _threshold(finished: Sequence[Hypothesis[State]], options: BeamOptions) -> float:
    """The score that a hypothesis must exceed to be gone on with."""
    if not finished:
        return float("-inf")
    margin = finished[0].score - options.margin
    return max(margin, finished[-1].score) if len(finished) == options.width else margin


def _expansions(
    active: Sequence[Hypothesis[S]],
    parents: Sequence[int],
    scorer: Scorer,
    width: int,
    at_once: AtOnce | None = None,
) -> list[_Expansion[S]]:
    asked = [hypothesis.state.legal_actions for hypothesis in active]
    legal = [list(actions) for actions in (at_once(asked) if at_once else [ask() for ask in asked])]
    expansions = []
    scored = zip(active, legal, scorer.next_scores(parents, active, legal), strict=True)
    for parent, (hypothesis, actions, scores) in enumerate(scored):
        order = np.argsort(-scores, kind="stable")
        ranked = [actions[index] for index in order], [float(scores[index]) for index in order]
        expansions.append(_Expansion(parent, hypothesis, *ranked, portion=width))
    return expansions


def _best(
    expansions: Sequence[_Expansion[S]], options: BeamOptions, deadline: Deadline
) -> Iterator[tuple[int, Hypothesis[S]]]:
    """The best actions that hold, as (parent, child).

    Groups choose in turn, each to go on with its own hypotheses. Where the time is up, a group ends with the
    first that holds.
    """
    used: set[tuple[int, int]] = set()
    chosen: dict[Action, int] = {}
    for group in range(options.groups):
        size = options.width // options.groups + (group < options.width % options.groups)
        in_group = [expansion for expansion in expansions if expansion.hypothesis.group in (None, group)]
        taken = 0
        for expansion, rank in _ranked(in_group, chosen, options.strength):
            if taken == size or deadline.over or (taken and deadline.passed):
                break
            if (expansion.parent, rank) in used or not expansion.holds(rank):
                continue
            used.add((expansion.parent, rank))
            taken += 1
            action = expansion.actions[rank]
            chosen[action] = chosen.get(action, 0) + (options.groups > 1)
            yield expansion.parent, expansion.child(rank, group)


def _ranked(
    expansions: Sequence[_Expansion[S]], chosen: dict[Action, int], strength: float
) -> list[tuple[_Expansion[S], int]]:
    """All (expansion, rank of an action), the likeliest as a whole first, less what other groups took."""
    scored = [
        (expansion.hypothesis.score + score - strength * chosen.get(action, 0), expansion, rank)
        for expansion in expansions
        for rank, (action, score) in enumerate(zip(expansion.actions, expansion.scores, strict=True))
    ]
    return [(expansion, rank) for _, expansion, rank in sorted(scored, key=lambda entry: -entry[0])]
