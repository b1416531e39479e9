"""A question → queries that are put together of readings of simpler questions."""

from dataclasses import replace

from kbqa.sparql.decomposition import (
    calculations,
    called,
    comparison,
    ranks,
    same,
    steps,
    thresholds,
    without,
)
from kbqa.sparql.decomposition.parts import Composed, Operator, Reader
from kbqa.sparql.query import Query

OPERATORS: tuple[Operator, ...] = (
    comparison.yes_or_no,
    comparison.which_of_two,
    same.have_the_same,
    same.shared_by_two,
    same.of_one_alone,
    calculations.difference_or_ratio,
    calculations.share,
    thresholds.than_one_thing,
    ranks.at_a_place,
    ranks.by_age,
    steps.any_number_of_steps,
    without.and_no,
    called.by_another_name,
)
"""The operators; the first that understands a question has it."""
_MOST = 5


def compose(question: str, reader: Reader) -> list[Composed]:
    """The queries that an operator puts together for a question, the likeliest first.

    None where no operator understands it. Raises StoreError, EncoderError.
    """
    text = " ".join(question.split())
    for operator in OPERATORS:
        if found := _distinct(list(operator(text, reader))):
            return found
    return []


def _distinct(found: list[Composed]) -> list[Composed]:
    """Each query once, as likely as all ways to it together; certain at most."""
    by_query: dict[Query, Composed] = {}
    for each in found:
        known = by_query.get(each.query)
        of_all = each.probability + (known.probability if known else 0.0)
        by_query[each.query] = replace(known or each, probability=of_all)
    total = max(1.0, sum(each.probability for each in by_query.values()))
    shares = [replace(each, probability=each.probability / total) for each in by_query.values()]
    return sorted(shares, key=lambda each: -each.probability)[:_MOST]
