"""Which layer stands between a question and its right answer, as far as gold SQL can tell.

The gold SQL is taken as it is written: what its form or the linking is said to lose may be within reach in
another form, as a percentage is.
"""

from collections.abc import Iterator
from enum import StrEnum

from evaluation.kbqa.sql_match import Match, is_met, is_valid
from evaluation.kbqa.sql_questions import GoldQuestion
from kbqa.sql.public import Answer, Source, link_question
from training.sql.oracle import NotWritableError, decisions
from training.sql.parser import NotCoveredError, parse_query


class Layer(StrEnum):
    """The last layer that had the right answer lost it."""

    REFUSAL = "refusal"
    """The best reading is right, but was not shown."""
    RANKING = "ranking"
    """Another reading is right."""
    NETWORK = "network"
    """A gold query can be written with what was found in the question."""
    LINKING = "linking"
    """A gold query is of a form that the grammar has, but not with what was found in the question."""
    FORM = "form"
    """None of the gold queries, as they are written, is of a form that the grammar has."""


def layer_of(question: GoldQuestion, answer: Answer, source: Source, match: Match) -> Layer:
    """The layer that lost the answer to a question, which has gold queries and was not answered rightly."""
    for number, reading in enumerate(answer.readings):
        if is_valid(reading.sql, source) and is_met(question, reading.sql, source, match):
            return Layer.RANKING if number else Layer.REFUSAL
    return max(_reached(question, source), key=list(Layer)[::-1].index)


def _reached(question: GoldQuestion, source: Source) -> Iterator[Layer]:
    """How far each gold query can be reached."""
    linked = link_question(question.text, source.asked, source.cells)
    for gold in question.golds:
        try:
            decisions(parse_query(gold, source.asked), linked)
        except NotCoveredError:
            yield Layer.FORM
        except NotWritableError:
            yield Layer.LINKING
        else:
            yield Layer.NETWORK
