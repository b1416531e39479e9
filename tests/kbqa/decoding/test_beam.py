"""Beam search by hand: width, margin, groups, refused actions, deadlines."""

import numpy as np
import pytest

from kbqa.decoding.actions import Keyword
from kbqa.decoding.beam import MAX_STEPS, BeamOptions, Deadline, Hypothesis, search
from tests.kbqa.decoding.spelling import LETTERS, NONE, Clock, Slow, Spelling, Table, counted, shares, words

WIDE = 1e9
"""A margin that gives nothing up."""


def found(
    width: int, state: Spelling | None = None, scorer: Table | None = None, **options
) -> list[Hypothesis]:
    return search(state or Spelling(), scorer or Table(), BeamOptions(width=width, **options))


def test_the_best_come_first():
    best = found(3, margin=WIDE)
    assert words(best)[0] == "aaa"
    assert shares(best) == sorted(shares(best), reverse=True)


def test_the_likeliest_words_are_found_and_no_others():
    assert sorted(words(found(4, margin=WIDE))) == ["aaa", "aab", "aba", "baa"]
    assert shares(found(4, margin=WIDE)) == [0.064, 0.048, 0.048, 0.048]


@pytest.mark.parametrize("width", [1, 2, 5, 7])
def test_as_many_are_found_as_the_beam_is_wide(width):
    assert len(found(width, margin=WIDE)) == width


def test_a_wider_beam_finds_what_begins_badly_and_ends_well():
    scorer = {"": {"a": 0.6, "b": 0.4}, "a": {}, "b": {"c": 1.0}, "bc": {"d": 1.0}}
    assert words(found(1, scorer=Table(scorer), margin=WIDE))[0].startswith("a")
    best = found(2, scorer=Table(scorer), margin=WIDE)[0]
    assert (best.state.text, round(float(np.exp(best.score)), 3)) == ("bcd", 0.4)


def test_scores_are_those_of_the_actions():
    best = found(2)[0]
    assert np.isclose(best.score, 3 * np.log(0.4))
    assert [round(step.probability, 3) for step in best.derivation] == [0.4, 0.4, 0.4]
    assert [step.offered for step in best.derivation] == [4, 4, 4]
    assert [(step.step, step.action) for step in best.derivation] == [("LETTER", Keyword("a"))] * 3


def test_what_the_data_refuse_is_in_no_word():
    best = words(found(4, Spelling(forbidden=("a", "bb"))))
    assert best[0] == "baa"
    assert not [word for word in best if word.startswith(("a", "bb"))]


def test_refusals_are_counted_where_they_are_met():
    best = found(1, Spelling(forbidden=("a", "b", "ca")))[0]
    assert (best.state.text, [step.refused for step in best.derivation]) == ("cba", [2, 1, 0])


def test_the_data_are_asked_about_the_likeliest_first_and_no_more_than_the_width_at_once():
    seen: list[list[str]] = []
    found(2, counted(Spelling(length=1), seen))
    assert seen == [["a", "b"]]
    seen.clear()
    found(2, counted(Spelling(length=1, forbidden=("a",)), seen))
    assert seen == [["a", "b"], ["c", "d"]]


def test_nothing_is_found_where_nothing_holds():
    assert found(3, Spelling(forbidden=tuple(LETTERS))) == []


def test_what_never_ends_is_given_up():
    assert found(1, Spelling(length=MAX_STEPS)) != []
    assert found(1, Spelling(length=MAX_STEPS + 1)) == []


@pytest.mark.parametrize(("margin", "number"), [(3.0, 4), (1.0, 1)])
def test_what_is_far_less_likely_than_a_complete_word_is_given_up(margin, number):
    # NONE is complete after one step, with 0.6; the letters have 0.1 each: exp(-1.79) of that.
    scorer = {"": {"NONE": 0.6}} | {prefix: {"a": 1.0} for prefix in ("a", "b", "c", "d")}
    scorer |= {prefix: {"a": 1.0} for prefix in ("aa", "ba", "ca", "da")}
    best = found(4, Spelling(may_have_none=True), Table(scorer), margin=margin)
    assert (words(best)[0], len(best)) == ("", number)


