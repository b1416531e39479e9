"""Days, months and years of a question as values that a graph's dates are compared with."""

from pyoxigraph import Literal, NamedNode

from kbqa.linking.dates import parse_partial_date
from kbqa.sparql.query import Comparison, Period

DATE_TYPES = ("date", "dateTime", "gYear")
"""The local names of the datatypes that dates are compared with."""
_XSD = "http://www.w3.org/2001/XMLSchema#"
_EQUALITIES = (Comparison.EQUAL, Comparison.UNEQUAL)
_FROM_LAST = (Comparison.GREATER, Comparison.AT_MOST)
"""Comparisons with the last moment of a time: what is after a year is after its last day."""


def is_dated(text: str) -> bool:
    """Whether a text is a month or a day, which no number looks like."""
    partial = parse_partial_date(text)
    return partial is not None and partial.month is not None


def dated_value(text: str, datatype: str, comparison: Comparison | None) -> Literal | Period | None:
    """What a property of a datatype of DATE_TYPES is compared with, for a year, a month or a day.

    A longer time stands for its first moment or for its last, whichever the comparison is about; equal to it
    is what lies within. None for other texts.
    """
    partial = parse_partial_date(text)
    if partial is None or (datatype == "gYear" and partial.month is not None):
        return None
    if datatype == "gYear":
        return Literal(text, datatype=NamedNode(_XSD + datatype))
    if comparison in _EQUALITIES:
        return Period(text)
    last = comparison in _FROM_LAST
    time = "" if datatype == "date" else "T23:59:59" if last else "T00:00:00"
    day = partial.last_day if last else partial.first_day
    return Literal(f"{day}{time}", datatype=NamedNode(_XSD + datatype))
