"""What each name of a file refers to, as it is stored and searched for."""

import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from codesearch.references.facts import MODULE, Definition, Facts, Kind, Op, Role
from codesearch.references.modules import Modules
from codesearch.references.resolver import Place, Resolver, Value

OVERRIDE = "override"
"""The role of a method's name with regard to the method of a base class that it takes the place of."""
_MOST_BYTES = 64 << 20
_MOST_NAMESAKES = 3
_SHORTEST_GUESS = 4
_COMMON = frozenset(
    (
        *(name for kind in (str, bytes, dict, list, set, int, object, Exception) for name in dir(kind)),
        *"""push shift slice splice concat forEach filter reduce some every find findIndex includes indexOf
        keys entries then catch finally length size has delete test exec match trim split substring toString
        valueOf apply call bind toLowerCase toUpperCase addEventListener
        equals hashCode getClass iterator isEmpty
        contains charAt println print printf close read write open flush next name value type data path Error
        String unwrap clone into iter collect begin empty push_back c_str emplace_back Add Remove Count Length
        ToString Equals GetHashCode Select Where ToList First Any""".split(),  # noqa: SIM905
    )
)
"""Names that values of every language's own types have: of an unknown value they say nothing."""


class Target(NamedTuple):
    """A symbol of a file; the file itself where the symbol is empty."""

    path: str
    symbol: str


class Link(NamedTuple):
    """A name in a file. `targets` are numbers in the file's list, `within` the symbol that it stands in;
    it is not `certain` where all that is known is that the names are the same."""

    line: int
    column: int
    length: int
    role: str
    within: str
    certain: bool
    targets: list[int]


class Defined(NamedTuple):
    """A definition in a file, at a line (from 1) and a column (from 0)."""

    symbol: str
    kind: str
    line: int
    column: int
    is_global: bool


class Outside(NamedTuple):
    """A base or module that the repository does not have: its name, and in which symbol it is named."""

    role: str
    within: str
    name: str


@dataclass
class FileLinks:
    """The names of a file and what they refer to."""

    targets: list[Target] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    defined: list[Defined] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)

    def encoded(self) -> bytes:
        """As it is stored."""
        body = [self.targets, self.links, self.defined, self.outside]
        return zlib.compress(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(), 1)

    @classmethod
    def decoded(cls, stored: bytes) -> "FileLinks":
        """Of what was stored."""
        if not stored:
            return cls()
        targets, links, defined, outside = json.loads(zlib.decompressobj().decompress(stored, _MOST_BYTES))
        return cls(
            [Target(*target) for target in targets],
            [Link(*link) for link in links],
            [Defined(*one) for one in defined],
            [Outside(*one) for one in outside],
        )

    def numbers(self, path: str) -> list[int]:
        """The numbers to search by of what the file refers to, itself left out where nothing is global."""
        local = {one.symbol for one in self.defined if not one.is_global}
        return sorted(
            {target_number(*one) for one in self.targets if one.path != path or one.symbol not in local}
        )