def test_no_complete_word_is_lost_to_a_worse_one():
    # With one place, the word that is complete first stays unless something likelier ends.
    state = Spelling(may_have_none=True)
    kept = found(
        2, state, Table({"": {"NONE": 0.5, "a": 0.5}, "a": {"a": 0.5}, "aa": {"a": 1.0}}), margin=WIDE
    )
    assert words(kept) == ["", "aaa"]
    assert shares(kept) == [0.5, 0.25]


def test_a_scorer_is_told_which_hypothesis_each_goes_on_from():
    scorer = Table({"": {"a": 0.5, "b": 0.5}, "a": {"a": 0.3}, "b": {"a": 0.9}})
    found(2, scorer=scorer, margin=WIDE)
    assert scorer.parents == [[0], [0, 0], [1, 0]]


def test_diverse_groups_begin_differently():
    plain = {word[0] for word in words(found(3))}
    diverse = {word[0] for word in words(found(3, groups=3, strength=5.0))}
    assert (len(plain), len(diverse)) == (1, 3)


def test_groups_without_strength_only_keep_off_the_hypotheses_of_others():
    assert sorted(words(found(2, groups=2, strength=0.0, margin=WIDE))) == ["aaa", "baa"]


@pytest.mark.parametrize(("strength", "second"), [(0.4, "ba"), (0.6, "bb")])
def test_strength_is_how_much_less_an_action_is_worth_that_another_group_took(strength, second):
    # The first group takes `a` twice; the second, at `b`, goes on with `b` in place of `a` where it pays more
    # for `a` than log(0.5 / 0.3) = 0.51.
    scorer = Table({"": {"a": 0.5, "b": 0.5}, "a": {"a": 0.5, "b": 0.3}, "b": {"a": 0.5, "b": 0.3}})
    diverse = found(2, Spelling(length=2), scorer, groups=2, strength=strength, margin=WIDE)
    assert sorted(words(diverse)) == ["aa", second]
    assert {hypothesis.state.text: hypothesis.group for hypothesis in diverse} == {"aa": 0, second: 1}


def test_one_group_pays_for_nothing():
    assert words(found(2, margin=WIDE, strength=100.0)) == words(found(2, margin=WIDE, strength=0.0))


def test_the_width_is_shared_out_among_groups():
    assert len(found(5, groups=2, margin=WIDE)) == 5
    seen = [hypothesis.group for hypothesis in found(5, Spelling(length=1, may_have_none=True), groups=2)]
    assert sorted(seen) == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(("seconds", "number"), [(100, 3), (1.5, 1), (0.5, 0)])
def test_what_takes_too_long_ends_with_the_best_so_far(seconds, number):
    clock = Clock()
    best = words(search(Slow(clock=clock), Table(), BeamOptions(width=3), Deadline(seconds, clock)))
    assert best[:1] == ["aaa"][:number]
    assert len(best) == number


def test_once_the_time_is_up_only_the_best_goes_on():
    clock = Clock()
    scorer = Table({"": {"a": 0.5, "b": 0.5}, "a": {"a": 0.9}, "b": {"a": 0.8}})
    best = search(Slow(clock=clock), scorer, BeamOptions(width=2), Deadline(2.5, clock))
    assert words(best) == ["aaa"]
    assert [len(parents) for parents in scorer.parents] == [1, 2, 1]


def test_a_deadline_passes_and_is_over_at_twice_its_time():
    clock = Clock()
    deadline = Deadline(2.0, clock)
    states = []
    for clock.now in (2.0, 2.1, 4.0, 4.1):
        states.append((deadline.passed, deadline.over))
    assert states == [(False, False), (True, False), (True, False), (True, True)]
    assert not Deadline().passed


def test_none_is_an_action_as_others_are():
    assert [
        step.action
        for step in found(1, Spelling(may_have_none=True), Table({"": {"NONE": 0.9}}))[0].derivation
    ] == [NONE]
