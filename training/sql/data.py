"""What a decoder of SQL is trained on: Spider and BIRD, and questions made for their schemas.

To these come questions about synthetic databases and tables of the web, and questions that a database cannot
answer.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import ColumnClause, Engine, select
from sqlalchemy import column as column_clause
from sqlalchemy import table as table_clause
from tokenizers import Tokenizer

from kbqa.decoding.features import TextTable
from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.schema import ColumnRef, ColumnType, Schema
from kbqa.sql.stores.connections import sqlite_engine
from training.decoder.dataset import Prepared, folder_of
from training.json_lines import read_rows
from training.sql.analyst_questions import AnalystQuestions
from training.sql.cell_index import indexed_cells
from training.sql.items import Example, Tools, parsed, prepare
from training.sql.pattern_transfer import Pattern, pattern_of, transferred
from training.sql.plain_questions import PlainQuestions
from training.sql.published import HELD_OUT_DATABASES, bird_question, bird_schemas, database_file
from training.sql.rewording import reworded
from training.sql.self_references import SelfReferences
from training.sql.table_questions import TableQuestions
from training.sql.time_questions import TimeQuestions
from training.sql.web_tables import web_tables
from training.synthetic.databases import SyntheticDatabase
from training.synthetic.delexicalisation import common_words
from training.synthetic.domains import DOMAINS, HELD_OUT_DOMAIN

_SAMPLED, _TRIES = 40, 20
"""How many values of a column questions are made with; how often one is tried to make."""
_MAX_SAMPLE_LENGTH = 40
_KEYLESS = 0.5
"""The share of the databases without rows that only have the keys that names tell of, as many in use have."""


@dataclass(frozen=True)
class Amounts:
    """How much is taken of what."""

    held_out_databases: int = 8
    """Databases of Spider that are only measured on."""
    bird: int = 10_000
    """Questions of BIRD."""
    made: int = 90
    """Questions on other databases, put to each database with rows."""
    of_tables: int = 60
    """Questions that templates make for each database."""
    made_without_rows: int = 140
    """As `made`, for each database without rows."""
    unanswerable: int = 8
    """Questions that each database cannot answer."""
    of_analysts: int = 40
    """Questions of calculations and places in an order that templates make for each database."""
    plain: int = 40
    """Questions in plain words that templates make for each database."""
    of_references: int = 10
    """Questions on who refers to whom, in a table of each database that refers to itself."""
    of_times: int = 30
    """Questions on when something was that templates make for each database."""
    synthetic: int = 12
    """Synthetic databases of each domain."""
    of_synthetic: int = 130
    """Questions on each of them."""
    web_tables: int = 1_500
    """Tables of the web, with the questions that people wrote on each."""


@dataclass
class TrainingDatabase:
    """A schema with examples to train on or to validate with; `file` holds its rows, if there are any."""

    name: str
    schema: Schema
    train: list[Example] = field(default_factory=list)
    valid: list[Example] = field(default_factory=list)
    file: Path | None = None
    amounts: Amounts | None = None
    """How much is made for it, where that is not as much as for others."""


def training_databases(data: Sequence[Path], amounts: Amounts, seed: int) -> Iterator[TrainingDatabase]:
    """The databases of the sets that lie in folders of `data`."""
    for name, maker in {"spider": _spider, "bird": _bird}.items():
        if (folder := folder_of(data, name)) is not None:
            yield from maker(folder, amounts, random.Random(seed))


def invented_databases(amounts: Amounts, folder: Path, seed: int) -> Iterator[TrainingDatabase]:
    """Synthetic databases, whose files lie in `folder`; those of one domain are only to validate with."""
    for domain in DOMAINS:
        for number in range(amounts.synthetic):
            database = SyntheticDatabase(domain, 1_000 * (seed + 1) + number, folder)
            schema, file = database.tables.schema, database.file
            examples = [Example(*pair) for pair in database.questions(amounts.of_synthetic)]
            if domain != HELD_OUT_DOMAIN:
                yield TrainingDatabase("synthetic", schema, examples, file=file)
            elif number < amounts.synthetic // 5:
                yield TrainingDatabase("synthetic", schema, valid=examples, file=file)


def tables_of_the_web(
    data: Sequence[Path], amounts: Amounts, into: Path, seed: int
) -> Iterator[TrainingDatabase]:
    """Tables of the web, each as a database whose file lies in `into`; little is made for each."""
    few = replace(
        amounts, made=1, of_tables=1, of_analysts=2, unanswerable=1, plain=3, of_references=1, of_times=1
    )
    if (folder := folder_of(data, "wikisql")) is not None:
        for table in web_tables(folder, amounts.web_tables, into, random.Random(seed)):
            examples = [Example(*pair) for pair in table.asked]
            yield TrainingDatabase("wikisql", table.schema, examples, file=table.file, amounts=few)


def prepare_all(
    data: Sequence[Path], amounts: Amounts, tokenizer: Tokenizer, table: TextTable, seed: int
) -> Iterator[tuple[str, Prepared]]:
    """Every database's examples, prepared in the present database: (what was done, everything so far)."""
    rng = random.Random(seed)
    done = Prepared([], defaultdict(list), table, Counter())
    tools = Tools(tokenizer, table, rng, done.left_out)
    questions: list[str] = []
    databases = list(training_databases(data, amounts, seed))
    patterns = list(patterns_of(databases))
    with TemporaryDirectory() as folder:
        invented = invented_databases(amounts, Path(folder), seed)
        for database in chain(databases, invented, tables_of_the_web(data, amounts, Path(folder), seed)):
            prepare_database(database, patterns, amounts, tools, questions, done)
            yield f"{database.name}: {len(database.train):,} questions", done


