"""Days, months and years as a question says them, beside what a graph keeps."""

import re
from calendar import monthrange

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import Comparison, Period

DATE_TYPES = ("date", "dateTime", "gYear")
"""The local names of the datatypes that dates are compared with."""
_ISO = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d{2}))?)?")
_XSD = "http://www.w3.org/2001/XMLSchema#"
_EQUALITIES = (Comparison.EQUAL, Comparison.UNEQUAL)
_FROM_LAST = (Comparison.GREATER, Comparison.AT_MOST)
"""What is after a year is after its last day."""


def is_dated(text: str) -> bool:
    """Tell whether a text is a month or a day, which no number looks like."""
    match = _ISO.fullmatch(text)
    return match is not None and bool(match["month"])


def dated_value(text: str, datatype: str, comparison: Comparison | None) -> Literal | Period | None:
    """Return what a property of a datatype of DATE_TYPES is compared with for a year, a month or a day; None
    for other texts.

    A longer time stands for its first moment or for its last, whichever the comparison is about; equal to it
    is what lies within.
    """
    match = _ISO.fullmatch(text)
    if match is None or (datatype == "gYear" and match["month"]):
        return None
    if datatype == "gYear":
        return Literal(text, datatype=NamedNode(_XSD + datatype))
    if comparison in _EQUALITIES:
        return Period(text)
    last = comparison in _FROM_LAST
    month = int(match["month"] or (12 if last else 1))
    day = int(match["day"] or (monthrange(int(match["year"]), month)[1] if last else 1))
    time = "" if datatype == "date" else "T23:59:59" if last else "T00:00:00"
    return Literal(f"{match['year']}-{month:02}-{day:02}{time}", datatype=NamedNode(_XSD + datatype))
