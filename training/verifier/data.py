"""What the verifier is trained on: a decoder's readings of questions with known answers, judged by rows.

The questions are Spider's and some that templates make for its databases, people's on tables of the web, and
some on other databases, of which no reading is right.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.pipeline import ask
from kbqa.sql.answer.reading import Reading
from kbqa.sql.answer.reranking import answers_of
from kbqa.sql.joins import NotConnectedError
from kbqa.sql.query import Query
from kbqa.sql.rendering import query_text
from kbqa.sql.stores.connections import sqlite_engine
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import ExecutionError, Limits, execute
from kbqa.sql.stores.validator import StatementError, checked
from kbqa.sql.verifier.text import pair_of
from training.json_lines import read_rows
from training.sql.analyst_questions import AnalystQuestions
from training.sql.data import sample_values
from training.sql.execution_match import is_ordered, same_rows
from training.sql.items import Example
from training.sql.plain_questions import PlainQuestions
from training.sql.published import HELD_OUT_DATABASES, database_file
from training.sql.questions import opened_source
from training.sql.time_questions import TimeQuestions
from training.sql.web_tables import web_tables
from training.verifier.trainer import Item

_LIMITS = Limits(seconds=5.0, rows=200)
"""As many rows as a reading is tried with."""
_MAX_READINGS, _MAX_PERMUTED, _SAMPLED = 6, 4, 40
_WITHOUT_FINDINGS = 0.25
"""For this share of the questions the verifier is not told what the readings found."""


@dataclass(frozen=True)
class Amounts:
    """How much is taken of what."""

    spider: int = 60
    """Questions of each of Spider's databases."""
    made: int = 8
    """Questions of each kind of template for each database."""
    others: int = 4
    """Questions on other databases, put to each."""
    web_tables: int = 500
    """Tables of the web."""


@dataclass(frozen=True)
class _Database:
    file: Path
    examples: list[Example]
    by_query: bool = False
    """Whether readings are judged by their query: its rows tell nothing."""


def items(
    data: Sequence[Path], amounts: Amounts, generator: LocalGenerator, tokenizer: Tokenizer, seed: int
) -> Iterator[list[Item]]:
    """The items of one database after another, in the present database."""
    rng = random.Random(seed)
    with TemporaryDirectory() as folder:
        for database in _databases(data, amounts, Path(folder), rng):
            with opened_source(database.file) as source:
                examples = list(database.examples)
                if not database.by_query:
                    examples += _made(source, database.file, amounts.made, rng)
                yield [
                    item
                    for example in examples
                    if (item := _item(example, source, generator, tokenizer, rng, by_query=database.by_query))
                ]


def _databases(data: Sequence[Path], amounts: Amounts, into: Path, rng: random.Random) -> Iterator[_Database]:
    for folder in data:
        if (folder / "spider").is_dir():
            yield from _of_spider(folder / "spider", amounts, rng)
        if (folder / "wikisql").is_dir():
            for table in web_tables(folder / "wikisql", amounts.web_tables, into, rng):
                yield _Database(table.file, [Example(*pair) for pair in table.asked][:4], by_query=True)


def _of_spider(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[_Database]:
    by_database: dict[str, list[Example]] = defaultdict(list)
    for row in read_rows(folder / "train.jsonl"):
        text = rng.choice((row["question"], row.get("synonym_question") or row["question"]))
        if row["db_id"] not in HELD_OUT_DATABASES:
            by_database[row["db_id"]].append(Example(text, row["sql"]))
    every = [example.question for examples in by_database.values() for example in examples]
    for name, examples in by_database.items():
        chosen = rng.sample(examples, min(amounts.spider, len(examples)))
        others = [Example(text, None) for text in rng.sample(every, min(amounts.others, len(every)))]
        yield _Database(database_file(folder / "database", name), [*chosen, *others])


def _made(source: Source, file: Path, number: int, rng: random.Random) -> Iterator[Example]:
    """Questions that templates make for a database."""
    values = sample_values(sqlite_engine(file), source.schema, _SAMPLED)
    for templates in (AnalystQuestions, PlainQuestions, TimeQuestions):
        made = templates(source.schema, values, rng)
        yield from (Example(*pair) for pair in made.make(number))


def _item(
    example: Example,
    source: Source,
    generator: LocalGenerator,
    tokenizer: Tokenizer,
    rng: random.Random,
    *,
    by_query: bool,
) -> Item | None:
    """The readings of a question, judged; None where it has none, or its gold query finds no rows."""
    answers = answers_of(ask(example.question, source, generator).readings)
    readings = sorted((answer[0] for answer in answers), key=lambda reading: -reading.likelihood)
    readings = [reading for reading in readings if reading.words][:_MAX_READINGS]
    right = _judged(readings, example, source, by_query=by_query)
    if not readings or right is None:
        return None
    told = not by_query and rng.random() >= _WITHOUT_FINDINGS
    pairs = (
        pair_of(tokenizer, example.question, reading.words, reading.findings if told else "")
        for reading in readings
    )
    return Item(tuple(pairs), np.array(right))


def _judged(
    readings: Sequence[Reading], example: Example, source: Source, *, by_query: bool
) -> list[bool] | None:
    gold = example.sql
    if gold is None:
        return [False] * len(readings)
    if by_query:
        return [_is_alike(reading.query, gold) for reading in readings]
    try:
        if isinstance(gold, Query):
            gold = query_text(finished(gold, example.question, source.schema), source.schema)
        dialect = source.schema.dialect
        rows = execute(source.engine, checked(gold, source.schema), _LIMITS, dialect=dialect).rows
    except (StatementError, ExecutionError, NotConnectedError):
        return None
    if not rows:
        return None
    ordered = is_ordered(gold)
    return [_finds(reading, rows, ordered=ordered) for reading in readings]


def _is_alike(query: Query | None, gold: Query | str) -> bool:
    """Whether a query shows and restricts what another does, and does nothing else."""
    if query is None or isinstance(gold, str):
        return False
    plain = not (query.group or query.order or query.limit or query.operation or query.having)
    return plain and query.items == gold.items and set(query.where) == set(gold.where)


def _finds(reading: Reading, gold: Sequence[tuple[Any, ...]], *, ordered: bool) -> bool:
    """Whether a reading has the gold rows, its columns in whichever order."""
    assert reading.result is not None
    rows = [tuple(row) for row in reading.result.rows]
    width = len(rows[0]) if rows else 0
    if width != len(gold[0]) or len(rows) != len(gold):
        return False
    orders: Iterable[Sequence[int]] = permutations(range(width)) if width <= _MAX_PERMUTED else [range(width)]
    golds = [tuple(row) for row in gold]
    return any(
        same_rows([tuple(row[column] for column in order) for row in rows], golds, ordered=ordered)
        for order in orders
    )
