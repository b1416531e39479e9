"""What a decoder of SQL is trained on: Spider and BIRD, questions made for their schemas, invented databases,
and questions that a database cannot answer.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tokenizers import Tokenizer

from kbqa.decoding.features import TextTable
from kbqa.sql.ingest.cells import sample_values
from kbqa.sql.ingest.inferred_keys import all_keys
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.schema import ColumnRef, ColumnType, Schema
from kbqa.sql.stores.connections import sqlite_engine
from training.decoder.dataset import Prepared, folder_of
from training.json_lines import read_rows
from training.sql.cell_index import indexed_cells
from training.sql.items import Example, Tools, parsed, prepare
from training.sql.pattern_transfer import Pattern, pattern_of, transferred
from training.sql.published import HELD_OUT_DATABASES, bird_question, bird_schemas, database_file
from training.sql.table_questions import TableQuestions
from training.synthetic.databases import SyntheticDatabase
from training.synthetic.delexicalisation import common_words
from training.synthetic.domains import DOMAINS, HELD_OUT_DOMAIN

_SAMPLED, _TRIES, _KEYLESS = 40, 20, 0.5
"""How many values of a column questions are made with; how often one is tried to make; how many databases
without rows only have the keys that names tell of, as many have that people use.
"""


@dataclass(frozen=True)
class Amounts:
    """How much is taken of what: databases of Spider that are only measured on, questions of BIRD; for each
    database questions that others were asked, more where it has no rows, questions of its tables, and
    questions that it cannot answer; and invented databases of each domain, with questions on each.
    """

    held_out_databases: int = 8
    bird: int = 10_000
    made: int = 90
    of_tables: int = 60
    made_without_rows: int = 140
    unanswerable: int = 8
    synthetic: int = 12
    of_synthetic: int = 130


@dataclass
class TrainingDatabase:
    """A schema with examples to train on or to validate with; `file` is where its rows are, if they are
    there.
    """

    name: str
    schema: Schema
    train: list[Example] = field(default_factory=list)
    valid: list[Example] = field(default_factory=list)
    file: Path | None = None


def training_databases(data: Sequence[Path], amounts: Amounts, seed: int) -> Iterator[TrainingDatabase]:
    """Yield the databases of the sets that lie in folders of `data`."""
    for name, maker in {"spider": _spider, "bird": _bird}.items():
        if (folder := folder_of(data, name)) is not None:
            yield from maker(folder, amounts, random.Random(seed))


def invented_databases(amounts: Amounts, folder: Path, seed: int) -> Iterator[TrainingDatabase]:
    """Yield invented databases, whose files lie in `folder`; of one domain only to validate with."""
    for domain in DOMAINS:
        for number in range(amounts.synthetic):
            database = SyntheticDatabase(domain, 1_000 * (seed + 1) + number, folder)
            found = [Example(*asked) for asked in database.questions(amounts.of_synthetic)]
            if domain != HELD_OUT_DOMAIN:
                yield TrainingDatabase("synthetic", database.tables.schema, found, file=database.file)
            elif number < amounts.synthetic // 5:
                yield TrainingDatabase("synthetic", database.tables.schema, valid=found, file=database.file)


def prepare_all(
    data: Sequence[Path], amounts: Amounts, tokenizer: Tokenizer, table: TextTable, seed: int
) -> Iterator[tuple[str, Prepared]]:
    """Prepare every database's examples in the present database; yields (what was done, everything so far)."""
    rng = random.Random(seed)
    done = Prepared([], defaultdict(list), table, Counter())
    tools = Tools(tokenizer, table, rng, done.left_out)
    questions: list[str] = []
    databases = list(training_databases(data, amounts, seed))
    patterns = list(patterns_of(databases))
    with TemporaryDirectory() as folder:
        for each in chain(databases, invented_databases(amounts, Path(folder), seed)):
            prepare_database(each, patterns, amounts, tools, questions, done)
            yield f"{each.name}: {len(each.train):,} questions", done


def prepare_database(
    each: TrainingDatabase,
    patterns: Sequence[Pattern],
    amounts: Amounts,
    tools: Tools,
    questions: list[str],
    done: Prepared,
) -> None:
    """Prepare a database's own questions, some made for it, and some of those before it, which it cannot
    answer; its own are added to these.
    """
    rng, asked = tools.rng, list(each.train)
    if asked:
        asked += _made(each, patterns, amounts, rng)
        asked += [
            Example(text, None) for text in rng.sample(questions, min(len(questions), amounts.unanswerable))
        ]
    with indexed_cells(each.schema, each.file) as cells:
        done.items.extend(prepare(asked, each.schema, cells, tools))
        done.valid[each.name].extend(prepare(each.valid, each.schema, cells, tools, training=False))
    questions += [example.question for example in each.train]


def patterns_of(databases: Sequence[TrainingDatabase]) -> Iterator[Pattern]:
    """Yield the patterns of the questions on databases with rows, each wording once."""
    asked = [[example.question for example in each.train] for each in databases if each.file and each.train]
    common, seen = common_words(asked), set[str]()
    for each in databases:
        for example in each.train if each.file else ():
            query = parsed(example.sql, each.schema)[0]
            pattern = pattern_of(example.question, query, each.schema, common) if query else None
            if pattern is not None and pattern.template.marks not in seen:
                seen.add(pattern.template.marks)
                yield pattern


def by_shape(patterns: Sequence[Pattern]) -> tuple[list[Pattern], list[Pattern], list[Pattern]]:
    """Return the patterns of one table, of joined tables, and of queries within or beside queries."""
    shapes: tuple[list[Pattern], list[Pattern], list[Pattern]] = [], [], []
    for each in patterns:
        nested = sum(1 for _ in each.query.queries()) > 1
        shapes[2 if nested else 1 if each.keys else 0].append(each)
    return shapes


def _made(
    database: TrainingDatabase, patterns: Sequence[Pattern], amounts: Amounts, rng: random.Random
) -> Iterator[Example]:
    """Yield questions that others were asked, put to this database, and some that templates make."""
    schema = database.schema
    if database.file is None:
        cells, wanted = _invented_numbers(schema, rng), amounts.made_without_rows
    else:
        cells, wanted = sample_values(sqlite_engine(database.file), schema, _SAMPLED), amounts.made
    shapes = [each for each in by_shape(patterns) if each]
    tries = (
        transferred(rng.choice(rng.choice(shapes)), schema, cells, rng)
        for _ in range(_TRIES * wanted if shapes else 0)
    )
    yield from islice((Example(*found) for found in tries if found is not None), wanted)
    yield from (Example(*found) for found in TableQuestions(schema, cells, rng).make(amounts.of_tables))


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
        yield TrainingDatabase(
            "spider", read_schema(sqlite_engine(file, introspects=True)), train, valid, file
        )


def _bird(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[TrainingDatabase]:
    by_database: dict[str, list[Example]] = defaultdict(list)
    rows = list(read_rows(folder / "train.jsonl"))
    for row in rng.sample(rows, min(amounts.bird, len(rows))):
        by_database[row["db_id"]].append(Example(bird_question(row), row["sql"]))
    for name, schema in bird_schemas(folder).items():
        keys = all_keys(schema.tables, []) if rng.random() < _KEYLESS else schema.keys
        yield TrainingDatabase("bird", replace(schema, keys=keys), by_database[name])
