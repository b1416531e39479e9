"""One way to understand a question, and what came of it."""

from dataclasses import dataclass
from typing import Any

from kbqa.decoding.beam import DerivationStep
from kbqa.sql.query import Query
from kbqa.sql.stores.executor import Result

_MAX_CELLS, _MAX_CELL_LENGTH = 3, 30
"""How many cells of a row are told as findings, and how much of each."""


@dataclass(frozen=True)
class Reading:
    """One way to understand a question.

    Once it was run, `result` is what it found, or `error` what the database said.
    """

    sql: str
    probability: float
    """The probability that its answer is right."""
    likelihood: float = 1.0
    """The product of the probabilities of its choices."""
    query: Query | None = None
    """The query as it was decided, by which it is ranked."""
    derivation: tuple[DerivationStep, ...] = ()
    result: Result | None = None
    error: str = ""
    written: Query | None = None
    """The query as it is written for people, which `sql` is."""
    words: str = ""
    """The query as it is written, in words; empty where only `sql` is known."""
    parts: tuple[str, ...] = ()
    """The queries within it in words."""
    verified: float = 0.0
    """The log odds that it is meant, as the verifier reads it beside the question; 0 where it did not."""
    second: bool = False
    """Whether a language-model server wrote it, as the second reader."""
    unused: tuple[str, ...] = ()
    """The words of the question that it has nothing of."""
    why: str = ""
    """Why it found nothing, as a sentence; empty where it found something, or nobody knows."""

    @property
    def empty(self) -> bool:
        """Whether it found nothing: no row, or none with a value."""
        return self.result is not None and all(value is None for row in self.result.rows for value in row)

    @property
    def is_one_cell(self) -> bool:
        """Whether it found one row of one column."""
        return self.result is not None and len(self.result.rows) == 1 == len(self.result.columns)

    @property
    def findings(self) -> str:
        """What it found, in a few words: how many rows and columns, and the first row.

        Empty where it did not run.
        """
        if self.result is None:
            return ""
        if self.empty:
            return "nothing"
        rows, columns = len(self.result.rows), len(self.result.columns)
        first = ", ".join(str(value)[:_MAX_CELL_LENGTH] for value in self.result.rows[0][:_MAX_CELLS])
        return f"{rows}{'+' if self.result.truncated else ''} rows, {columns} columns: {first}"


def rows_of(reading: Reading) -> Any:
    """The rows of a reading that ran, as something that is equal where the answers are."""
    assert reading.result is not None
    return tuple(sorted(map(repr, reading.result.rows)))
