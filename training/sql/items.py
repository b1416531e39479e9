"""Questions with their SQL on a database → the items that a decoder is trained on."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from tokenizers import Tokenizer

from kbqa.decoding.actions import Action
from kbqa.decoding.features import TextTable
from kbqa.linking.words import stem
from kbqa.sql.answer.schema_linking import link_question, similarity
from kbqa.sql.focus.cross_encoder.features import nodes_of, schema_text
from kbqa.sql.focus.schema_focus import WHOLE_COLUMNS
from kbqa.sql.focus.selection import focused, narrowed
from kbqa.sql.grammar import VOCABULARY, LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer
from kbqa.sql.names import CellNames
from kbqa.sql.query import Query
from kbqa.sql.relations import relate
from kbqa.sql.schema import ColumnRef, Schema
from training.decoder.dataset import Item, JointSchema, JointText, make_item
from training.decoder.decisions import Decision
from training.sql.gold_columns import columns_in
from training.sql.oracle import NotWritableError, decisions, used
from training.sql.parser import NotCoveredError, parse_query

MAX_COLUMNS = 50
"""How many columns a question is trained beside.

Of larger schemas these are the columns that it uses, and others by chance among the likeliest.
"""
_WIDE_COLUMNS, _WIDENED = 160, 0.3
"""For this share of the questions on larger schemas many more are read, as the focus reads them."""
_MIN_COLUMNS, _NARROWED = 6, 0.4
"""For this share of the questions a part of smaller schemas is left out, to so many columns at least.

What is asked should not depend on what else there is.
"""

_LACKING = 0.06
"""For this share of the questions, it is also learned that there is no answer without what they name."""
_DISGUISED = 0.35
"""For this share of the questions some described columns have codes for names: the description tells then."""


@dataclass(frozen=True)
class Example:
    """A question and the query that answers it, as SQL or as data.

    None is a question that the database cannot answer.
    """

    question: str
    sql: str | Query | None


@dataclass(frozen=True)
class Tools:
    """What reads questions and names, and keeps count of what is left out."""

    tokenizer: Tokenizer
    table: TextTable
    rng: random.Random
    left_out: "Counter[str]"


def prepare(
    examples: Iterable[Example], schema: Schema, cells: CellNames, tools: Tools, *, training: bool = True
) -> Iterator[Item]:
    """An item for each example that the grammar covers.

    For `training`, some see a part of the schema only, and of a query that cannot be written with what the
    question mentions it is still learned which columns it uses.
    """
    for example in examples:
        query, reason = parsed(example.sql, schema)
        needed = used(query) if query is not None else columns_in(str(example.sql or ""), schema)
        linked = _linked(example.question, schema, cells, needed, tools.rng if training else None)
        gold: list[Decision] = []
        try:
            if not reason:
                gold = decisions(query, linked)
        except NotWritableError as error:
            reason = str(error)
        if reason:
            tools.left_out[reason[-40:]] += 1
            if not training or not needed:
                continue
        yield item_of(example.question, gold, linked, needed, tools)
        rest = (
            lacking(linked, needed, tools.rng)
            if training and gold and tools.rng.random() < _LACKING
            else None
        )
        if rest is not None:
            yield item_of(example.question, decisions(None, rest), rest, set(), tools)


def lacking(
    linked: LinkedQuestion, needed: set[ColumnRef | str], rng: random.Random
) -> LinkedQuestion | None:
    """A linked question without a table or column that it names and its query needs: it has no answer then.

    None where nothing that is needed is named by words that only it has.
    """
    keys = {end for key in linked.schema.keys for end in (key.source, key.target)}
    pointers: list[TablePointer | ColumnPointer] = [*linked.tables, *linked.columns]
    named = [
        pointer
        for pointer in pointers
        if pointer.key in needed and pointer.features.exact and pointer.key not in keys
        if not any(_names_too(other, pointer) for other in pointers)
    ]
    if not named:
        return None
    missing = rng.choice(named)
    columns = [column.key for column in linked.columns if missing.key not in (column.key, column.key.table)]
    tables = [table.key for table in linked.tables if table.key != missing.key]
    return narrowed(linked, columns, tables) if columns else None


def _names_too(other: TablePointer | ColumnPointer, pointer: TablePointer | ColumnPointer) -> bool:
    """Whether another table or column has all words of a pointer's name; a table's columns do not count."""
    if other is pointer or (isinstance(other, ColumnPointer) and other.key.table == pointer.key):
        return False
    about = other.context[1:] if isinstance(other, ColumnPointer) else ()
    words = {stem(word) for text in (other.text, *about) for word in text.split()}
    return {stem(word) for word in pointer.text.split()} <= words


def parsed(sql: str | Query | None, schema: Schema) -> tuple[Query | None, str]:
    """SQL as data, or why the grammar does not cover it."""
    if sql is None or isinstance(sql, Query):
        return sql, ""
    try:
        return parse_query(sql, schema), ""
    except NotCoveredError as error:
        return None, str(error)


def item_of(
    question: str, gold: list[Decision], linked: LinkedQuestion, needed: set[ColumnRef | str], tools: Tools
) -> Item:
    """A question's arrays."""

    def relevant(action: Action) -> int:
        return int(action.key in needed) if isinstance(action, TablePointer | ColumnPointer) else -1

    joint = JointSchema(lambda actions: relate(linked.schema, actions), relevant)
    item = make_item(
        question, gold, linked.candidates, VOCABULARY, tools.tokenizer, tools.table, tools.rng, joint
    )
    return replace(item, text=_joint_text(question, linked, tools.tokenizer))


