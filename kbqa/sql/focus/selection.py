"""Selection of a schema's part within a budget of columns (DFIN-SQL: table linking, then column linking)."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt

from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.schema import ColumnRef, Schema

_NOISE = 0.6


@dataclass(frozen=True)
class Budget:
    """How many columns may be kept of the n that were read.

    Those are kept that are likelier than `likely` / n, but no fewer than `fewest` · √n; with the keys that
    connect their tables no more than `most` · √n. In a large schema less likely columns are kept, since each
    is a smaller part of it. The root is there because queries do not grow with the schema: those of BIRD use
    4 to 5 columns, of 12 as of 300.
    """

    likely: float
    fewest: float
    most: float

    def wanted(self, ranked: Sequence[ColumnRef], likelihoods: Mapping[ColumnRef, float]) -> list[ColumnRef]:
        """The columns to keep beside what connects them, by how likely each column is used.

        They are `ranked`, and stay in that order.
        """
        fewest = max(1, round(self.fewest * sqrt(len(likelihoods))))
        likely = self.likely / max(1, len(likelihoods))
        return [ref for rank, ref in enumerate(ranked) if rank < fewest or likelihoods[ref] > likely]

    def limit(self, columns: int) -> int:
        """The most columns to keep of so many that were read."""
        return max(1, round(self.most * sqrt(columns)))


ROOMY = Budget(0.2, 2.0, 3.0)
"""The budget of the local network."""
NARROW = Budget(1.5, 0.6, 3.0)
"""A fifth of a schema on average."""


def focused(
    linked: LinkedQuestion,
    keep: Iterable[ColumnRef],
    most: int,
    *,
    similar: Mapping[ColumnRef, float] | None = None,
    noise: random.Random | None = None,
) -> LinkedQuestion:
    """A linked question with at most `most` columns: those to `keep`, the likeliest, and their keys.

    A column is likely by its words, its table's words, its cells in the question and its similarity, where
    that is given. `noise` varies the choice, for training.
    """
    scores = surface_scores(linked, similar)
    if noise is not None:
        scores = {ref: score + noise.uniform(0, _NOISE) for ref, score in scores.items()}
    likeliest = sorted(scores, key=lambda ref: -scores[ref])
    return narrowed(linked, connected(linked.schema, [*keep, *likeliest], most))


def only(linked: LinkedQuestion, keep: Iterable[ColumnRef]) -> LinkedQuestion:
    """A linked question with some columns only, and the keys that connect their tables."""
    return narrowed(linked, connected(linked.schema, keep, len(linked.columns)))


def connected(schema: Schema, ranked: Iterable[ColumnRef], most: int) -> list[ColumnRef]:
    """The first columns, at most `most`, with the keys that connect the table of each to those before it.

    A column that needs more keys than there is room for is passed over for what fits.
    """
    chosen: dict[ColumnRef, None] = {}
    for ref in dict.fromkeys(ranked):
        keys = _connections(schema, {column.table for column in chosen}, ref.table)
        added = [column for column in (*keys, ref) if column not in chosen]
        if len(chosen) + len(added) <= most:
            chosen.update(dict.fromkeys(added))
    return list(chosen)


def surface_scores(
    linked: LinkedQuestion, similar: Mapping[ColumnRef, float] | None = None
) -> dict[ColumnRef, float]:
    """A score of each column by words, cells and, where it is given, similarity: higher is likelier meant."""
    tables = {table.key: table.features.similarity + table.features.exact for table in linked.tables}
    return {
        column.key: column.features.similarity
        + column.features.exact
        + 2 * column.features.has_mentioned_cell
        + 0.5 * tables[column.key.table]
        + 3 * (similar or {}).get(column.key, 0.0)
        for column in linked.columns
    }


def _connections(schema: Schema, present: set[str], table: str) -> list[ColumnRef]:
    """The columns over which a table is joined to those that are there."""
    if not present or table in present:
        return []
    path = schema.path(sorted(present), table)
    keys = [schema.between(one, other)[0] for one, other in pairwise(path)]
    return [end for key in keys for end in (key.source, key.target)]


def narrowed(
    linked: LinkedQuestion, columns: Iterable[ColumnRef], tables: Iterable[str] = ()
) -> LinkedQuestion:
    """A linked question with some columns only, their tables, and what may stand in their cells."""
    chosen = set(columns)
    schema = linked.schema.part(chosen, tables)
    names = {table.name for table in schema.tables}
    return replace(
        linked,
        schema=schema,
        tables=tuple(table for table in linked.tables if table.key in names),
        columns=tuple(column for column in linked.columns if column.key in chosen),
        values=tuple(value for value in linked.values if value.key[0] in chosen),
    )
