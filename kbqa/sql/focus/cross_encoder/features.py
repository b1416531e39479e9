"""A question and a schema as one text, cut into pieces that a Transformer can read.

Training and inference both feed these to the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kbqa.decoding.actions import FEATURES, Kind
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer
from kbqa.sql.relations import relate
from kbqa.sql.schema import Schema

MAX_TOKENS, MAX_OF_QUESTION, MAX_OF_NAME = 256, 112, 24
"""How many tokens a piece has at most; how many of them the question, and one table or column."""
KINDS = 3
"""Tables, columns, and columns that are a primary key."""


@dataclass(frozen=True)
class SchemaText:
    """The pieces int64 [tokens] each, and where in them the n tables and columns stand.

    places int64 [n, 3], the piece, the first token and the one after the last; kinds int64 [n]; features
    float32 [n, FEATURES], of linking; relations int8 [n, n] between them, as indices into
    `relations.RELATIONS`. Each piece begins with the question, of so many `question_tokens`.
    """

    pieces: tuple[NDArray[np.int64], ...]
    places: NDArray[np.int64]
    kinds: NDArray[np.int64]
    features: NDArray[np.float32]
    relations: NDArray[np.int8]
    question_tokens: int


def nodes_of(linked: LinkedQuestion) -> tuple[TablePointer | ColumnPointer, ...]:
    """Tables and columns of a linked question as they are read, each table before its columns."""
    by_table: dict[str, list[TablePointer | ColumnPointer]] = {table.key: [table] for table in linked.tables}
    for column in linked.columns:
        by_table[column.key.table].append(column)
    return tuple(node for nodes in by_table.values() for node in nodes)


def schema_text(question: str, linked: LinkedQuestion, tokenizer: Tokenizer) -> SchemaText:
    """A question with the tables and columns that it is linked to, in the order of `nodes_of`."""
    nodes = nodes_of(linked)
    texts = [question, *map(_described, nodes)]
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    question_ids, *named = (encoding.ids for encoding in encodings)
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    head = [begin, *question_ids[:MAX_OF_QUESTION], end]
    pieces, places = [list(head)], list[tuple[int, int, int]]()
    table: list[int] = []
    for node, ids in zip(nodes, named, strict=True):
        known = ids[:MAX_OF_NAME]
        table = known if node.kind == Kind.TABLE else table
        if len(pieces[-1]) + len(known) + 1 > MAX_TOKENS:
            pieces.append([*head, *([] if node.kind == Kind.TABLE else [*table, end])])
        places.append((len(pieces) - 1, len(pieces[-1]), len(pieces[-1]) + len(known)))
        pieces[-1] += [*known, end]
    return SchemaText(tuple(map(np.array, pieces)), np.array(places), *_known(linked, nodes), len(head))


def _known(
    linked: LinkedQuestion, nodes: Sequence[TablePointer | ColumnPointer]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int8]]:
    """Kinds int64 [nodes], features float32 [nodes, FEATURES] and relations int8 [nodes, nodes] of nodes."""
    features = np.zeros((len(nodes), FEATURES), dtype=np.float32)
    for row, node in enumerate(nodes):
        features[row, : len(node.features)] = node.features
    kinds = [_kind(node, linked.schema) for node in nodes]
    return np.array(kinds), features, relate(linked.schema, nodes)


def _kind(node: TablePointer | ColumnPointer, schema: Schema) -> int:
    if isinstance(node, TablePointer):
        return 0
    return 2 if schema.column(node.key).primary else 1


def _described(node: TablePointer | ColumnPointer) -> str:
    """A table's or column's name, and a column's description."""
    about = node.context[1:] if node.kind == Kind.COLUMN else ()
    return f"{node.text}: {about[0]}" if about and about[0].casefold() != node.text else node.text or "column"