def prepare_database(
    database: TrainingDatabase,
    patterns: Sequence[Pattern],
    amounts: Amounts,
    tools: Tools,
    questions: list[str],
    done: Prepared,
) -> None:
    """Prepare a database's own questions, some made for it, and some that it cannot answer.

    The last are drawn from `questions`, those on the databases before it, to which its own are then added.
    """
    rng, examples, amounts = tools.rng, list(database.train), database.amounts or amounts
    if examples:
        examples += _made(database, patterns, amounts, rng)
        number = min(len(questions), amounts.unanswerable)
        examples += [Example(text, None) for text in rng.sample(questions, number)]
    with indexed_cells(database.schema, database.file) as cells:
        done.items.extend(prepare(examples, database.schema, cells, tools))
        references, schema = _of_references(database, amounts, rng)
        done.items.extend(prepare(references, schema, cells, tools))
        valid = prepare(database.valid, database.schema, cells, tools, training=False)
        done.valid[database.name].extend(valid)
    questions += [example.question for example in database.train]


def _of_references(
    database: TrainingDatabase, amounts: Amounts, rng: random.Random
) -> tuple[list[Example], Schema]:
    """Questions on who refers to whom, and the schema with the key that they are about."""
    if not database.train:
        return [], database.schema
    made = SelfReferences(database.schema, _cells_of(database, rng), rng)
    return [Example(*pair) for pair in made.make(amounts.of_references)], made.schema


def _cells_of(database: TrainingDatabase, rng: random.Random) -> dict[ColumnRef, list[str]]:
    """Values that questions are made with: those of the rows, or numbers by chance where there are none."""
    if database.file is None:
        return _invented_numbers(database.schema, rng)
    return sample_values(sqlite_engine(database.file), database.schema, _SAMPLED)


def patterns_of(databases: Sequence[TrainingDatabase]) -> Iterator[Pattern]:
    """The patterns of the questions on databases with rows, each wording once."""
    with_rows = [database for database in databases if database.file and database.train]
    common = common_words([[example.question for example in database.train] for database in with_rows])
    seen: set[str] = set()
    for database in with_rows:
        for example in database.train:
            query = parsed(example.sql, database.schema)[0]
            pattern = pattern_of(example.question, query, database.schema, common) if query else None
            if pattern is not None and pattern.template.marks not in seen:
                seen.add(pattern.template.marks)
                yield pattern


def by_shape(patterns: Sequence[Pattern]) -> tuple[list[Pattern], list[Pattern], list[Pattern]]:
    """(patterns of one table, of joined tables, of queries within or beside queries)."""
    shapes: tuple[list[Pattern], list[Pattern], list[Pattern]] = [], [], []
    for pattern in patterns:
        nested = sum(1 for _ in pattern.query.queries()) > 1
        shapes[2 if nested else 1 if pattern.keys else 0].append(pattern)
    return shapes


