"""A question that was read → its parses: complete hypotheses, the best first, in any of the languages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np

from kbqa.decoding.actions import State
from kbqa.decoding.beam import AtOnce, BeamOptions, Deadline, Hypothesis, S, S_co, Scorer, search


@dataclass(frozen=True)
class Parses(Generic[S_co]):
    """Complete hypotheses, the best first, and what a person should know of how they came about."""

    hypotheses: Sequence[Hypothesis[S_co]]
    notice: str = ""

    @property
    def answerable(self) -> bool:
        """Whether some answer is likelier than that there is none."""
        return is_answerable(self.hypotheses)


def parse(
    start: S,
    new_scorer: Callable[[], Scorer],
    options: BeamOptions | None = None,
    deadline: Deadline | None = None,
    at_once: AtOnce | None = None,
) -> Parses[S]:
    """Parses from a state on; where the only one is that there is no answer, the nearest ones come after it.

    Sure that there is no answer, the search gives up all else: it is made once more, with a new scorer, from
    a state that requires an answer. One deadline is for both searches.
    """
    deadline = deadline or Deadline()
    hypotheses = search(start, new_scorer(), options, deadline, at_once)
    if not any(hypothesis.state.answerable for hypothesis in hypotheses):
        nearest = search(start.requiring_answer(), new_scorer(), options, deadline, at_once)
        hypotheses = append_fallback(hypotheses, nearest)
    ended = f"The search for readings was ended after {deadline.seconds:g} seconds."
    return Parses(hypotheses, ended if deadline.passed else "")


def append_fallback(
    hypotheses: Sequence[Hypothesis[S]], fallback: Sequence[Hypothesis[S]]
) -> list[Hypothesis[S]]:
    """Hypotheses, and after them those of a second search, as likely as the first left room for."""
    room = max(1e-9, 1.0 - sum(map(_probability, hypotheses)))
    return [
        *hypotheses,
        *(replace(hypothesis, score=hypothesis.score + float(np.log(room))) for hypothesis in fallback),
    ]


def is_answerable(hypotheses: Sequence[Hypothesis[State]]) -> bool:
    """Whether some answer is likelier than that there is none.

    The parses of one question share what speaks for them: their probabilities are added.
    """
    none = sum(_probability(hypothesis) for hypothesis in hypotheses if not hypothesis.state.answerable)
    some = sum(_probability(hypothesis) for hypothesis in hypotheses if hypothesis.state.answerable)
    return some > none


def _probability(hypothesis: Hypothesis[State]) -> float:
    return float(np.exp(hypothesis.score))
