"""Scorers of actions: the network, or chance, which shows what the constraints alone guarantee."""

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kbqa.decoding.actions import Action, State
from kbqa.decoding.beam import Hypothesis
from kbqa.decoding.pointer_network import Past, Session


class NetworkScorer:
    """The trained network, for one question and one search."""

    def __init__(self, session: Session) -> None:
        self._session, self._past, self._steps_done = session, Past(), 0

    def next_scores(
        self,
        parents: Sequence[int],
        hypotheses: Sequence[Hypothesis[State]],
        legal: Sequence[Sequence[Action]],
    ) -> list[NDArray[np.float32]]:
        """Log-probabilities of the legal actions of each hypothesis, float32 [actions] each."""
        past = self._past.of(parents) if self._steps_done else self._past
        previous = [
            hypothesis.derivation[-1].action if hypothesis.derivation else None for hypothesis in hypotheses
        ]
        steps = [hypothesis.state.step for hypothesis in hypotheses]
        states, self._past = self._session.step(past, previous, steps, self._steps_done)
        self._steps_done += 1
        return [
            self._session.scores(state, actions) if actions else np.zeros(0, np.float32)
            for state, actions in zip(states, legal, strict=True)
        ]


class RandomScorer:
    """Random scores from a seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def next_scores(
        self,
        parents: Sequence[int],
        hypotheses: Sequence[Hypothesis[State]],
        legal: Sequence[Sequence[Action]],
    ) -> list[NDArray[np.float32]]:
        """Random log-probabilities of the legal actions of each hypothesis, float32 [actions] each."""
        return [
            np.array([-self._rng.expovariate(0.2) for _ in actions], dtype=np.float32) for actions in legal
        ]
