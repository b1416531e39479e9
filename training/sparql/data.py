"""What a decoder is trained on: published question sets and questions made from their graphs.

To these come questions about synthetic graphs, and questions put to graphs that cannot answer them.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import Store
from tokenizers import Tokenizer

from kbqa.decoding.features import TextTable
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.ingest.temporary import read_store, temporary_names
from kbqa.sparql.stores import OxigraphStore, QueryError
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.templates import make_examples
from kbqa.sql.ingest.introspection import read_schema
from kbqa.sql.stores.connections import sqlite_engine
from training.decoder.dataset import Prepared, folder_of
from training.json_lines import read_rows
from training.sparql.from_sql import MappedGraph, examples_from
from training.sparql.items import prepare
from training.sparql.pattern_transfer import Pattern, Surroundings, pattern_of, transferred
from training.sparql.pruning import pruned
from training.sparql.published import (
    HELD_OUT_GRAPHS,
    PREFIXES,
    example_of,
    graph_of_queries,
    held_out,
)
from training.sql.published import database_file
from training.synthetic.delexicalisation import common_words
from training.synthetic.domains import DOMAINS, HELD_OUT_DOMAIN
from training.synthetic.graphs import SyntheticGraph
from training.synthetic.questions import questions_about

_VALID = 600
_TRIES, _MAX_SIZE = 20, 4
"""How often one question is tried to make; from how many properties on patterns count as equally large."""


@dataclass(frozen=True)
class Amounts:
    """How much is taken of what.

    Of each small graph, questions are made by templates, and `transferred` from others.
    """

    metaqa: int = 15_000
    simplequestions: int = 26_000
    made_from_large: int = 1_500
    made_from_small: int = 80
    transferred: int = 70
    synthetic: int = 24
    of_synthetic: int = 110
    unanswerable_large: int = 900
    unanswerable_small: int = 14
    held_out_graphs: int = 8


@dataclass
class TrainingGraph:
    """A graph with examples to train on and to validate with."""

    name: str
    store: Store
    train: list[Example]
    valid: list[Example] = field(default_factory=list)
    large: bool = False


def training_graphs(data: Sequence[Path], amounts: Amounts, seed: int) -> Iterator[TrainingGraph]:
    """The graphs of the sets that lie in folders of `data`, and synthetic ones."""
    rng = random.Random(seed)
    makers = {"metaqa": _metaqa, "simplequestions-wikidata": _simplequestions, "lcquad1": _lcquad}
    for name, maker in makers.items():
        if (folder := folder_of(data, name)) is not None:
            yield from maker(folder, amounts, rng)
    if (folder := folder_of(data, "spider4sparql")) is not None:
        yield from _spider(folder, folder_of(data, "spider"), amounts, rng)
    for domain in DOMAINS:
        for number in range(amounts.synthetic):
            graph = SyntheticGraph(domain, seed * 1_000 + number)
            examples = list(questions_about(graph, amounts.of_synthetic))
            if domain != HELD_OUT_DOMAIN:
                yield TrainingGraph("synthetic", graph.store, examples)
            elif number < amounts.synthetic // 5:
                yield TrainingGraph("synthetic", graph.store, [], examples)


def prepare_all(
    data: Sequence[Path], amounts: Amounts, tokenizer: Tokenizer, table: TextTable, seed: int
) -> Iterator[tuple[str, Prepared]]:
    """Prepare every graph's examples in the present database; yields (what was done, everything so far)."""
    rng = random.Random(seed)
    done = Prepared([], defaultdict(list), table, Counter())
    questions: list[str] = []
    for graph in training_graphs(data, amounts, seed):
        with temporary_names(graph.store, graph.name, 0) as opened:
            number = min(len(questions), _unanswerable(graph, amounts))
            unanswerable = [Example(text, None) for text in rng.sample(questions, number)]
            train = [*graph.train, *unanswerable]
            version, live = opened.version, opened.live
            done.items.extend(prepare(train, version, live, tokenizer, table, rng, done.left_out))
            valid = prepare(graph.valid, version, live, tokenizer, table, rng, done.left_out)
            done.valid[graph.name].extend(valid)
        questions += [example.question for example in graph.train]
        yield f"{graph.name}: {len(graph.train):,} questions", done


def _unanswerable(graph: TrainingGraph, amounts: Amounts) -> int:
    return amounts.unanswerable_large if graph.large else amounts.unanswerable_small


def _made(store: Store, number: int, seed: int) -> list[Example]:
    return list(make_examples(store, profile_graph(OxigraphStore(store, "")), number, seed))


def _examples(rows: Sequence[Mapping[str, Any]], store: Store) -> list[Example]:
    return [example for row in rows if (example := example_of(row, store)) is not None]