def _made(
    database: TrainingDatabase, patterns: Sequence[Pattern], amounts: Amounts, rng: random.Random
) -> Iterator[Example]:
    """Questions on other databases, put to this one, and some that templates make."""
    schema, cells = database.schema, _cells_of(database, rng)
    wanted = amounts.made_without_rows if database.file is None else amounts.made
    shapes = [of_shape for of_shape in by_shape(patterns) if of_shape]
    tries = (
        transferred(rng.choice(rng.choice(shapes)), schema, cells, rng)
        for _ in range(_TRIES * wanted if shapes else 0)
    )
    yield from islice((Example(*pair) for pair in tries if pair is not None), wanted)
    yield from (Example(*pair) for pair in TableQuestions(schema, cells, rng).make(amounts.of_tables))
    yield from (Example(*pair) for pair in AnalystQuestions(schema, cells, rng).make(amounts.of_analysts))
    yield from (Example(*pair) for pair in PlainQuestions(schema, cells, rng).make(amounts.plain))
    yield from (Example(*pair) for pair in TimeQuestions(schema, cells, rng).make(amounts.of_times))
    if database.file is not None and amounts.of_analysts:
        yield from _reworded(database, rng)


def _reworded(database: TrainingDatabase, rng: random.Random) -> Iterator[Example]:
    """Others that the words of a database's own questions allow."""
    for example in database.train:
        query = parsed(example.sql, database.schema)[0]
        if query is not None:
            yield from (Example(*pair) for pair in reworded(example.question, query, rng))


def sample_values(engine: Engine, schema: Schema, limit: int) -> dict[ColumnRef, list[str]]:
    """Up to `limit` short values of each text and number column."""
    samples: dict[ColumnRef, list[str]] = {}
    with engine.connect() as connection:
        for ref in schema.refs():
            if schema.column(ref).type in (ColumnType.TEXT, ColumnType.NUMBER):
                cell: ColumnClause[Any] = column_clause(ref.column)
                rows = select(cell).select_from(table_clause(ref.table, cell)).distinct().limit(limit)
                values = [value for (value,) in connection.execute(rows)]
                read = [value for value in values if value is not None and not isinstance(value, bytes)]
                texts = [str(value).strip() for value in read]
                samples[ref] = [text for text in texts if 0 < len(text) <= _MAX_SAMPLE_LENGTH]
    return samples


def _invented_numbers(schema: Schema, rng: random.Random) -> dict[ColumnRef, list[str]]:
    numbers = [ref for ref in schema.refs() if schema.column(ref).type == ColumnType.NUMBER]
    return {ref: [str(rng.randint(1, 10 ** rng.randint(1, 5))) for _ in range(3)] for ref in numbers}


def _spider(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[TrainingDatabase]:
    by_database: dict[str, list[Example]] = defaultdict(list)
    for row in read_rows(folder / "train.jsonl"):
        wordings = dict.fromkeys([row["question"], row.get("synonym_question") or row["question"]])
        by_database[row["db_id"]] += [Example(text, row["sql"]) for text in wordings]
    held_out = set(HELD_OUT_DATABASES[: amounts.held_out_databases])
    for name, examples in by_database.items():
        file = database_file(folder / "database", name)
        train, valid = ([], examples[::2]) if name in held_out else (examples, [])
        schema = read_schema(sqlite_engine(file, introspects=True))
        yield TrainingDatabase("spider", schema, train, valid, file)


def _bird(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[TrainingDatabase]:
    by_database: dict[str, list[Example]] = defaultdict(list)
    rows = list(read_rows(folder / "train.jsonl"))
    for row in rng.sample(rows, min(amounts.bird, len(rows))):
        by_database[row["db_id"]].append(Example(bird_question(row), row["sql"]))
    for name, schema in bird_schemas(folder).items():
        keys = all_keys(schema.tables, []) if rng.random() < _KEYLESS else schema.keys
        yield TrainingDatabase("bird", replace(schema, keys=keys), by_database[name])
