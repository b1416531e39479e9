"""Who scores choices: the network, or chance (for tests of what constraints alone guarantee)."""

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kbqa.decoding.actions import Action
from kbqa.decoding.beam import Hypothesis
from kbqa.decoding.pointer_network import Past, Session


class NetworkScorer:
    """The trained network, for one question."""

    def __init__(self, session: Session) -> None:
        self._session, self._past, self._done = session, Past(), 0

    def next_scores(
        self, parents: Sequence[int], hypotheses: Sequence[Hypothesis], offers: Sequence[Sequence[Action]]
    ) -> list[NDArray[np.float32]]:
        """Return for each hypothesis the log-probabilities of its offers."""
        past = self._past.of(parents) if self._done else self._past
        previous = [
            hypothesis.derivation[-1].choice if hypothesis.derivation else None for hypothesis in hypotheses
        ]
        states, self._past = self._session.step(
            past, previous, [hypothesis.state.step for hypothesis in hypotheses], self._done
        )
        self._done += 1
        return [
            self._session.scores(state, own) if own else np.zeros(0, np.float32)
            for state, own in zip(states, offers, strict=True)
        ]


class RandomScorer:
    """Chance."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def next_scores(
        self, parents: Sequence[int], hypotheses: Sequence[Hypothesis], offers: Sequence[Sequence[Action]]
    ) -> list[NDArray[np.float32]]:
        """Return any log-probabilities."""
        return [np.array([-self._rng.expovariate(0.2) for _ in own], dtype=np.float32) for own in offers]
