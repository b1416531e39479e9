"""How well the focused schema holds what a query needs: recall of tables and columns, and how much is left to
read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from kbqa.sql.answer.encoding import encode_question
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.schema_linking import CellNames, link_question
from kbqa.sql.focus.schema_focus import focus_schema
from kbqa.sql.focus.selection import Budget
from kbqa.sql.schema import ColumnRef, ForeignKey, Schema, Table
from training.sql.gold_columns import columns_in
from training.sql.published import bird_question


@dataclass
class FocusScores:
    """Sums over questions; `summary` makes the means."""

    tables: int = 0
    tables_kept: int = 0
    columns: int = 0
    columns_kept: int = 0
    shares: list[float] = field(default_factory=list)
    complete: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    questions: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        """Return recall over all gold tables and columns, the mean share of columns kept, and tokens; all
        shares of 1.
        """
        return {
            "table_recall": round(self.tables_kept / max(1, self.tables), 4),
            "column_recall": round(self.columns_kept / max(1, self.columns), 4),
            "columns_kept": round(float(np.mean(self.shares or [0.0])), 4),
            "complete": round(self.complete / max(1, self.questions), 4),
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "ms_p50": round(float(np.percentile(self.milliseconds or [0.0], 50)), 1),
            "questions": self.questions,
        }


def evaluate_focus(
    rows: Iterable[dict[str, Any]],
    schema: Schema,
    generator: LocalGenerator,
    budget: Budget,
    scores: FocusScores,
) -> Iterator[None]:
    """Focus each row's question on what the budget allows of the schema's columns, and add to `scores`."""
    total = len(list(schema.refs()))
    before = schema_tokens(schema, generator.model.tokenizer)
    for row in rows:
        columns, tables = _gold(row, schema)
        question, begun = bird_question(row), perf_counter()
        linked = link_question(question, schema, CellNames())
        session, linked = encode_question(question, linked, generator.model)
        focus = focus_schema(session, linked, generator.cross_encoder, whole=0, budget=budget)
        found = focus.linked.schema
        scores.milliseconds.append(1000 * (perf_counter() - begun))
        kept, names = set(found.refs()), {table.name for table in found.tables}
        scores.questions += 1
        scores.tables += len(tables)
        scores.tables_kept += len(tables & names)
        scores.columns += len(columns)
        scores.columns_kept += len(columns & kept)
        scores.complete += columns <= kept and tables <= names
        scores.shares.append(len(kept) / total)
        scores.tokens_before += before
        scores.tokens_after += schema_tokens(found, generator.model.tokenizer)
        yield


def merged(
    schemas: Mapping[str, Schema], rows: Iterable[dict[str, Any]]
) -> tuple[Schema, list[dict[str, Any]]]:
    """Return one schema of all, each table with its database's name before its own, and the questions with
    gold tables and columns in it.
    """

    def place(name: str, ref: ColumnRef) -> ColumnRef:
        return ColumnRef(f"{name}_{ref.table}", ref.column)

    tables = tuple(
        replace(table, name=f"{name}_{table.name}")
        for name, schema in schemas.items()
        for table in schema.tables
    )
    keys = tuple(
        ForeignKey(place(name, key.source), place(name, key.target), key.declared)
        for name, schema in schemas.items()
        for key in schema.keys
    )
    asked = []
    for row in rows:
        name = str(row["db_id"])
        columns, named = _gold(row, schemas[name])
        gold = {
            "gold_columns": [str(place(name, ref)) for ref in columns],
            "gold_tables": [f"{name}_{table}" for table in named],
        }
        asked.append({**row, **gold})
    return Schema(tables, keys), asked


def schema_tokens(schema: Schema, tokenizer: Tokenizer) -> int:
    """Return how many tokens a schema takes when it is written out for a reader, with what is said about
    columns.
    """
    return sum(
        len(tokenizer.encode(_written(table), add_special_tokens=False).ids) for table in schema.tables
    )


def _written(table: Table) -> str:
    columns = ", ".join(
        f"{column.name} {column.declared} {column.description}".strip() for column in table.columns
    )
    return f"{table.name} {table.description} ({columns})"


def _gold(row: dict[str, Any], schema: Schema) -> tuple[set[ColumnRef], set[str]]:
    """Return the columns and tables that a question's SQL uses, or that the row names."""
    if "gold_columns" in row or "gold_tables" in row:
        places = {str(ref).lower(): ref for ref in schema.refs()}
        names = {table.name.lower(): table.name for table in schema.tables}
        columns = {places[each.lower()] for each in row.get("gold_columns") or [] if each.lower() in places}
        tables = {names[each.lower()] for each in row.get("gold_tables") or [] if each.lower() in names}
        return columns, tables | {ref.table for ref in columns}
    found = columns_in(str(row["sql"]), schema)
    return {each for each in found if isinstance(each, ColumnRef)}, {
        each for each in found if isinstance(each, str)
    }
