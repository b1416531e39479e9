"""What a file's syntax says of its names: what it defines, what it refers to, and how the two hang together.

Facts are of one file and know no other. Everything that has to be found elsewhere stands in them as an
expression (`Op`), which the resolver reads when the whole repository is known.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

MODULE = -1
"""The parent of what stands at the top of a file."""
_MOST_BYTES = 64 << 20


class Kind(StrEnum):
    """What a definition is."""

    CLASS = "c"
    FUNCTION = "f"
    VARIABLE = "v"
    PARAMETER = "p"
    IMPORT = "i"
    NAMESPACE = "n"


class Role(StrEnum):
    """What a name is used for where it stands."""

    CALL = "call"
    IMPORT = "import"
    INHERIT = "inherit"
    TYPE = "type"
    USE = "use"


class Op(StrEnum):
    """The forms of an expression; behind it stand its parts: numbers of other expressions, or names."""

    DEFINED = "d"
    """Definitions of this file: their numbers."""
    GLOBAL = "g"
    """A name that the file does not define."""
    MEMBER = "."
    """An expression, and the name of a member of its value."""
    CALLED = "()"
    """What calling an expression gives."""
    ELEMENT = "[]"
    """What iterating over an expression, or indexing it, gives."""
    INSTANCE = "i"
    """A value of the type that an expression names."""
    EITHER = "|"
    """One of several expressions."""
    FIRST = "?"
    """The first of several expressions that denotes anything."""
    LIST = "l"
    """A container of expressions."""
    SELF = "t"
    """An instance of a class of this file: its number."""
    CLASS = "k"
    """A class of this file itself: its number."""
    TYPE = "T"
    """A class that an expression names, as a value: of `type[X]`."""
    SUPER = "s"
    """An instance of a class of this file, seen as its bases see it."""
    KEYWORD = "kw"
    """An expression that is called, and the name of a parameter."""
    PATH = "m"
    """A module: its name as an import writes it."""
    ENTERED = "w"
    """What `with` gives for an expression."""


class Definition(NamedTuple):
    """A name that is given a meaning. Lines count from 1, columns from 0, in characters."""

    name: str
    kind: str
    line: int
    column: int
    parent: int
    """The number of the definition that it is a member or a local of, or MODULE."""
    values: list[int]
    """Expressions: what a variable holds, what a function returns, what a class inherits from."""
    extra: Any = None
    """Of an import the module (empty for the file itself, which gives something a second name) and the name
    in it (empty for the module itself, `*` for all); of a function its marks, such as `property`."""


class Occurrence(NamedTuple):
    """A name that refers to something. `within` is the definition that it stands in, or MODULE."""

    line: int
    column: int
    length: int
    expression: int
    role: str
    within: int


@dataclass
class Facts:
    """The facts of a file."""

    language: str
    definitions: list[Definition] = field(default_factory=list)
    expressions: list[tuple[Any, ...]] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)

    @cached_property
    def members(self) -> dict[int, dict[str, list[int]]]:
        """Of each definition, and of MODULE, the numbers of its members and locals by name."""
        members: dict[int, dict[str, list[int]]] = {}
        for number, definition in enumerate(self.definitions):
            members.setdefault(definition.parent, {}).setdefault(definition.name, []).append(number)
        return members

    @cached_property
    def symbols(self) -> list[str]:
        """Of each definition what it is known by in its file: the names of what it stands in, and its own.

        Definitions of one symbol are one thing that is defined in several places, as overloads are.
        """
        names: list[str] = []
        for definition in self.definitions:
            outer = f"{names[definition.parent]}." if definition.parent >= 0 else ""
            names.append(outer + definition.name)
        return names

    @cached_property
    def by_symbol(self) -> dict[str, list[int]]:
        """The numbers of a symbol's definitions."""
        numbers: dict[str, list[int]] = {}
        for number, symbol in enumerate(self.symbols):
            numbers.setdefault(symbol, []).append(number)
        return numbers

    def is_global(self, number: int) -> bool:
        """Whether a definition can be referred to from outside of the function that it stands in."""
        while (number := self.definitions[number].parent) >= 0:
            if self.definitions[number].kind == Kind.FUNCTION:
                return False
        return True

    def globals(self) -> Iterator[int]:
        """The numbers of the definitions that other files can refer to, but for imports."""
        for number, definition in enumerate(self.definitions):
            if definition.kind not in (Kind.IMPORT, Kind.PARAMETER) and self.is_global(number):
                yield number


def encoded(facts: Facts) -> bytes:
    """Facts as they are stored."""
    body = [facts.language, facts.definitions, facts.expressions, facts.occurrences]
    return zlib.compress(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(), 1)


def decoded(stored: bytes) -> Facts:
    """Stored facts. Raises ValueError where they are no facts of this version."""
    body = zlib.decompressobj().decompress(stored, _MOST_BYTES)
    language, definitions, expressions, occurrences = json.loads(body)
    return Facts(
        language,
        [Definition(*definition) for definition in definitions],
        expressions,
        [Occurrence(*occurrence) for occurrence in occurrences],
    )
