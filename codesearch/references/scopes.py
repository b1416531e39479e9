"""Scopes of names, and the builder that turns a walk over a syntax tree into facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from codesearch.references.facts import MODULE, Definition, Facts, Kind, Occurrence, Op, Role

MOST_DEPTH = 160
"""Syntax that is nested deeper is not read: it is no person's."""
_MOST_OCCURRENCES = 200_000
NONE = -1
"""The number of no expression."""


@dataclass(slots=True)
class Scope:
    """Where names are looked up: first here, then further out."""

    outer: "Scope | None"
    owner: int
    """The definition whose members or locals the names are, or MODULE."""
    kind: str = ""
    """`class`, `function`, or empty for a file or block."""
    names: dict[str, list[int]] = field(default_factory=dict)
    elsewhere: dict[str, "Scope"] = field(default_factory=dict)
    """Names that are declared to belong to an outer scope."""
    seen_from_inside: bool = True
    """Whether functions in it see its names as they stand; Python's classes hide theirs."""

    def enclosing(self, kind: str) -> "Scope | None":
        """The innermost scope of a kind that this is or lies in."""
        scope: Scope | None = self
        while scope is not None and scope.kind != kind:
            scope = scope.outer
        return scope


@dataclass(slots=True)
class _Pending:
    scope: Scope
    name: str
    expression: int
    known: int
    """How many definitions there were when the name was met."""


class Builder:
    """Collects the facts of a file; names are looked up at the end, when all definitions are known."""

    positional = True
    """Whether a use means the last definition above it, as with names that are assigned again."""

    def __init__(self, language: str, source: bytes) -> None:
        self.facts = Facts(language)
        self.source = source
        self.lines = None if source.isascii() else source.split(b"\n")
        self.top = Scope(None, MODULE)
        self._pending: list[_Pending] = []
        self._constant: dict[tuple[Any, ...], int] = {}

    def finished(self) -> Facts:
        """The facts."""
        for pending in self._pending:
            self.facts.expressions[pending.expression] = self._looked_up(pending)
        return self.facts

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", errors="replace")

    def define(
        self,
        scope: Scope,
        node: Node,
        kind: Kind,
        values: Sequence[int] = (),
        extra: Any = None,
        name: str = "",
    ) -> int:
        """Define the name that a node is; the number of the definition."""
        name = name or self.text(node)
        target = scope.elsewhere.get(name, scope)
        number = self.add(target.owner, node, kind, values, extra, name)
        target.names.setdefault(name, []).append(number)
        return number

    def add(
        self,
        owner: int,
        node: Node,
        kind: Kind,
        values: Sequence[int] = (),
        extra: Any = None,
        name: str = "",
    ) -> int:
        """Define a member that no scope has, such as a field; the number of the definition."""
        line, column = self._place(node)
        given = [value for value in values if value != NONE]
        self.facts.definitions.append(
            Definition(name or self.text(node), kind, line, column, owner, given, extra)
        )
        return len(self.facts.definitions) - 1

    def express(self, op: Op, *parts: Any) -> int:
        """An expression of a form; NONE where a part is none."""
        if NONE in parts:
            return NONE
        key = (op.value, *parts)
        number = self._constant.get(key)
        if number is None:
            number = self._constant[key] = len(self.facts.expressions)
            self.facts.expressions.append(key)
        return number

    def either(self, parts: Sequence[int]) -> int:
        """One of several expressions."""
        known = [part for part in dict.fromkeys(parts) if part != NONE]
        return known[0] if len(known) == 1 else self.express(Op.EITHER, *known) if known else NONE

    def named(self, scope: Scope, node: Node, role: Role = Role.USE, name: str = "") -> int:
        """The expression that a name is, which refers to what the name means in a scope."""
        name = name or self.text(node)
        number = len(self.facts.expressions)
        self.facts.expressions.append((Op.GLOBAL, name))
        self._pending.append(_Pending(scope, name, number, len(self.facts.definitions)))
        self.refer(scope, node, number, role)
        return number

    def refer(self, scope: Scope, node: Node, expression: int, role: Role) -> None:
        """Note that a node refers to what an expression denotes."""
        if expression == NONE or len(self.facts.occurrences) >= _MOST_OCCURRENCES:
            return
        line, column = self._place(node)
        length = node.end_byte - node.start_byte
        if self.lines is not None:
            length = len(self.text(node))
        self.facts.occurrences.append(Occurrence(line, column, length, expression, role.value, scope.owner))

    def claim(self, first: int, owner: int) -> None:
        """Let the bases that were named since the occurrence `first` stand in the class that inherits."""
        for number, one in enumerate(self.facts.occurrences[first:], first):
            if one.role == Role.INHERIT:
                self.facts.occurrences[number] = one._replace(within=owner)

    def _place(self, node: Node) -> tuple[int, int]:
        row, column = node.start_point
        if self.lines is not None and not self.lines[row].isascii():
            column = len(self.lines[row][:column].decode("utf-8", errors="replace"))
        return row + 1, column

    def _looked_up(self, pending: _Pending) -> tuple[Any, ...]:
        scope: Scope | None = pending.scope
        nested = False
        while scope is not None:
            target = scope.elsewhere.get(pending.name, scope)
            found = target.names.get(pending.name)
            if found and (scope.seen_from_inside or not nested):
                return (Op.DEFINED.value, *self._meant(found, pending, own=not nested))
            nested = nested or scope.kind == "function"
            scope = scope.outer
        return self._unknown(pending.scope, pending.name)

    def _unknown(self, scope: Scope, name: str) -> tuple[Any, ...]:
        """The expression of a name that the file does not define."""
        return (Op.GLOBAL.value, name)

    def _meant(self, found: list[int], pending: _Pending, *, own: bool) -> list[int]:
        if len(found) == 1 or not self.positional:
            return found[-4:]
        if own:
            before = [number for number in found if number < pending.known]
            return before[-1:] or found[:1]
        return found[-4:]
