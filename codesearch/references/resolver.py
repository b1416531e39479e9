"""What the names of a repository denote, across its files: imports are followed, types are inferred."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from codesearch.references.facts import MODULE, Definition, Facts, Kind, Op
from codesearch.references.modules import Modules

Parts = list[Any]
"""What stands in an expression behind its form."""
_MOST_STEPS = 60
"""How deeply one expression may lead to another."""
_MOST_VALUES = 8
_MOST_KEPT = 300_000
"""Of how many expressions it is kept what they mean, before all is forgotten and found out again."""
_MOST_BASES = 20
_PROPERTIES = frozenset(("property", "cached_property", "classproperty", "abstractproperty", "get"))
_CONSTRUCTORS = ("__init__", "__new__", "constructor")


class Place(NamedTuple):
    """A definition, by the number in its file; MODULE for the file itself."""

    path: str
    number: int


class Value(NamedTuple):
    """What an expression may hold.

    `kind` is class, instance, super, type, function, module, package or list; a list has the expressions of
    its elements, and the file in which these stand.
    """

    kind: str
    path: str
    number: int = MODULE
    parts: tuple[int, ...] = ()


Found = TypeVar("Found", Place, Value)


class Resolver:
    """Reads the expressions of files. What it has found out it keeps; it is made anew for each build."""

    def __init__(
        self,
        load: Callable[[str], Facts],
        modules: Modules,
        by_name: Callable[[str, str], list[Place]] = lambda path, name: [],
    ) -> None:
        """`by_name` gives what a name of a file means that neither the file nor its imports define."""
        self._load = load
        self._modules = modules
        self._by_name = by_name
        self._targets: dict[tuple[str, int], tuple[Place, ...]] = {}
        self._values: dict[tuple[str, int], tuple[Value, ...]] = {}
        self._steps = 0

    def targets(self, path: str, number: int) -> tuple[Place, ...]:
        """The definitions that an expression of a file denotes; empty where they are unknown or elsewhere."""
        return self._kept(self._targets, self._denoted, path, number)

    def values(self, path: str, number: int) -> tuple[Value, ...]:
        """What an expression of a file may hold."""
        return self._kept(self._values, self._evaluated, path, number)

    def member(self, value: Value, name: str) -> tuple[Place, ...]:
        """The definitions of a member of a value, those of the nearest class that has it."""
        return tuple(self._member(value, name, ()))

    def is_foreign(self, path: str, number: int) -> bool:
        """Whether an expression begins with a name that the repository does not define."""
        facts = self._load(path)
        for _ in range(_MOST_STEPS):
            op, *parts = facts.expressions[number]
            if op == Op.GLOBAL:
                return not self.targets(path, number)
            if op == Op.DEFINED:
                definition = facts.definitions[parts[0]]
                if definition.kind == Kind.IMPORT:
                    return not self.targets(path, number) and not self.values(path, number)
                if len(definition.values) != 1 or definition.kind != Kind.VARIABLE:
                    return False
                number = definition.values[0]
            elif op in (Op.MEMBER, Op.CALLED, Op.ELEMENT, Op.INSTANCE, Op.ENTERED):
                number = parts[0]
            else:
                return bool(op == Op.LIST)
        return False

    def _kept(
        self,
        kept: dict[tuple[str, int], tuple[Found, ...]],
        find: Callable[[str, int], Iterable[Found]],
        path: str,
        number: int,
    ) -> tuple[Found, ...]:
        key = (path, number)
        if key in kept:
            return kept[key]
        if self._steps > _MOST_STEPS:
            return ()
        if not self._steps and len(kept) > _MOST_KEPT:
            kept.clear()
        # What leads back to itself adds nothing.
        kept[key] = ()
        self._steps += 1
        try:
            kept[key] = tuple(dict.fromkeys(find(path, number)))[:_MOST_VALUES]
        finally:
            self._steps -= 1
        return kept[key]

    def _denoted(self, path: str, number: int) -> Iterable[Place]:
        op, *parts = self._load(path).expressions[number]
        denote = _DENOTES.get(op)
        return denote(self, path, parts) if denote is not None else ()

    def _evaluated(self, path: str, number: int) -> Iterable[Value]:
        op, *parts = self._load(path).expressions[number]
        if op in _OF_VALUES:
            return (made for value in self.values(path, parts[0]) for made in _OF_VALUES[op](self, value))
        evaluate = _EVALUATES.get(op)
        if evaluate is not None:
            return evaluate(self, path, parts)
        return self._values_of(self.targets(path, number))

    def _defined(self, path: str, parts: Parts) -> Iterable[Place]:
        return (place for part in parts for place in self._followed(path, part))

    def _named(self, path: str, parts: Parts) -> Iterable[Place]:
        """What a name denotes that its file does not define."""
        name = parts[0]
        others = [*self._star_imports(path, self._load(path)), *self._modules.seen_from(path, name)]
        for other in others:
            if found := self._exported(other, name):
                return found
        return self._by_name(path, name) if self._modules.shares_names(path) else ()

    def _member_of(self, path: str, parts: Parts) -> Iterable[Place]:
        of, name = parts
        return (place for value in self.values(path, of) for place in self._member(value, name, ()))

    def _keyword(self, path: str, parts: Parts) -> Iterable[Place]:
        of, name = parts
        return (place for called in self.targets(path, of) for place in self._parameter(called, name))

    def _file(self, path: str, parts: Parts) -> Iterable[Place]:
        found = self._modules.found(path, parts[0])
        return [Place(found, MODULE)] if found is not None and not found.endswith("/") else []

    def _either(self, path: str, parts: Parts) -> Iterable[Place]:
        return (place for part in parts for place in self.targets(path, part))

    def _first(self, path: str, parts: Parts) -> Iterable[Place]:
        return next(filter(None, (self.targets(path, part) for part in parts)), ())

    def _defined_values(self, path: str, parts: Parts) -> Iterable[Value]:
        return self._values_of(Place(path, part) for part in parts)

    def _either_value(self, path: str, parts: Parts) -> Iterable[Value]:
        return (value for part in parts for value in self.values(path, part))

    def _member_values(self, path: str, parts: Parts) -> Iterable[Value]:
        of, name = parts
        for value in self.values(path, of):
            if value.kind == "package":
                yield from self._module(self._modules.below(value.path, name))
        yield from self._values_of(self._member_of(path, parts))

    def _values_of(self, places: Iterable[Place]) -> Iterable[Value]:
        for place in places:
            yield from self._value_of(place)

    def _value_of(self, place: Place) -> Iterable[Value]:
        """What a name that is defined at a place holds."""
        path, number = place
        if number == MODULE:
            yield Value("module", path)
            return
        definition = self._load(path).definitions[number]
        if definition.kind in (Kind.CLASS, Kind.NAMESPACE):
            yield Value("class", path, number)
        elif definition.kind == Kind.FUNCTION:
            if definition.extra and not _PROPERTIES.isdisjoint(definition.extra):
                yield from self._returned(path, definition)
            else:
                yield Value("function", path, number)
        elif definition.kind == Kind.IMPORT:
            module, name = definition.extra
            found = self._modules.found(path, module) if module else path
            if found is not None and not name:
                yield from self._module(found)
            elif found is not None and found.endswith("/"):
                yield from self._module(self._modules.below(found, name))
            else:
                yield from self._values_of(self._followed(path, number))
        else:
            yield from self._returned(path, definition)

    def _returned(self, path: str, definition: Definition) -> Iterable[Value]:
        for value in definition.values:
            yield from self.values(path, value)

    def _module(self, found: str | None) -> Iterable[Value]:
        if found is not None:
            yield Value("package", found) if found.endswith("/") else Value("module", found)

    def _followed(self, path: str, number: int) -> Iterable[Place]:
        """The definition itself; of an import what is imported."""
        definition = self._load(path).definitions[number]
        if definition.kind != Kind.IMPORT:
            return [Place(path, number)]
        module, name = definition.extra
        found = self._modules.found(path, module) if module else path
        if found is None:
            return []
        if not name or found.endswith("/"):
            below = found if not name else self._modules.below(found, name)
            return [Place(below, MODULE)] if below and not below.endswith("/") else []
        return self._exported(found, name)

    def _exported(self, path: str, name: str, passed: tuple[str, ...] = ()) -> tuple[Place, ...]:
        """What a name of a module denotes."""
        key = (f"{path}\0{name}", MODULE)
        if path in passed:
            return ()

        def find(_: str, __: int) -> Iterable[Place]:
            facts = self._load(path)
            numbers = facts.members.get(MODULE, {}).get(name, ())
            numbers = [number for number in numbers if not _is_partial(facts.definitions[number])]
            for number in numbers[-4:]:
                yield from self._followed(path, number)
            if numbers:
                return
            below = self._modules.below(path, name)
            if below is not None and not below.endswith("/"):
                yield Place(below, MODULE)
                return
            for other in self._star_imports(path, facts):
                if found := self._exported(other, name, (*passed, path)):
                    yield from found
                    return

        return self._kept(self._targets, find, *key)

    def _star_imports(self, path: str, facts: Facts) -> Iterable[str]:
        for number in facts.members.get(MODULE, {}).get("*", ()):
            found = self._modules.found(path, facts.definitions[number].extra[0])
            if found is not None and not found.endswith("/"):
                yield found

    def _member(self, value: Value, name: str, passed: tuple[Value, ...]) -> Iterable[Place]:
        """The definitions of a member of a value, those of the nearest class."""
        if value in passed or len(passed) > _MOST_BASES:
            return ()
        if value.kind == "module":
            return self._exported(value.path, name)
        if value.kind == "package":
            inside = self._modules.inside(value.path, name)
            return [place for other in inside for place in self._exported(other, name)]
        if value.kind not in ("class", "instance", "super"):
            return ()
        parts = self._parts(value)
        own = self._own_members(parts, name) if value.kind != "super" else []
        return own or self._inherited(parts, name, (*passed, value))

    def _own_members(self, parts: list[Place], name: str) -> list[Place]:
        return [
            place
            for path, number in parts
            for member in self._load(path).members.get(number, {}).get(name, ())
            for place in self._followed(path, member)
        ]

    def _inherited(self, parts: list[Place], name: str, passed: tuple[Value, ...]) -> list[Place]:
        bases = (
            value
            for path, number in parts
            for base in self._load(path).definitions[number].values
            for value in self.values(path, base)
            if value.kind in ("class", "instance")
        )
        return next(filter(None, (list(self._member(value, name, passed)) for value in bases)), [])

    def _parts(self, value: Value) -> list[Place]:
        """The definitions of a class: several where it is opened again, in this file or others."""
        facts = self._load(value.path)
        parts = [Place(value.path, number) for number in facts.by_symbol[facts.symbols[value.number]]]
        definition = facts.definitions[value.number]
        if self._modules.shares_names(value.path) and definition.parent == MODULE:
            for other in self._modules.parts_of(value.path, definition.name):
                known = self._load(other)
                numbers = known.members[MODULE][definition.name]
                parts += [Place(other, one) for one in numbers if known.definitions[one].kind == Kind.CLASS]
        return parts

    def _parameter(self, place: Place, name: str) -> Iterable[Place]:
        """The parameter of a function, or of what makes the objects of a class."""
        if place.number == MODULE:
            return
        facts = self._load(place.path)
        definition = facts.definitions[place.number]
        if definition.kind == Kind.CLASS:
            value = Value("class", place.path, place.number)
            makers = [maker for kind in _CONSTRUCTORS for maker in self._member(value, kind, ())]
            for maker in makers:
                yield from self._parameter(maker, name)
            if not makers:
                yield from self._member(value, name, ())
            return
        for number in facts.members.get(place.number, {}).get(name, ()):
            if facts.definitions[number].kind == Kind.PARAMETER:
                yield Place(place.path, number)

    def _called(self, value: Value) -> Iterable[Value]:
        if value.kind in ("class", "type"):
            yield Value("instance", value.path, value.number)
        elif value.kind == "function":
            yield from self._returned(value.path, self._load(value.path).definitions[value.number])
        elif value.kind == "instance":
            for place in self._member(value, "__call__", ()):
                yield from self._returned(place.path, self._load(place.path).definitions[place.number])

    def _element(self, value: Value) -> Iterable[Value]:
        if value.kind == "list":
            for part in value.parts:
                yield from self.values(value.path, part)
        elif value.kind in ("class", "type"):
            yield value
        elif value.kind in ("instance", "super"):
            for name in ("__iter__", "__getitem__", "__next__"):
                for place in self._member(value, name, ()):
                    definition = self._load(place.path).definitions[place.number]
                    for inner in self._returned(place.path, definition):
                        yield from self._element(inner) if name == "__iter__" else (inner,)

    def _instance(self, value: Value) -> Iterable[Value]:
        if value.kind == "class":
            yield Value("instance", value.path, value.number)
        elif value.kind == "type":
            yield Value("class", value.path, value.number)
        elif value.kind == "list":
            parts = [inner for part in value.parts for inner in self.values(value.path, part)]
            if parts and all(inner.kind == "class" for inner in parts):
                for inner in parts:
                    yield Value("instance", inner.path, inner.number)
            else:
                yield value
        else:
            yield value

    def _entered(self, value: Value) -> Iterable[Value]:
        entered = tuple(self._member(value, "__enter__", ())) if value.kind == "instance" else ()
        if value.kind == "list":
            yield from self._element(value)
        elif not entered:
            yield value
        for place in entered:
            yield from self._returned(place.path, self._load(place.path).definitions[place.number])

    def _as_type(self, value: Value) -> Iterable[Value]:
        if value.kind == "class":
            yield Value("type", value.path, value.number)


def _is_partial(definition: Definition) -> bool:
    return definition.kind == Kind.CLASS and definition.extra == ["partial"]


_DENOTES: dict[str, Callable[[Resolver, str, Parts], Iterable[Place]]] = {
    Op.DEFINED.value: Resolver._defined,
    Op.GLOBAL.value: Resolver._named,
    Op.MEMBER.value: Resolver._member_of,
    Op.KEYWORD.value: Resolver._keyword,
    Op.PATH.value: Resolver._file,
    Op.EITHER.value: Resolver._either,
    Op.FIRST.value: Resolver._first,
    Op.SELF.value: lambda _, path, parts: [Place(path, parts[0])],
    Op.CLASS.value: lambda _, path, parts: [Place(path, parts[0])],
    Op.SUPER.value: lambda _, path, parts: [Place(path, parts[0])],
}
_EVALUATES: dict[str, Callable[[Resolver, str, Parts], Iterable[Value]]] = {
    Op.DEFINED.value: Resolver._defined_values,
    Op.MEMBER.value: Resolver._member_values,
    Op.EITHER.value: Resolver._either_value,
    Op.PATH.value: lambda self, path, parts: self._module(self._modules.found(path, parts[0])),
    Op.SELF.value: lambda _, path, parts: [Value("instance", path, parts[0])],
    Op.CLASS.value: lambda _, path, parts: [Value("class", path, parts[0])],
    Op.SUPER.value: lambda _, path, parts: [Value("super", path, parts[0])],
    Op.LIST.value: lambda _, path, parts: [Value("list", path, MODULE, tuple(parts))],
}
_OF_VALUES: dict[str, Callable[[Resolver, Value], Iterable[Value]]] = {
    Op.CALLED.value: Resolver._called,
    Op.ELEMENT.value: Resolver._element,
    Op.INSTANCE.value: Resolver._instance,
    Op.ENTERED.value: Resolver._entered,
    Op.TYPE.value: Resolver._as_type,
}
