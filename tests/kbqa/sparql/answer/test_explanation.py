"""How a query was decided, in words."""

import pytest
from pyoxigraph import Literal

from kbqa.decoding.actions import Keyword, VariablePointer
from kbqa.decoding.beam import DerivationStep
from kbqa.decoding.explanation import ShownStep
from kbqa.sparql.answer.explanation import STEP_NAMES, action_text, steps_of, summary
from kbqa.sparql.grammar.actions import (
    KEYWORDS,
    BackwardPointer,
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    NumberPointer,
    Step,
    ValuePointer,
    Word,
)
from kbqa.sparql.query import Aggregate, Comparison
from tests.kbqa.sparql.graphs import iri

DIRECTOR = ForwardPointer(iri("director"), "director")
FILM = ClassPointer(iri("Film"), "film")


def derivation(*steps) -> list[DerivationStep]:
    return [DerivationStep(step, action, 9, 2, 0.5) for step, action in steps]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Keyword(Word.NEW), "whatever is there"),
        (Keyword(Word.STOP), "done"),
        (Keyword(Aggregate.COUNT_DISTINCT), "count distinct"),
        (Keyword(Aggregate.MAX), "max"),
        (Keyword(Comparison.AT_LEAST), ">="),
        (Keyword(Comparison.CONTAINS), "contains"),
        (VariablePointer(0), "?x0"),
        (VariablePointer(1, introduced_by=DIRECTOR), "?x1 (director)"),
        (VariablePointer(1, introduced_by=ForwardPointer(iri("p"))), "?x1"),
        (DIRECTOR, "director"),
        (BackwardPointer(iri("director"), "director"), "director (backwards)"),
        (EntityPointer(iri("f1"), "Falcon"), "Falcon"),
        (FILM, "film"),
        (ValuePointer((iri("genre"), Literal("drama")), "drama"), "drama"),
        (NumberPointer(Literal(3), "3"), "3"),
    ],
)
def test_an_action_in_words(action, text):
    assert action_text(action) == text


def test_every_keyword_and_every_step_has_words():
    assert all(action_text(Keyword(word)) for word in KEYWORDS)
    assert set(STEP_NAMES) == set(Step) - {Step.DONE}


def test_a_step_says_what_was_chosen_among_how_many():
    steps = derivation((Step.HEAD, FILM), (Step.RELATION, DIRECTOR))
    assert steps_of(steps) == [
        ShownStep("Where next", "film", 9, 2, 0.5),
        ShownStep("Over what", "director", 9, 2, 0.5),
    ]


def test_a_summary_is_what_was_chosen_without_what_says_nothing():
    steps = derivation(
        (Step.HEAD, FILM),
        (Step.HEAD, VariablePointer(0, introduced_by=FILM)),
        (Step.RELATION, DIRECTOR),
        (Step.TAIL, Keyword(Word.NEW)),
        (Step.HEAD, Keyword(Word.NOT)),
        (Step.HEAD, VariablePointer(1)),
        (Step.RELATION, BackwardPointer(iri("starring"), "starring")),
        (Step.TAIL, EntityPointer(iri("f1"), "Falcon")),
        (Step.HEAD, Keyword(Word.CLOSE)),
        (Step.HEAD, Keyword(Word.END)),
        (Step.COLUMN, Keyword(Aggregate.COUNT)),
        (Step.OF, VariablePointer(0)),
        (Step.COLUMN, VariablePointer(1)),
        (Step.ORDER, Keyword(Word.DESC)),
        (Step.LIMIT, Keyword(Word.UNLIMITED)),
        (Step.COLUMN, Keyword(Word.STOP)),
    )
    assert summary(steps) == (
        "film › director › except where › starring (backwards) › Falcon › count › ?x0 › sorted downwards"
    )


def test_nothing_decided_is_nothing_said():
    assert (summary([]), steps_of([])) == ("", [])
