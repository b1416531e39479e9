"""Beam search over choices, and its diverse form (Vijayakumar et al. 2016).

Hypotheses go on choice by choice, each with the best that the network sees among what the grammar allows; the
data are asked only about choices that would be kept, the best first, so the cost follows the width and not
the number of choices.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kbqa.decoding.actions import Action, State

MAX_STEPS = 60


@dataclass(frozen=True)
class DerivationStep:
    """One step as it was decided: how many choices the grammar offered, how many were tried and refused by
    the data.
    """

    step: str
    choice: Action
    offered: int
    refused: int
    probability: float


@dataclass(frozen=True)
class Hypothesis:
    """A prefix of a query, or a whole one, and the log-probability of its choices."""

    state: State
    score: float = 0.0
    derivation: tuple[DerivationStep, ...] = ()
    group: int | None = None


class Scorer(Protocol):
    """Scores choices.

    It keeps what it needs of each hypothesis between steps, in the order in which they are given.
    """

    def next_scores(
        self, parents: Sequence[int], hypotheses: Sequence[Hypothesis], offers: Sequence[Sequence[Action]]
    ) -> list[NDArray[np.float32]]:
        """Return for each hypothesis the log-probabilities of its offers; `parents` are their places at the
        last call.
        """
        ...


@dataclass(frozen=True)
class BeamOptions:
    """How wide to search. With several groups, each is held away from what the ones before it choose, by
    `strength`.

    What is `margin` nats less likely than a complete hypothesis is given up: nobody wants to read it, and it
    would be looked after for many more steps.
    """

    width: int = 5
    margin: float = 6.0
    groups: int = 1
    strength: float = 0.5


class Deadline:
    """How long anyone waits: once it has `passed`, the search ends with what is complete, or goes on with the
    best hypothesis alone.

    It gives up where twice the time is `over`. The clock gives seconds; without `seconds` it never comes.
    """

    def __init__(self, seconds: float = float("inf"), clock: Callable[[], float] = monotonic) -> None:
        self.seconds, self._clock, self._begun = seconds, clock, clock()

    @property
    def passed(self) -> bool:
        """Tell whether the time is up."""
        return self._clock() - self._begun > self.seconds

    @property
    def over(self) -> bool:
        """Tell whether it was up as long ago as it lasted."""
        return self._clock() - self._begun > 2 * self.seconds


@dataclass
class _Offer:
    """The choices of one hypothesis, the best first, checked in portions."""

    parent: int
    hypothesis: Hypothesis
    choices: list[Action]
    scores: list[float]
    portion: int
    checked: dict[int, bool] = field(default_factory=dict)
    refused: int = 0

    def holds(self, place: int) -> bool:
        if place not in self.checked:
            places = range(place, min(place + self.portion, len(self.choices)))
            self.checked |= zip(
                places, self.hypothesis.state.holds([self.choices[each] for each in places]), strict=True
            )
        self.refused += not self.checked[place]
        return self.checked[place]

    def child(self, place: int, group: int) -> Hypothesis:
        choice = self.choices[place]
        taken = DerivationStep(
            self.hypothesis.state.step,
            choice,
            len(self.choices),
            self.refused,
            float(np.exp(self.scores[place])),
        )
        return Hypothesis(
            self.hypothesis.state.apply(choice),
            self.hypothesis.score + self.scores[place],
            (*self.hypothesis.derivation, taken),
            group,
        )


def search(
    start: State, scorer: Scorer, options: BeamOptions | None = None, deadline: Deadline | None = None
) -> list[Hypothesis]:
    """Return complete hypotheses, the best first; as many as the width, or fewer where the data, or the time,
    allow no more.
    """
    options, deadline = options or BeamOptions(), deadline or Deadline()
    active, parents, finished = [Hypothesis(start)], [0], list[Hypothesis]()
    for _ in range(MAX_STEPS):
        if deadline.over or (finished and deadline.passed):
            break
        offers = _offers(active, parents, scorer, options.width)
        active, parents = [], []
        for parent, child in _best(offers, options, deadline):
            if child.state.step:
                active.append(child)
                parents.append(parent)
            else:
                finished.append(child)
        finished = sorted(finished, key=lambda each: -each.score)[: options.width]
        kept = [place for place, each in enumerate(active) if each.score > _least(finished, options)]
        if deadline.passed:
            kept = sorted(kept, key=lambda place: -active[place].score)[:1]
        active, parents = [active[place] for place in kept], [parents[place] for place in kept]
        if not active:
            break
    return finished


def append_fallback(found: Sequence[Hypothesis], insisting: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return what was found, and after it what was found by insisting that there is an answer, as likely as
    the first search left room for.
    """
    room = max(1e-9, 1.0 - sum(float(np.exp(each.score)) for each in found))
    return [*found, *(replace(each, score=each.score + float(np.log(room))) for each in insisting)]


def is_answerable(found: Sequence[Hypothesis]) -> bool:
    """Tell whether some answer is likelier than that there is none: readings of one question share what
    speaks for them.
    """
    none = sum(float(np.exp(each.score)) for each in found if not each.state.answerable)
    return sum(float(np.exp(each.score)) for each in found if each.state.answerable) > none


def _least(finished: Sequence[Hypothesis], options: BeamOptions) -> float:
    """Return the score that a hypothesis must exceed to be gone on with."""
    if not finished:
        return float("-inf")
    margin = finished[0].score - options.margin
    return max(margin, finished[-1].score) if len(finished) == options.width else margin


def _offers(active: Sequence[Hypothesis], parents: Sequence[int], scorer: Scorer, width: int) -> list[_Offer]:
    choices = [list(each.state.legal_actions()) for each in active]
    scored = scorer.next_scores(parents, active, choices)
    offers = []
    for place, (hypothesis, own, scores) in enumerate(zip(active, choices, scored, strict=True)):
        order = np.argsort(-scores, kind="stable")
        offers.append(
            _Offer(
                place,
                hypothesis,
                [own[each] for each in order],
                [float(scores[each]) for each in order],
                width,
            )
        )
    return offers


def _best(
    offers: Sequence[_Offer], options: BeamOptions, deadline: Deadline
) -> Iterator[tuple[int, Hypothesis]]:
    """Yield (parent, child) of the best choices that hold; groups choose in turn, each to go on with its own
    hypotheses.

    Where the time is up, a group ends with the first that holds.
    """
    used: set[tuple[int, int]] = set()
    chosen: dict[Action, int] = {}
    for group in range(options.groups):
        size = options.width // options.groups + (group < options.width % options.groups)
        own = [offer for offer in offers if offer.hypothesis.group in (None, group)]
        ranked = [
            (offer.hypothesis.score + score, offer, place)
            for offer in own
            for place, score in enumerate(offer.scores)
        ]
        penalised = sorted(
            ranked,
            key=lambda entry: -(entry[0] - options.strength * chosen.get(entry[1].choices[entry[2]], 0)),
        )
        kept = 0
        for _, offer, place in penalised:
            if kept == size or deadline.over or (kept and deadline.passed):
                break
            if (offer.parent, place) in used or not offer.holds(place):
                continue
            used.add((offer.parent, place))
            kept += 1
            choice = offer.choices[place]
            chosen[choice] = chosen.get(choice, 0) + (options.groups > 1)
            yield offer.parent, offer.child(place, group)
