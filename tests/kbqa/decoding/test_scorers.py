"""What scorers ask of a network's session, and give to a search."""

import numpy as np

from kbqa.decoding.actions import Keyword
from kbqa.decoding.beam import DerivationStep, Hypothesis
from kbqa.decoding.pointer_network import Past
from kbqa.decoding.scorers import NetworkScorer, RandomScorer
from tests.kbqa.decoding.spelling import Spelling

A, B = Keyword("a"), Keyword("b")


class FakeSession:
    """Notes what it is asked; its memory holds one number a hypothesis, its states count the steps."""

    def __init__(self) -> None:
        self.asked = []

    def step(self, past, previous, steps, steps_done):
        self.asked.append((past.keys[0].tolist() if past.keys else [], previous, list(steps), steps_done))
        return np.full((len(previous), 1), steps_done), Past(
            (np.arange(len(previous)) + 10 * steps_done,), ()
        )

    def scores(self, state, actions):
        return np.full(len(actions), float(state[0]), dtype=np.float32)


def after(*actions: Keyword) -> Hypothesis:
    steps = tuple(DerivationStep("LETTER", action, 2, 0, 0.5) for action in actions)
    return Hypothesis(Spelling("".join(action.key for action in actions)), 0.0, steps)


def test_the_network_is_told_what_was_chosen_last_and_remembers_by_parents():
    session = FakeSession()
    scorer = NetworkScorer(session)
    scorer.next_scores([0], [after()], [[A, B]])
    scorer.next_scores([0, 0], [after(A), after(B)], [[A], [A, B]])
    last = scorer.next_scores([1, 0, 1], [after(B, A), after(A, B), after(B, B)], [[A], [], [B]])
    assert session.asked == [
        ([], [None], ["LETTER"], 0),
        ([0, 0], [A, B], ["LETTER"] * 2, 1),
        ([11, 10, 11], [A, B, B], ["LETTER"] * 3, 2),
    ]
    assert [scores.tolist() for scores in last] == [[2.0], [], [2.0]]


def test_chance_is_the_same_from_the_same_seed():
    legal = [[A, B], [A]]
    one, again, other = (RandomScorer(seed).next_scores([0, 0], [], legal) for seed in (1, 1, 2))
    assert [scores.tolist() for scores in one] == [scores.tolist() for scores in again]
    assert one[0].tolist() != other[0].tolist()
    assert [len(scores) for scores in one] == [2, 1]
    assert all((scores <= 0).all() for scores in one)
