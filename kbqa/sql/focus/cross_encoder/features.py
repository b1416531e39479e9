"""A question and a schema as one text, cut into pieces that a Transformer can read: what training and
inference both feed to the network.
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

MAX_TOKENS, MAX_OF_QUESTION, MAX_OF_NAME = 256, 112, 24
"""How many tokens a piece has at most, and of them those of the question, and of what is known of one table
or column.
"""
KINDS = 3
"""Tables, columns, and columns that are a primary key."""


@dataclass(frozen=True)
class SchemaText:
    """The pieces int64 [tokens] each, and where in them the n tables and columns stand.

    places int64 [n, 3], the piece, the first token and the one after the last; kinds int64 [n]; features
    float32 [n, FEATURES], of linking; relations int8 [n, n], what each is to each, as places in
    `linking.RELATIONS`.
    """

    pieces: tuple[NDArray[np.int64], ...]
    places: NDArray[np.int64]
    kinds: NDArray[np.int64]
    features: NDArray[np.float32]
    relations: NDArray[np.int8]


def nodes_of(world: LinkedQuestion) -> tuple[TablePointer | ColumnPointer, ...]:
    """Tables and columns of a linked question in the order of reading, each table before its columns."""
    by_table: dict[str, list[TablePointer | ColumnPointer]] = {table.key: [table] for table in world.tables}
    for choice in world.columns:
        by_table[choice.key.table].append(choice)
    return tuple(choice for nodes in by_table.values() for choice in nodes)


def schema_text(question: str, world: LinkedQuestion, tokenizer: Tokenizer) -> SchemaText:
    """A question with a world's tables and columns, in the order of `nodes_of`."""
    nodes = nodes_of(world)
    asked, *named = (
        encoding.ids
        for encoding in tokenizer.encode_batch([question, *map(_said, nodes)], add_special_tokens=False)
    )
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    head = [begin, *asked[:MAX_OF_QUESTION], end]
    pieces, places = [list(head)], list[tuple[int, int, int]]()
    table: list[int] = []
    for node, ids in zip(nodes, named, strict=True):
        known = ids[:MAX_OF_NAME]
        table = known if node.kind == Kind.TABLE else table
        if len(pieces[-1]) + len(known) + 1 > MAX_TOKENS:
            pieces.append([*head, *([] if node.kind == Kind.TABLE else [*table, end])])
        places.append((len(pieces) - 1, len(pieces[-1]), len(pieces[-1]) + len(known)))
        pieces[-1] += [*known, end]
    return SchemaText(tuple(np.array(each) for each in pieces), np.array(places), *_known(world, nodes))


def _known(
    world: LinkedQuestion, nodes: Sequence[TablePointer | ColumnPointer]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int8]]:
    features = np.zeros((len(nodes), FEATURES), dtype=np.float32)
    for row, node in enumerate(nodes):
        features[row, : len(node.features)] = node.features
    kinds = [
        0 if isinstance(node, TablePointer) else 2 if world.schema.column(node.key).primary else 1
        for node in nodes
    ]
    return np.array(kinds), features, relate(world.schema, nodes)


def _said(node: TablePointer | ColumnPointer) -> str:
    """A table's or column's name with what is written about it; a table's columns stand beside it
    anyway.
    """
    about = node.context[1:] if node.kind == Kind.COLUMN else ()
    return f"{node.text}: {about[0]}" if about and about[0].casefold() != node.text else node.text or "column"
