"""What parsing yields, and what a language module says about its language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import tree_sitter
from tree_sitter import Node


class Segment(NamedTuple):
    """A stretch of a file's source, and where it stands in a unit's code, both in bytes of UTF-8."""

    start: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class CodeUnit:
    """A definition, module or passage of one file.

    Lines count from 1, both ends included. `code` is the unit's source; in a class, the bodies of its
    methods, which are units of their own, are left out. `tree` is the unit's node in the syntax tree, None
    for passages; `segments` are the stretches of the file that `code` was put together from, in order.
    One that is not `encoded` is found by its name and words alone: its text says little by itself, and is
    encoded with the class or module around it.
    """

    kind: str
    name: str
    qualified_name: str
    signature: str
    documentation: str
    code: str
    start_line: int
    end_line: int
    tree: Node | None = None
    segments: tuple[Segment, ...] = ()
    encoded: bool = True


@dataclass(frozen=True)
class ParsedFile:
    """The units of a file; `sound` is False where its syntax is broken and only parts could be read."""

    language: str
    units: list[CodeUnit]
    sound: bool = True


DECLARATION_KINDS = frozenset({"constant", "variable", "field", "property", "macro"})
"""Kinds of units that are declared in a line or few, and that no other unit is inside of."""


class Declared(NamedTuple):
    """What a declaration declares: a name, and the kind of its unit.

    `is_prototype`: only promised, as a function without its body is. `node` is the part of the declaration
    that is the unit, None for all of it.
    """

    name: str
    kind: str
    is_prototype: bool = False
    node: Node | None = None


@dataclass(frozen=True)
class Language:
    """One programming language, as its tree-sitter grammar sees it.

    `functions` and `classes` map to units the node types that define them; `scopes` name what they enclose
    without being units (namespaces, Rust's impl). `declarations` are the node types that may declare
    constants, variables, fields, properties, macros and prototypes outside of functions: `declared_by` says
    which, given a node and the kind of what encloses it (`class`, `scope`, or empty). `unscoped` are
    those of them that no scope holds, as macros of C. `wrappers` are nodes
    that belong to the definition they hold (decorators, export). `name_of` returns a definition's name, or
    None where the node defines nothing of its own; `is_method` says of a function outside of classes whether
    it is a method all the same. `documentation_of` returns documentation written inside the definition, where
    the language has that. `readable` gives a source, its length kept, in which the grammar finds its way;
    `simplified` gives another, for one that is broken all the same.
    """

    name: str
    label: str
    extensions: tuple[str, ...]
    grammar: Callable[[], object]
    functions: frozenset[str]
    classes: frozenset[str]
    scopes: frozenset[str] = frozenset()
    declarations: frozenset[str] = frozenset()
    unscoped: frozenset[str] = frozenset()
    wrappers: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset({"comment", "line_comment", "block_comment"})
    imports: frozenset[str] = frozenset()
    separator: str = "."
    name_of: Callable[[Node], str | None] = lambda node: field_text(node, "name")
    is_method: Callable[[Node, str], bool] = lambda node, name: False
    documentation_of: Callable[[Node], Node | None] = lambda node: None
    declared_by: Callable[[Node, str], Iterable[Declared]] = lambda node, inside: ()
    readable: Callable[[bytes], bytes] = lambda source: source
    simplified: Callable[[bytes], bytes] | None = None

    def parse(self, source: bytes) -> tree_sitter.Tree:
        """The syntax tree of a source in UTF-8, by a new parser: no two threads may share one."""
        readable = self.readable(source)
        tree = tree_sitter.Parser(self._syntax).parse(readable)
        if self.simplified is None or not tree.root_node.has_error:
            return tree
        simpler = tree_sitter.Parser(self._syntax).parse(self.simplified(readable))
        return simpler if _broken_bytes(simpler.root_node) < _broken_bytes(tree.root_node) else tree

    @cached_property
    def _syntax(self) -> tree_sitter.Language:
        return tree_sitter.Language(self.grammar())

    @cached_property
    def definitions(self) -> Mapping[str, str]:
        """By node type what it defines: `function`, `class`, `scope` or a `declaration`."""
        kinds = (
            ("declaration", self.declarations),
            ("function", self.functions),
            ("class", self.classes),
            ("scope", self.scopes),
        )
        return {node_type: kind for kind, node_types in kinds for node_type in node_types}


def _broken_bytes(root: Node) -> int:
    """How much of a tree could not be read: bytes in its errors, and one for each that is missing."""
    total, nodes = 0, [root]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            total += max(1, node.end_byte - node.start_byte)
        elif node.has_error:
            nodes += node.children
    return total


def node_text(node: Node) -> str:
    """Source of a node."""
    return (node.text or b"").decode("utf-8", errors="replace")


def field_text(node: Node, field: str) -> str | None:
    """Source of a node's field, or None where it has none."""
    child = node.child_by_field_name(field)
    return node_text(child) if child is not None else None


def constant_or(kind: str, name: str) -> str:
    """The kind of a name, in languages that tell constants by their capitals alone.

    >>> constant_or("variable", "MAX_SIZE"), constant_or("variable", "_"), constant_or("field", "size")
    ('constant', 'variable', 'field')
    """
    return "constant" if name.isupper() else kind


def join_source(
    source: bytes, spans: list[tuple[int, int]], separator: bytes
) -> tuple[str, tuple[Segment, ...]]:
    """Pieces of a source joined by `separator`, and where each of them came from."""
    segments: list[Segment] = []
    offset = 0
    for start, end in spans:
        segments.append(Segment(start, end, offset))
        offset += end - start + len(separator)
    code = separator.join(source[start:end] for start, end in spans)
    return code.decode("utf-8", errors="replace"), tuple(segments)
