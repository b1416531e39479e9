"""A question → queries that are put together of readings of simpler questions."""

from dataclasses import replace

from kbqa.sparql.decomposition import comparison
from kbqa.sparql.decomposition.parts import Composed, Operator, Reader
from kbqa.sparql.query import Query

OPERATORS: tuple[Operator, ...] = (
    comparison.yes_or_no,
    comparison.which_of_two,
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
    """Each query once, as likely as all ways to it together."""
    by_query: dict[Query, Composed] = {}
    for each in found:
        known = by_query.get(each.query)
        total = each.probability + (known.probability if known else 0.0)
        by_query[each.query] = replace(known or each, probability=min(1.0, total))
    return sorted(by_query.values(), key=lambda each: -each.probability)[:_MOST]
