"""A question with its query."""

from dataclasses import dataclass

from kbqa.sparql.query import Query


@dataclass(frozen=True)
class Example:
    """A question and the query that answers it; None where the graph cannot."""

    question: str
    query: Query | None
