"""Words for what columns measure, for who a row is, for what happened at a date, by the columns' names."""

import re

from kbqa.plurals import is_plural, plural_of
from kbqa.sql.schema import readable

SUPERLATIVES: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("price", "cost", "fee", "fare", "charge"),
        ("most expensive", "dearest"),
        ("cheapest", "least expensive"),
    ),
    (("age",), ("oldest",), ("youngest",)),
    (("salary", "wage", "pay", "income"), ("best paid", "highest paid"), ("lowest paid", "worst paid")),
    (("height", "altitude", "elevation"), ("tallest", "highest"), ("shortest", "lowest")),
    (("weight", "mass", "load"), ("heaviest",), ("lightest",)),
    (("length", "duration", "runtime", "distance"), ("longest",), ("shortest",)),
    (("area", "size", "capacity", "population"), ("largest", "biggest"), ("smallest",)),
    (("score", "rating", "grade", "rank"), ("best rated", "highest rated"), ("worst rated", "lowest rated")),
    (("speed", "pace"), ("fastest",), ("slowest",)),
    (("amount", "total", "quantity", "budget", "value"), ("biggest", "largest"), ("smallest",)),
    (("year", "founded", "built"), ("newest", "most recent"), ("oldest",)),
)
"""The nouns in columns' names, and what people call what has most and least of it."""
SUPERIORS = (
    ("manager", ("report to", "work for", "are managed by")),
    ("supervisor", ("report to", "are supervised by")),
    ("boss", ("report to", "work for")),
    ("mentor", ("are mentored by", "learn from")),
    ("leader", ("are led by", "report to")),
    ("head", ("are headed by", "report to")),
    ("coach", ("are coached by",)),
)
"""What a person of the same table can be to another, and what the others do."""
PARENTS = ("parent", "predecessor", "successor", "original", "replacement", "main", "source", "owner")
"""What a thing of the same table can be to another."""
PEOPLE = frozenset(
    (
        *("employee", "employees", "staff", "person", "people", "worker", "teacher", "member"),
        *("player", "agent", "officer", "doctor", "physician", "nurse", "engineer", "author"),
        *("user", "users", "instructor", "student", "customer", "client", "driver", "patient", "pilot"),
    )
)
_COUNTS = re.compile(
    r"^(?:number of|num|no of|nr of|count of|total number of|total) (.+)$|^(.+) (?:count|number|num)$"
)
_NO_COUNTS = frozenset(
    (
        *("status", "address", "class", "gas", "process", "basis", "series", "species"),
        *("access", "business", "bus", "id", "ids", "details", "lens", "success"),
        *("progress", "sales", "hours", "miles", "days", "years"),
    )
)
_HAPPENED = re.compile(r"\b(\w+ed|paid|sent|sold|built|held|left|begun|taken|written|made|won|lost|bought)\b")


def counted(column: str) -> str | None:
    """What a column of numbers counts, in the plural: `laps` for `number_of_laps`; None where it does not.

    >>> counted("Number_of_Laps"), counted("pole positions"), counted("status"), counted("seatCount")
    ('laps', 'pole positions', None, 'seats')
    """
    words = readable(column)
    match = _COUNTS.match(words)
    if match:
        words = match.group(1) or match.group(2)
        return words if is_plural(words.split()[-1]) else plural_of(words)
    last = words.split()[-1] if words else ""
    return words if last.endswith("s") and last not in _NO_COUNTS and not last.endswith("ss") else None


def superlatives(column: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """What people call what has most and least of a column; None where there is no word for it.

    >>> superlatives("unit_price")
    (('most expensive', 'dearest'), ('cheapest', 'least expensive'))
    """
    last = readable(column).split()[-1:]
    for nouns, most, least in SUPERLATIVES:
        if set(last) & set(nouns):
            return most, least
    return None


def happened(column: str) -> str | None:
    """What had happened to a row at a date, by the column's name: `shipped` for `shipped_date`.

    >>> happened("ShippedDate"), happened("paid_on"), happened("date of birth")
    ('shipped', 'paid', None)
    """
    match = _HAPPENED.search(readable(column))
    return match.group(1) if match else None