def _metaqa(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[TrainingGraph]:
    store, rows = read_store(folder / "graph.nt.gz"), list(read_rows(folder / "questions.jsonl.gz"))
    train = [row for row in rows if not held_out(row["question"])]
    train = rng.sample(train, min(amounts.metaqa, len(train)))
    valid = [row for row in rows if held_out(row["question"])][:_VALID]
    yield TrainingGraph("metaqa", store, _examples(train, store), _examples(valid, store), large=True)


def _simplequestions(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[TrainingGraph]:
    store, rows = read_store(folder / "graph.nt.gz"), list(read_rows(folder / "questions.jsonl.gz"))
    train = [row for row in rows if row["split"] == "train"]
    train = rng.sample(train, min(amounts.simplequestions, len(train)))
    valid = [row for row in rows if row["split"] != "train"][:_VALID]
    examples = [*_examples(train, store), *_made(store, amounts.made_from_large, 0)]
    yield TrainingGraph("simplequestions", store, examples, _examples(valid, store), large=True)


def _lcquad(folder: Path, amounts: Amounts, rng: random.Random) -> Iterator[TrainingGraph]:
    """These questions come without a graph: one is made in which every query has an answer."""
    examples = _examples(list(read_rows(folder / "train.jsonl.gz")), Store())
    store = graph_of_queries(example.query for example in examples if example.query is not None)
    rng.shuffle(examples)
    yield TrainingGraph("lcquad", store, examples[200:], examples[:200], large=True)


def _spider(
    folder: Path, databases: Path | None, amounts: Amounts, rng: random.Random
) -> Iterator[TrainingGraph]:
    """Some graphs are kept whole for validation: what counts is how unseen graphs are answered.

    The graphs were made of `databases`; where these are there, more of the questions that were asked of them
    are translated.
    """
    by_graph: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in read_rows(folder / "train.jsonl.gz"):
        by_graph[row["graph"]].append(row)
    held_out = set(HELD_OUT_GRAPHS[: amounts.held_out_graphs])
    graphs = sorted(by_graph)
    rng.shuffle(graphs)
    stores = {name: read_store(folder / "graphs" / f"{name}.nt.gz") for name in graphs}
    examples = {name: _shortened(by_graph[name], stores[name]) for name in graphs}
    for name in sorted(held_out & set(graphs)):
        yield TrainingGraph("spider", stores[name], [], examples[name])
    seen = {name: _surroundings(stores[name]) for name in graphs if name not in held_out}
    with_sql = _asked_in_sql(databases) if databases is not None else {}
    for name in seen:
        known = {example.question for example in examples[name]}
        translated = _translated(databases, name, with_sql, stores[name])
        examples[name] += [example for example in translated if example.question not in known]
    patterns = list(patterns_of([(around, examples[name]) for name, around in seen.items()]))
    for number, (name, around) in enumerate(seen.items()):
        made = _made(around.store, amounts.made_from_small, number)
        made += _transferred(patterns, around, amounts.transferred, rng)
        yield TrainingGraph("spider", around.store, [*examples[name], *made])


def _surroundings(store: Store) -> Surroundings:
    return Surroundings(store, profile_graph(OxigraphStore(store, "")))


def _asked_in_sql(databases: Path) -> Mapping[str, list[tuple[str, str]]]:
    """The questions on each database, in both wordings, with their SQL."""
    questions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in read_rows(databases / "train.jsonl"):
        questions[row["db_id"]] += [
            (wording, row["sql"])
            for wording in dict.fromkeys((row["question"], row.get("synonym_question") or row["question"]))
        ]
    return questions


def _translated(
    databases: Path | None, name: str, questions: Mapping[str, list[tuple[str, str]]], store: Store
) -> Iterator[Example]:
    file = database_file(databases / "database", name) if databases is not None else None
    if file is not None and file.is_file():
        schema = read_schema(sqlite_engine(file, introspects=True))
        yield from examples_from(
            questions.get(name, []), MappedGraph(store, schema, PREFIXES[""]), sqlite_engine(file)
        )


def patterns_of(graphs: Sequence[tuple[Surroundings, Sequence[Example]]]) -> Iterator[Pattern]:
    """The patterns of the questions on graphs, each wording once."""
    common = common_words([[example.question for example in examples] for _, examples in graphs])
    seen: set[str] = set()
    for around, examples in graphs:
        for example in examples:
            pattern = pattern_of(example, around, common)
            if pattern is not None and pattern.template.marks not in seen:
                seen.add(pattern.template.marks)
                yield pattern


def _transferred(
    patterns: Sequence[Pattern], around: Surroundings, number: int, rng: random.Random
) -> Iterator[Example]:
    """Questions on other graphs, put to this one; those on a single property are not more than others."""
    by_size: dict[int, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        by_size[min(_MAX_SIZE, len(pattern.shapes))].append(pattern)
    if not by_size:
        return
    sizes = list(by_size.values())
    drawn = rng.choices(sizes, [len(of_size) ** 0.5 for of_size in sizes], k=_TRIES * number)
    tries = (transferred(rng.choice(of_size), around, rng) for of_size in drawn)
    unlike = {example.question: example for example in tries if example is not None}
    yield from islice(unlike.values(), number)


def _shortened(rows: Iterable[Mapping[str, Any]], store: Store) -> list[Example]:
    """The examples that rows make, their queries without what adds nothing to the answer."""
    examples = []
    for row in rows:
        example = example_of(row, store)
        if example is None or example.query is None:
            continue
        with suppress(QueryError):
            query = pruned(example.query, OxigraphStore(store, ""))
            examples.append(Example(example.question, query))
    return examples
