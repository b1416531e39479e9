"""Selection of the part of a schema that a question is about (DFIN-SQL: table linking, then column linking),
within a budget that is never exceeded.
"""

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
    """How many columns may be kept: those likelier than `likely` parts of the columns that were read, no
    fewer than so many times the root of these, and the keys that connect their tables; with the keys, no more
    than so many times that root.

    A column of a large schema is a smaller share of it: what is kept there may be less likely. Nor does what
    a query uses grow with the schema as the schema does (BIRD's queries use 4 to 5 columns of 12 as of 300),
    hence the root.
    """

    likely: float
    fewest: float
    most: float

    def wanted(self, ranked: Sequence[ColumnRef], likelihoods: Mapping[ColumnRef, float]) -> list[ColumnRef]:
        """The columns to keep beside what connects them, in the order of `ranked`, of how likely each
        column that was read is used.
        """
        fewest, likely = (
            max(1, round(self.fewest * sqrt(len(likelihoods)))),
            self.likely / max(1, len(likelihoods)),
        )
        return [ref for place, ref in enumerate(ranked) if place < fewest or likelihoods[ref] > likely]

    def limit(self, columns: int) -> int:
        """The most columns to keep of so many that were read."""
        return max(1, round(self.most * sqrt(columns)))


ROOMY = Budget(0.2, 2.0, 3.0)
"""What the local network decodes over."""
NARROW = Budget(1.5, 0.6, 3.0)
"""A fifth of a schema on average."""


def focused(
    world: LinkedQuestion,
    keep: Iterable[ColumnRef],
    most: int,
    *,
    similar: Mapping[ColumnRef, float] | None = None,
    noise: random.Random | None = None,
) -> LinkedQuestion:
    """A world with at most `most` columns: those to `keep`, then the likeliest, with the keys that
    connect their tables.

    How likely a column is, its own words, its table's words, its cells in the question and, where given, its
    similarity tell. `noise` varies the choice, for training.
    """
    scores = surface_scores(world, similar)
    if noise is not None:
        scores = {ref: score + noise.uniform(0, _NOISE) for ref, score in scores.items()}
    return narrowed(
        world, connected(world.schema, [*keep, *sorted(scores, key=lambda ref: -scores[ref])], most)
    )


def only(world: LinkedQuestion, keep: Iterable[ColumnRef]) -> LinkedQuestion:
    """A linked question with some columns only, and the keys that connect their tables."""
    return narrowed(world, connected(world.schema, keep, len(world.columns)))


def connected(schema: Schema, ranked: Iterable[ColumnRef], most: int) -> list[ColumnRef]:
    """The first columns, at most `most`, with the keys that connect the table of each to those before
    it.
    """
    chosen: dict[ColumnRef, None] = {}
    for ref in dict.fromkeys(ranked):
        added = [
            each
            for each in (*_connections(schema, {each.table for each in chosen}, ref.table), ref)
            if each not in chosen
        ]
        if (
            len(chosen) + len(added) <= most
        ):  # what needs more keys than there is room for is passed over for what fits
            chosen.update(dict.fromkeys(added))
    return list(chosen)


def surface_scores(
    world: LinkedQuestion, similar: Mapping[ColumnRef, float] | None = None
) -> dict[ColumnRef, float]:
    """How likely each column is meant, by words, cells and, where it is given, similarity."""
    tables = {choice.key: choice.features.similarity + choice.features.exact for choice in world.tables}
    return {
        choice.key: choice.features.similarity
        + choice.features.exact
        + 2 * choice.features.has_mentioned_cell
        + 0.5 * tables[choice.key.table]
        + 3 * (similar or {}).get(choice.key, 0.0)
        for choice in world.columns
    }


def _connections(schema: Schema, present: set[str], table: str) -> list[ColumnRef]:
    """The columns over which a table is joined to those that are there."""
    if not present or table in present:
        return []
    path = schema.path(sorted(present), table)
    keys = [schema.between(one, other)[0] for one, other in pairwise(path)]
    return [end for key in keys for end in (key.source, key.target)]


def narrowed(
    world: LinkedQuestion, chosen: Iterable[ColumnRef], tables: Iterable[str] = ()
) -> LinkedQuestion:
    """A linked question with some columns only, their tables, and what may stand in their cells."""
    kept = set(chosen)
    schema = world.schema.part(kept, tables)
    names = {table.name for table in schema.tables}
    return replace(
        world,
        schema=schema,
        tables=tuple(choice for choice in world.tables if choice.key in names),
        columns=tuple(choice for choice in world.columns if choice.key in kept),
        values=tuple(choice for choice in world.values if choice.key[0] in kept),
    )
