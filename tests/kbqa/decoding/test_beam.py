from dataclasses import dataclass

import numpy as np
import pytest

from kbqa.decoding.actions import Keyword
from kbqa.decoding.beam import BeamOptions, Deadline, Hypothesis, search
from kbqa.decoding.parse import append_fallback, is_answerable

LETTERS = "abcd"


@dataclass(frozen=True)
class Spelling:
    """Words of three letters; what is forbidden does not hold."""

    text: str = ""
    forbidden: tuple[str, ...] = ()

    @property
    def step(self):
        return "" if len(self.text) == 3 else "LETTER"

    def legal_actions(self):
        return [Keyword(letter) for letter in LETTERS]

    def holds(self, choices):
        return [
            not any((self.text + choice.key).startswith(each) for each in self.forbidden)
            for choice in choices
        ]

    def apply(self, choice):
        return Spelling(self.text + choice.key, self.forbidden)


class Likes:
    """Likes earlier letters better, always by as much."""

    def next_scores(self, parents, hypotheses, offers):
        return [np.log(np.array([0.4, 0.3, 0.2, 0.1], dtype=np.float32)) for _ in offers]


def words(found):
    return [each.state.text for each in found]


def test_the_best_come_first_and_forbidden_ones_never():
    assert words(search(Spelling(), Likes(), BeamOptions(width=3)))[0] == "aaa"
    found = words(search(Spelling(forbidden=("a", "bb")), Likes(), BeamOptions(width=4)))
    assert found[0] == "baa"
    assert not [word for word in found if word.startswith(("a", "bb"))]


def test_scores_are_those_of_the_choices():
    best = search(Spelling(), Likes(), BeamOptions(width=2))[0]
    assert np.isclose(np.exp(best.score), 0.4**3)
    assert [taken.offered for taken in best.derivation] == [4, 4, 4]


def test_refusals_are_counted():
    best = search(Spelling(forbidden=("a",)), Likes(), BeamOptions(width=1))[0]
    assert best.derivation[0].refused == 1
    assert best.derivation[1].refused == 0


def test_nothing_is_found_where_nothing_holds():
    assert search(Spelling(forbidden=tuple(LETTERS)), Likes()) == []


def test_diverse_groups_begin_differently():
    plain = {word[0] for word in words(search(Spelling(), Likes(), BeamOptions(width=3)))}
    diverse = {
        word[0] for word in words(search(Spelling(), Likes(), BeamOptions(width=3, groups=3, strength=5.0)))
    }
    assert len(diverse) > len(plain)


class Clock:
    """Gives a second more whenever something is asked of the data."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@dataclass(frozen=True)
class Slow(Spelling):
    """Words whose every letter takes a second to check."""

    clock: Clock | None = None

    def holds(self, choices):
        self.clock.now += 1
        return super().holds(choices)

    def apply(self, choice):
        return Slow(self.text + choice.key, self.forbidden, self.clock)


@pytest.mark.parametrize(("seconds", "found"), [(100, 3), (1.5, 1), (0.5, 0)])
def test_what_takes_too_long_ends_with_the_best_so_far(seconds, found):
    clock = Clock()
    words_found = words(search(Slow(clock=clock), Likes(), BeamOptions(width=3), Deadline(seconds, clock)))
    assert words_found[:1] == ["aaa"][:found]
    assert len(words_found) == found


@dataclass(frozen=True)
class Ended:
    """A complete query, or that there is none."""

    answerable: bool
    step: str = ""


def ended(answerable: bool, probability: float) -> Hypothesis:
    return Hypothesis(Ended(answerable), float(np.log(probability)))


def test_readings_share_what_speaks_against_there_being_no_answer():
    assert is_answerable([ended(False, 0.4), ended(True, 0.3), ended(True, 0.2)])
    assert not is_answerable([ended(False, 0.6), ended(True, 0.3)])
    assert not is_answerable([ended(False, 0.6)])
    assert not is_answerable([])


def test_what_is_insisted_on_has_the_room_that_is_left():
    found = append_fallback([ended(False, 0.9)], [ended(True, 0.7), ended(True, 0.2)])
    assert [round(float(np.exp(each.score)), 3) for each in found] == [0.9, 0.07, 0.02]
    assert not is_answerable(found)
