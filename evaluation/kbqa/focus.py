"""Focus: how much of what a query needs is kept of the schema, and how much is left to read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from kbqa.sql.public import (
    Budget,
    CellNames,
    ColumnRef,
    ForeignKey,
    LocalGenerator,
    Schema,
    Table,
    encode_question,
    focus_schema,
    link_question,
)
from training.sql.gold_columns import columns_in
from training.sql.published import bird_question


@dataclass(frozen=True)
class Gold:
    """The columns and tables that the answer to a question needs."""

    columns: frozenset[ColumnRef]
    tables: frozenset[str]


@dataclass(frozen=True)
class FocusQuestion:
    """A question on a schema; `text` includes the evidence, where the set gives some."""

    database: str
    text: str
    sql: str = ""
    gold_columns: tuple[str, ...] = ()
    """TABLE.COLUMN of each column that is needed, where the set names them instead of SQL."""
    gold_tables: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "FocusQuestion":
        """The question of a row `{db_id, question, evidence?, sql | gold_tables, gold_columns}`.

        Raises KeyError.
        """
        columns, tables = row.get("gold_columns") or (), row.get("gold_tables") or ()
        is_named = "gold_columns" in row or "gold_tables" in row
        sql = "" if is_named else str(row["sql"])
        return cls(str(row["db_id"]), bird_question(row), sql, tuple(columns), tuple(tables))

    def gold(self, schema: Schema) -> Gold:
        """What the question needs of a schema: what is named, else what its SQL uses."""
        return _used(self.sql, schema) if self.sql else self._named(schema)

    def _named(self, schema: Schema) -> Gold:
        refs = {str(ref).lower(): ref for ref in schema.refs()}
        names = {table.name.lower(): table.name for table in schema.tables}
        columns = frozenset(refs[name.lower()] for name in self.gold_columns if name.lower() in refs)
        tables = frozenset(names[name.lower()] for name in self.gold_tables if name.lower() in names)
        return Gold(columns, tables | {ref.table for ref in columns})


def _used(sql: str, schema: Schema) -> Gold:
    used = columns_in(sql, schema)
    return Gold(
        frozenset(item for item in used if isinstance(item, ColumnRef)),
        frozenset(item for item in used if isinstance(item, str)),
    )


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

    def add(self, gold: Gold, kept: Schema, total: int) -> None:
        """Count the part of a schema of `total` columns that was kept for one question.

        >>> from kbqa.sql.schema import Column, ColumnType
        >>> kept = Schema((Table("city", (Column("name", ColumnType.TEXT, "TEXT"),)),))
        >>> scores = FocusScores()
        >>> scores.add(Gold(frozenset({ColumnRef("city", "name"), ColumnRef("city", "size")}),
        ...                 frozenset({"city"})), kept, total=4)
        >>> summary = scores.summary()
        >>> summary["table_recall"], summary["column_recall"], summary["columns_kept"], summary["complete"]
        (1.0, 0.5, 0.25, 0.0)
        """
        columns, tables = set(kept.refs()), {table.name for table in kept.tables}
        self.questions += 1
        self.tables += len(gold.tables)
        self.tables_kept += len(gold.tables & tables)
        self.columns += len(gold.columns)
        self.columns_kept += len(gold.columns & columns)
        self.complete += gold.columns <= columns and gold.tables <= tables
        self.shares.append(len(columns) / total)

    def summary(self) -> dict[str, float]:
        """Recall over all gold tables and columns, the mean share of columns kept, and tokens to read."""
        return {
            "table_recall": round(self.tables_kept / max(1, self.tables), 4),
            "column_recall": round(self.columns_kept / max(1, self.columns), 4),
            "columns_kept": round(float(np.mean(self.shares or [0.0])), 4),
            "complete": round(self.complete / max(1, self.questions), 4),
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "tokens_kept": round(self.tokens_after / max(1, self.tokens_before), 4),
            "ms_p50": round(float(np.percentile(self.milliseconds or [0.0], 50)), 1),
            "questions": self.questions,
        }


def evaluate_focus(
    questions: Iterable[FocusQuestion],
    schema: Schema,
    generator: LocalGenerator,
    budget: Budget,
    scores: FocusScores,
) -> Iterator[None]:
    """Focus each question on what the budget allows of the schema's columns, and add to `scores`."""
    total = len(list(schema.refs()))
    before = schema_tokens(schema, generator.model.tokenizer)
    for question in questions:
        begun = perf_counter()
        focused_schema = _focused(question, schema, generator, budget)
        scores.milliseconds.append(1000 * (perf_counter() - begun))
        scores.add(question.gold(schema), focused_schema, total)
        scores.tokens_before += before
        scores.tokens_after += schema_tokens(focused_schema, generator.model.tokenizer)
        yield


def _focused(question: FocusQuestion, schema: Schema, generator: LocalGenerator, budget: Budget) -> Schema:
    linked = link_question(question.text, schema, CellNames())
    session, linked = encode_question(question.text, linked, generator.model)
    focus = focus_schema(session, linked, generator.cross_encoder, whole=0, budget=budget)
    return focus.linked.schema


def merged(
    schemas: Mapping[str, Schema], questions: Iterable[FocusQuestion]
) -> tuple[Schema, list[FocusQuestion]]:
    """One schema of all, each table with its database's name before its own, and the questions put to it."""
    tables = tuple(
        replace(table, name=f"{name}_{table.name}")
        for name, schema in schemas.items()
        for table in schema.tables
    )
    keys = tuple(
        ForeignKey(_moved(name, key.source), _moved(name, key.target), key.declared)
        for name, schema in schemas.items()
        for key in schema.keys
    )
    return Schema(tables, keys), [_merged(question, schemas[question.database]) for question in questions]


def _merged(question: FocusQuestion, schema: Schema) -> FocusQuestion:
    name, gold = question.database, question.gold(schema)
    columns = tuple(str(_moved(name, ref)) for ref in gold.columns)
    tables = tuple(f"{name}_{table}" for table in gold.tables)
    return FocusQuestion(name, question.text, "", columns, tables)


def _moved(name: str, ref: ColumnRef) -> ColumnRef:
    return ColumnRef(f"{name}_{ref.table}", ref.column)


def schema_tokens(schema: Schema, tokenizer: Tokenizer) -> int:
    """Number of tokens of a schema written out for a reader, with what is said about columns."""
    texts: Sequence[str] = [_written(table) for table in schema.tables]
    return sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)


def _written(table: Table) -> str:
    columns = ", ".join(
        f"{column.name} {column.declared} {column.description}".strip() for column in table.columns
    )
    return f"{table.name} {table.description} ({columns})"
