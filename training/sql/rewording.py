"""Questions that people asked, reworded: numbers into percentages, the most into the second most."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace

from kbqa.linking.numbers import ORDINALS
from kbqa.sql.query import Aggregate, AllOf, Item, Query, Term

_COUNTED = re.compile(
    r"^(?:how many|(?:find|count|return|show|give|tell me) the (?:total )?number of"
    r"|what is the (?:total )?number of|count) ",
    re.IGNORECASE,
)
_SUPERLATIVE = re.compile(
    r"\b(?:the|their|its) (most|least|highest|lowest|largest|smallest|greatest|biggest|oldest|youngest"
    r"|longest|shortest|fewest|best|worst|earliest|latest|heaviest|lightest|maximum|minimum|cheapest|fastest|slowest)\b",
    re.IGNORECASE,
)
_PERCENTAGES = (
    *("What percentage of", "What percent of", "What share of", "What proportion of"),
    *("What is the percentage of", "Find the percentage of", "Calculate the percentage of"),
)


def reworded(question: str, query: Query, rng: random.Random) -> Iterator[tuple[str, Query]]:
    """Other questions that the words of one allow, with their queries."""
    if (share := _as_share(query)) is not None and _COUNTED.match(question):
        yield _COUNTED.sub(f"{rng.choice(_PERCENTAGES)} ", question), share
    if query.limit == 1 and query.order and query.operation is None:
        found = list(_SUPERLATIVE.finditer(question))
        if len(found) == 1:
            number = rng.choice((1, 1, 1, 2, 2, 3, 4))
            at = found[0].start(1)
            yield f"{question[:at]}{ORDINALS[number]} {question[at:]}", replace(query, offset=number)


def _as_share(query: Query) -> Query | None:
    """The percentage of the rows that a query counts; None for queries of another kind."""
    counts = len(query.items) == 1 and query.items[0].operator is None and query.where and not query.having
    if not counts or query.group or query.order or query.operation is not None:
        return None
    term = query.items[0].term
    if term.aggregate != Aggregate.COUNT or (term.distinct and len(query.tables()) > 1):
        return None
    share = Item(Term(AllOf(term.operand.table), Aggregate.SHARE))
    return replace(query, items=(share,), where=(), which=query.where)
