"""Unit → syntax graph: the nodes of its tree as arrays, with the characters that each covers."""

import re
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from tree_sitter import Node

from codesearch.parsing.base import CodeUnit, Segment
from codesearch.parsing.dense_text import DenseText

MAX_NODES = 256
"""A larger tree is cut to its first nodes by depth, then by source: what is cut lies deepest."""
DOUBLINGS = 8
"""Doublings of a pointer to the parent that reach the root of any such tree: 2 ** 8 steps."""
# A name, or a short path of names such as `os.path.join`: what a function calls says much about what it does.
_IDENTIFIER = re.compile(r"[^\W\d][\w$]*(?:(?:\.|::|->)[^\W\d][\w$]*){0,2}[?!]?")
_MAX_IDENTIFIER_LENGTH = 40
UNIT, TITLE, DOCUMENTATION = "<unit>", "<title>", "<documentation>"

# Their inside is text, not structure.
_LEAVES = frozenset(
    """string string_literal interpreted_string_literal raw_string_literal template_string encapsed_string
    heredoc comment line_comment block_comment""".split()  # noqa: SIM905
)

Integers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SyntaxGraph:
    """The nodes of a unit, parents before children. Edges run between each node and its parent, both ways.

    Node 0 is the unit as a whole; below it hang the name in words, documentation that stands outside of the
    code, and the syntax tree. Only named nodes count. A chain of single children is one node: the topmost
    kind is in `kinds`, the lowest in `inner_kinds` (GNN-Coder, section 3.1, merges what only passes through
    into its parent).
    """

    kinds: list[str]
    inner_kinds: list[str]
    parents: Integers
    """[nodes]; -1 for node 0."""
    starts: Integers
    """[nodes]: the first character of the encoded text that the node covers."""
    ends: Integers
    """[nodes]: the character after its last."""
    identifiers: list[str]
    """The identifier or path of identifiers that a node is, empty for a node that is none."""

    @property
    def children(self) -> Integers:
        """Number of children of each node, int32 [nodes]."""
        return np.bincount(self.parents[1:], minlength=len(self.parents)).astype(np.int32)

    @property
    def depths(self) -> Integers:
        """Number of steps of each node from node 0, int32 [nodes]."""
        depths = np.zeros(len(self.parents), dtype=np.int32)
        for node in range(1, len(depths)):
            depths[node] = depths[self.parents[node]] + 1
        return depths


def syntax_graph(unit: CodeUnit, dense: DenseText) -> SyntaxGraph | None:
    """Graph of a unit as `dense` shows it, None for a unit without a tree."""
    if unit.tree is None or not unit.segments:
        return None
    rows: list[_Row] = [
        _Row(0, -1, UNIT, UNIT, 0, len(dense.text)),
        _Row(1, 0, TITLE, TITLE, 0, max(1, dense.documentation - 1)),
    ]
    if dense.code > dense.documentation:
        rows.append(_Row(1, 0, DOCUMENTATION, DOCUMENTATION, dense.documentation, dense.code - 1))
    rows += _tree_rows(unit.tree, _Positions(unit, dense), len(rows))
    return _arrays(rows)


@dataclass(slots=True)
class _Row:
    depth: int
    parent: int
    kind: str
    inner_kind: str
    start: int
    end: int
    identifier: str = ""


class _Positions:
    """Bytes of the file → characters of the encoded text."""

    def __init__(self, unit: CodeUnit, dense: DenseText) -> None:
        self._segments: tuple[Segment, ...] = unit.segments
        self._code = dense.code
        self.limit = len(dense.text)
        self._characters: list[int] | None = None
        if not unit.code.isascii():
            self._characters = [0, *accumulate(byte & 0xC0 != 0x80 for byte in unit.code.encode())]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Characters (first, after last); empty where the node lies in what was left out."""
        for segment in self._segments:
            if start < segment.end:
                break
        else:
            return self.limit, self.limit
        first = segment.offset + max(0, start - segment.start)
        last = segment.offset + min(end, segment.end) - segment.start
        for later in self._segments[self._segments.index(segment) + 1 :]:
            if end <= later.start:
                break
            last = later.offset + min(end, later.end) - later.start
        return self._character(first), min(self._character(last), self.limit)

    def _character(self, offset: int) -> int:
        if self._characters is None:
            return self._code + offset
        return self._code + self._characters[min(max(offset, 0), len(self._characters) - 1)]


def _tree_rows(root: Node, positions: _Positions, first: int) -> list[_Row]:
    """Rows of a tree, parents first, in the order of the source; `first` is the index of its root."""
    rows: list[_Row] = []
    stack: list[tuple[Node, int, int]] = [(root, 0, 1)]
    while stack:
        node, parent, depth = stack.pop()
        start, end = positions.span(node.start_byte, node.end_byte)
        if start >= end:
            continue
        kind = node.type
        while node.named_child_count == 1 and node.type not in _LEAVES:
            child = node.named_child(0)
            assert child is not None
            node = child
        rows.append(_Row(depth, parent, kind, node.type, start, end, _identifier(node)))
        if node.named_child_count and node.type not in _LEAVES:
            index = first + len(rows) - 1
            stack += [(child, index, depth + 1) for child in reversed(node.named_children)]
    return rows


def _identifier(node: Node) -> str:
    if (
        node.named_child_count > 2
        or node.end_byte - node.start_byte > _MAX_IDENTIFIER_LENGTH
        or node.type in _LEAVES
        or node.text is None
    ):
        return ""
    text = node.text.decode("utf-8", errors="replace")
    return text if _IDENTIFIER.fullmatch(text) else ""


def _arrays(rows: list[_Row]) -> SyntaxGraph:
    """Order by depth, cut, and turn into arrays. A kept node's parent is kept: it lies higher."""
    order = sorted(range(len(rows)), key=lambda index: rows[index].depth)[:MAX_NODES]
    position = {old: new for new, old in enumerate(order)}
    nodes = [rows[index] for index in order]
    return SyntaxGraph(
        kinds=[node.kind for node in nodes],
        inner_kinds=[node.inner_kind for node in nodes],
        parents=np.array([position[node.parent] if node.parent >= 0 else -1 for node in nodes], np.int32),
        starts=np.array([node.start for node in nodes], dtype=np.int32),
        ends=np.array([node.end for node in nodes], dtype=np.int32),
        identifiers=[node.identifier for node in nodes],
    )