def _joint_text(question: str, linked: LinkedQuestion, tokenizer: Tokenizer) -> JointText | None:
    """The text that the cross-encoder reads, as it does of schemas that stay whole."""
    if len(linked.columns) > WHOLE_COLUMNS:
        return None
    text = schema_text(question, linked, tokenizer)
    rows = {action: row for row, action in enumerate(dict.fromkeys(linked.candidates))}
    return JointText(text, np.array([rows[node] for node in nodes_of(linked)], dtype=np.int64))


def _linked(
    question: str, schema: Schema, cells: CellNames, needed: set[ColumnRef | str], rng: random.Random | None
) -> LinkedQuestion:
    linked = link_question(question, schema, cells)
    if rng is not None and rng.random() < _DISGUISED:
        linked = disguised(linked, question, rng)
    needed_columns = [ref for ref in needed if isinstance(ref, ColumnRef)]
    most = min(MAX_COLUMNS, len(linked.columns))
    if rng is not None and len(linked.columns) > MAX_COLUMNS and rng.random() < _WIDENED:
        most = min(len(linked.columns), rng.randint(MAX_COLUMNS, _WIDE_COLUMNS))
    elif rng is not None and rng.random() < _NARROWED:
        most = min(most, max(len(needed_columns) + 2, rng.randint(_MIN_COLUMNS, MAX_COLUMNS)))
    return linked if len(linked.columns) <= most else focused(linked, needed_columns, most, noise=rng)


def disguised(linked: LinkedQuestion, question: str, rng: random.Random) -> LinkedQuestion:
    """A linked question in which some of the described columns have codes for names.

    A code is a letter and a number, or initials.
    """
    share = rng.random()

    def perhaps_disguised(column: ColumnPointer) -> ColumnPointer:
        if not column.context[1:] or rng.random() >= share:
            return column
        return under_another_name(column, _code(column.text, rng), question)

    return replace(linked, columns=tuple(map(perhaps_disguised, linked.columns)))


def under_another_name(column: ColumnPointer, name: str, question: str) -> ColumnPointer:
    """A column's pointer, if the column had this name and were known by its description."""
    share, span = similarity(name, column.context[1:], question)
    features = column.features._replace(similarity=share, exact=float(share == 1))
    return replace(column, text=name, span=span, features=features)


def _code(name: str, rng: random.Random) -> str:
    initials = "".join(word[0] for word in name.split())
    if len(initials) > 1 and rng.random() < 0.5:
        return initials
    return f"{rng.choice('abcdefkmqvx')}{rng.randint(1, 20)}"
