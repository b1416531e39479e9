"""Parses with and without an answer, by hand."""

from dataclasses import dataclass

import numpy as np
import pytest

from kbqa.decoding.beam import BeamOptions, Deadline, Hypothesis
from kbqa.decoding.parse import append_fallback, is_answerable, parse
from tests.kbqa.decoding.spelling import Clock, Slow, Spelling, Table, shares, words


@dataclass(frozen=True)
class Ended:
    """A complete query, or that there is none."""

    answerable: bool
    step: str = ""


def ended(answerable: bool, probability: float) -> Hypothesis:
    return Hypothesis(Ended(answerable), float(np.log(probability)))


SURE_OF_NONE = {"": {"NONE": 0.9999}}
START = Spelling(may_have_none=True)


def test_a_question_with_an_answer_is_searched_once():
    made: list[Table] = []
    found = parse(START, lambda: made.append(Table({"": {"NONE": 0.05}})) or made[-1], BeamOptions(width=5))
    assert len(made) == 1
    assert "" in words(found.hypotheses)
    assert found.answerable


def test_where_there_is_no_answer_the_nearest_ones_follow():
    made: list[Table] = []
    found = parse(START, lambda: made.append(Table(SURE_OF_NONE)) or made[-1], BeamOptions(width=2, margin=1))
    assert len(made) == 2
    assert words(found.hypotheses)[0] == ""
    assert len(found.hypotheses) == 3
    assert [hypothesis.state.answerable for hypothesis in found.hypotheses] == [False, True, True]
    assert not found.answerable


def test_what_follows_is_as_likely_as_the_first_search_left_room_for():
    found = parse(START, lambda: Table({"": {"NONE": 0.9}}), BeamOptions(width=2, margin=1))
    assert shares(found.hypotheses)[0] == 0.9
    assert sum(shares(found.hypotheses, 9)) <= 1.0
    alone = shares(
        parse(Spelling(), lambda: Table({"": {"NONE": 0.9}}), BeamOptions(width=2, margin=1)).hypotheses
    )
    assert shares(found.hypotheses)[1:] == pytest.approx([0.1 * share for share in alone], abs=1e-4)


def test_where_nothing_holds_nothing_follows():
    found = parse(Spelling(forbidden=tuple("abcd")), Table)
    assert (list(found.hypotheses), found.notice, found.answerable) == ([], "", False)


@pytest.mark.parametrize(("seconds", "said"), [(100, False), (2.5, True)])
def test_a_person_is_told_where_the_search_was_ended(seconds, said):
    clock = Clock()
    found = parse(Slow(clock=clock), Table, BeamOptions(width=2), Deadline(seconds, clock))
    assert found.notice == (f"The search for readings was ended after {seconds:g} seconds." if said else "")


def test_one_deadline_is_for_both_searches():
    # The first search ends after a second, and the second is over before it has a whole word.
    clock = Clock()
    state = Slow(may_have_none=True, clock=clock)
    found = parse(state, lambda: Table(SURE_OF_NONE), BeamOptions(width=1, margin=1), Deadline(0.9, clock))
    assert (words(found.hypotheses), clock.now) == ([""], 2.0)


def test_parses_share_what_speaks_against_there_being_no_answer():
    assert is_answerable([ended(False, 0.4), ended(True, 0.3), ended(True, 0.2)])
    assert not is_answerable([ended(False, 0.6), ended(True, 0.3)])
    assert not is_answerable([ended(False, 0.5), ended(True, 0.5)])
    assert not is_answerable([ended(False, 0.6)])
    assert not is_answerable([])


def test_a_fallback_has_the_room_that_is_left():
    found = append_fallback([ended(False, 0.9)], [ended(True, 0.7), ended(True, 0.2)])
    assert [round(float(np.exp(each.score)), 3) for each in found] == [0.9, 0.07, 0.02]
    assert not is_answerable(found)


def test_a_fallback_has_all_room_where_nothing_was_found_and_almost_none_where_all_is_taken():
    assert shares(append_fallback([], [ended(True, 0.7)])) == [0.7]
    (_, last) = append_fallback([ended(False, 1.0)], [ended(True, 1.0)])
    assert last.score == pytest.approx(np.log(1e-9))