def target_number(path: str, symbol: str) -> int:
    """The number that a symbol is searched by: 64 bits, signed."""
    digest = blake2b(f"{path}\0{symbol}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


class Linker:
    """Links the files of a repository. `load` gives a file's facts; `languages` has each path's language."""

    def __init__(self, load: Callable[[str], Facts], languages: dict[str, str]) -> None:
        self._load = load
        self._families = {path: _FAMILIES.get(language, language) for path, language in languages.items()}
        self._by_name: dict[tuple[str, str], list[Target]] = defaultdict(list)
        self._modules = Modules(languages)
        self._resolver = Resolver(load, self._modules, self._by_name_of)

    def take(self, path: str, facts: Facts) -> None:
        """Get to know the names that a file defines; to be called of every file before any is linked."""
        family = self._families[path]
        self._modules.take(path, facts)
        seen = set()
        for number in facts.globals():
            symbol, name = facts.symbols[number], facts.definitions[number].name
            known = self._by_name[family, name]
            if symbol not in seen and len(known) <= _MOST_NAMESAKES:
                known.append(Target(path, symbol))
            seen.add(symbol)

    def linked(self, path: str) -> FileLinks:
        """What the names of a file refer to."""
        facts = self._load(path)
        made = FileLinks(defined=_defined(facts))
        numbers: dict[Target, int] = {}

        def number_of(target: Target) -> int:
            if target not in numbers:
                numbers[target] = len(made.targets)
                made.targets.append(target)
            return numbers[target]

        owners = _Owners(facts)
        for one in facts.occurrences:
            found = self._symbols(self._resolver.targets(path, one.expression))
            guessed = [] if found else self._guessed(path, facts, one.expression)
            if one.role == Role.INHERIT and not found and (name := _name_of(facts, one.expression)):
                made.outside.append(Outside(one.role, owners.of(one.within), name))
            if found or guessed:
                numbered = [number_of(target) for target in found or guessed]
                made.links.append(
                    Link(
                        one.line,
                        one.column,
                        one.length,
                        one.role,
                        owners.of(one.within),
                        bool(found),
                        numbered,
                    )
                )
        made.outside += [Outside(Role.IMPORT, "", name) for name in self._imported(path, facts)]
        for number, target in self._overridden(path, facts):
            definition = facts.definitions[number]
            made.links.append(
                Link(
                    definition.line, definition.column, len(definition.name), OVERRIDE,
                    facts.symbols[number], True, [number_of(target)],
                )
            )  # fmt: skip
        return made

    def _symbols(self, places: Iterable[Place]) -> list[Target]:
        return list(dict.fromkeys(self._symbol(place) for place in places))

    def _symbol(self, place: Place) -> Target:
        symbol = "" if place.number == MODULE else self._load(place.path).symbols[place.number]
        return Target(place.path, symbol)

    def _by_name_of(self, path: str, name: str) -> list[Place]:
        """The only definition of a name at the top of a file of the same language, if there is only one."""
        found = [
            target for target in self._by_name.get((self._families[path], name), ()) if target.symbol == name
        ]
        if len(found) != 1:
            return []
        return [Place(found[0].path, number) for number in self._load(found[0].path).by_symbol.get(name, ())]

    def _guessed(self, path: str, facts: Facts, expression: int) -> list[Target]:
        op, *parts = facts.expressions[expression]
        if op != Op.MEMBER or self._resolver.is_foreign(path, parts[0]):
            return []
        name = parts[1]
        if len(name) < _SHORTEST_GUESS or name in _COMMON or self._resolver.values(path, parts[0]):
            return []
        known = self._by_name.get((self._families[path], name), ())
        members = [target for target in known if target.symbol != name]
        return members if 0 < len(members) == len(known) <= _MOST_NAMESAKES else []

    def _imported(self, path: str, facts: Facts) -> Iterable[str]:
        """The modules that a file imports and the repository does not have, each once."""
        imports = [one.extra[0] for one in facts.definitions if one.kind == Kind.IMPORT]
        return [name for name in dict.fromkeys(imports) if name and self._modules.found(path, name) is None]

    def _overridden(self, path: str, facts: Facts) -> Iterable[tuple[int, Target]]:
        """The methods of a file's classes that take the place of a base's, each with that."""
        for number, definition in enumerate(facts.definitions):
            if definition.kind != Kind.FUNCTION or definition.parent < 0 or not facts.is_global(number):
                continue
            if facts.definitions[definition.parent].kind != Kind.CLASS or _is_private(definition):
                continue
            above = self._resolver.member(Value("super", path, definition.parent), definition.name)
            for target in self._symbols(above):
                yield number, target


_FAMILIES = {"typescript": "script", "javascript": "script", "c": "c", "cpp": "c"}
"""Languages whose names are those of each other."""


class _Owners:
    """The symbol that each definition of a file stands in as readers see it: no locals, no parameters."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def of(self, number: int) -> str:
        """The function, class or global that a number is or lies in; empty at the top of the file."""
        facts = self._facts
        while number >= 0:
            definition = facts.definitions[number]
            named = not definition.name.startswith("<")
            if named and definition.kind in (Kind.CLASS, Kind.FUNCTION) and facts.is_global(number):
                return facts.symbols[number]
            number = definition.parent
        return ""


def _name_of(facts: Facts, expression: int) -> str:
    """The name that an expression ends with, as it is known elsewhere; empty where it has none."""
    op, *parts = facts.expressions[expression]
    if op == Op.DEFINED:
        definition = facts.definitions[parts[0]]
        return (definition.extra[1] if definition.kind == Kind.IMPORT else "") or definition.name
    name = parts[-1] if op in (Op.MEMBER, Op.GLOBAL) else ""
    return "" if name == "object" else name


def _is_private(definition: Definition) -> bool:
    return definition.name.startswith("__") and not definition.name.endswith("__")


def _defined(facts: Facts) -> list[Defined]:
    return [
        Defined(symbol, one.kind, one.line, one.column, facts.is_global(number))
        for number, (symbol, one) in enumerate(zip(facts.symbols, facts.definitions, strict=True))
        if one.kind != Kind.IMPORT and not one.name.startswith("<")
    ]
