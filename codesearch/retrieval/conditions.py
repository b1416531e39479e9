"""What a hit must meet, as a tree: filters and texts, all of them, any of them, or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from codesearch.retrieval.regular_expressions import AllOf as AllNeeded
from codesearch.retrieval.regular_expressions import Needed, escaped, needed_texts


@dataclass(frozen=True)
class Filter:
    """One filter. `regular` tells that its value is a regular expression, `cased` that capitals count."""

    field: str
    value: str
    negated: bool = False
    regular: bool = False
    cased: bool = False


@dataclass(frozen=True)
class Literal:
    """Text, or a regular expression, that must stand in a line as it is, or must not."""

    text: str
    negated: bool = False
    regular: bool = False
    cased: bool = False

    @property
    def expression(self) -> str:
        """The regular expression that finds it."""
        return self.text if self.regular else escaped(self.text)

    @property
    def needed(self) -> Needed:
        """What stands, capitals apart, in every text in which it does."""
        return needed_texts(self.text) if self.regular else AllNeeded((self.text,))


@dataclass(frozen=True)
class AllOf:
    """Conditions that must all hold."""

    parts: tuple["Condition", ...]
    negated: bool = False


@dataclass(frozen=True)
class AnyOf:
    """Conditions of which one must hold."""

    parts: tuple["Condition", ...]
    negated: bool = False


Leaf = Filter | Literal
Condition = Leaf | AllOf | AnyOf


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The filters and texts of a condition, negated or not, as they stand in it."""
    if isinstance(condition, Filter | Literal):
        yield condition
    else:
        for part in condition.parts:
            yield from leaves(part)


def positive_literals(condition: Condition, *, negated: bool = False) -> Iterator[Literal]:
    """The texts that may be why a hit is one: those that are not excluded."""
    negated ^= condition.negated
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from positive_literals(part, negated=negated)
    elif isinstance(condition, Literal) and not negated:
        yield condition


def holds(condition: Condition, leaf_holds: Callable[[Leaf], bool]) -> bool:
    """Whether a condition holds, of which `leaf_holds` says what each of its leaves, not negated, does."""
    if isinstance(condition, Filter | Literal):
        value = leaf_holds(condition)
    else:
        combine = all if isinstance(condition, AllOf) else any
        value = combine(holds(part, leaf_holds) for part in condition.parts)
    return value is not condition.negated


def can_hold(condition: Condition, leaf_may: Callable[[Leaf], tuple[bool, bool]]) -> tuple[bool, bool]:
    """Whether a condition can be true, and whether it can be false, by what each of its leaves can be."""
    if isinstance(condition, Filter | Literal):
        true, false = leaf_may(condition)
    else:
        parts = [can_hold(part, leaf_may) for part in condition.parts]
        is_all = isinstance(condition, AllOf)
        true = (all if is_all else any)(part for part, _ in parts)
        false = (any if is_all else all)(part for _, part in parts)
    return (false, true) if condition.negated else (true, false)


def not_negated(leaf: Leaf) -> Leaf:
    """The leaf without its minus."""
    return replace(leaf, negated=False)
