"""Which rows of a table a question is about, and in which order, with the words that say so."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kbqa.sql.query import Comparison, Condition, Item, Order, Query, Term, Value
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, Table
from training.sql.table_words import TableWords, an

_ABOVE = ("above", "over", "greater than", "higher than", "more than", "larger than")
_BELOW = ("below", "under", "less than", "lower than", "smaller than")
_AT_LEAST, _AT_MOST = ("at least", "no less than", "not under"), ("at most", "no more than", "up to")
_COMPARED = (
    (Comparison.GREATER, _ABOVE),
    (Comparison.LESS, _BELOW),
    (Comparison.AT_LEAST, _AT_LEAST),
    (Comparison.AT_MOST, _AT_MOST),
)
_LETTER_VERBS = {
    Comparison.CONTAINS: ("contains", "has", "includes"),
    Comparison.LACKS: ("does not contain", "does not have", "lacks"),
    Comparison.STARTS: ("starts with", "begins with", "is starting with"),
    Comparison.ENDS: ("ends with", "ends in", "is ending with"),
}
"""How it is said what letters or words a text has, and where."""


@dataclass
class Draft:
    """A question's query as it grows, and the words that follow what is asked for."""

    query: Query
    words: list[str] = field(default_factory=list)


class RowConditions:
    """Conditions on the rows of a schema's tables; `cells` are values of its columns."""

    def __init__(self, words: TableWords, cells: Mapping[ColumnRef, Sequence[str]]) -> None:
        self.words, self.cells = words, cells
        self.schema: Schema = words.schema
        self.rng: random.Random = words.rng

    def columns(self, table: Table, *types: ColumnType) -> list[ColumnRef]:
        """A table's columns of some types."""
        return [ref for ref in table.refs() if self.schema.column(ref).type in types]

    def one(self, table: Table, *types: ColumnType) -> ColumnRef | None:
        """A column of a type, that by chance, no key where it is a number."""
        columns = [ref for ref in self.columns(table, self.rng.choice(types)) if not self.is_key(ref)]
        return self.rng.choice(columns) if columns else None

    def is_key(self, ref: ColumnRef) -> bool:
        """Whether a column is a number that only names a row."""
        column = self.schema.column(ref)
        return column.type == ColumnType.NUMBER and (
            column.primary or any(ref in (key.source, key.target) for key in self.schema.keys)
        )

    def add_conditions(self, draft: Draft, table: Table, *, often: float = 0.8, always: bool = False) -> None:
        """Restrict a question to some rows, as often as said."""
        if not always and self.rng.random() > often:
            return
        several = 2 if self.rng.random() < 0.25 else 1
        for number in range(several):
            drawn = self._condition(table)
            if drawn is None or any(
                condition.item == other.item for condition in drawn[0] for other in draft.query.where
            ):
                continue
            lacking = [each.item for each in drawn[0] if each.comparison == Comparison.IS_NULL]
            if any(item in draft.query.items for item in lacking):
                continue  # nothing of what is not there can be shown
            conditions, words = drawn
            if number and any(condition.follows_or for condition in (*draft.query.where, *conditions)):
                break  # alternatives and a condition more: who is to say what belongs together
            is_single = len(conditions) == 1 and len(draft.query.where) == 1
            either = bool(number) and self.rng.random() < 0.25 and is_single
            if number:
                conditions = [replace(condition, follows_or=either) for condition in conditions]
            draft.words += ["or" if either else "and"] * bool(draft.query.where) + [words]
            draft.query = replace(draft.query, where=(*draft.query.where, *conditions))

    def _condition(self, table: Table) -> tuple[list[Condition], str] | None:
        ref = self.one(
            table, ColumnType.TEXT, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.NUMBER, ColumnType.DATE
        )
        if ref is None:
            return None
        name, item, kind = self.words.called(ref), Item(Term(ref)), self.schema.column(ref).type
        if self.rng.random() < 0.12:
            return self._of_presence(name, item)
        values = self.cells.get(ref) or []
        if not values or kind == ColumnType.DATE:
            return None
        if kind == ColumnType.NUMBER:
            return self._numeric(name, item, values)
        return self._textual(name, item, values)

    def _of_presence(self, name: str, item: Item) -> tuple[list[Condition], str]:
        """The condition that a column is empty, or that it is not."""
        if self.rng.random() < 0.6:
            without = (
                f"without {an(name)}",
                f"with no {name}",
                f"whose {name} is not known",
                f"whose {name} is missing",
                f"that have no {name}",
            )
            return [Condition(item, Comparison.IS_NULL)], self.rng.choice(without)
        present = (f"that have {an(name)}", f"whose {name} is known")
        return [Condition(item, Comparison.IS_NOT_NULL)], self.rng.choice(present)

    def _numeric(self, name: str, item: Item, values: Sequence[str]) -> tuple[list[Condition], str]:
        value, of = self.rng.choice(values), self.rng.choice((f"with {an(name)}", f"whose {name} is"))
        kind = self.rng.random()
        if kind < 0.3:
            low, high = sorted((value, self.rng.choice(values)), key=float)
            ranges = (
                f"between {low} and {high}",
                f"in the range of {low} and {high}",
                f"in the range {low} to {high}",
                f"from {low} to {high}",
            )
            between = Condition(item, Comparison.BETWEEN, (Value(low), Value(high)))
            return [between], f"{of} {self.rng.choice(ranges)}"
        if kind < 0.45:
            equal = self.rng.choice(("", "of ") if of.startswith("with") else ("", "equal to "))
            return [Condition(item, Comparison.EQUAL, (Value(value),))], f"{of} {equal}{value}"
        comparison, words = self.rng.choice(_COMPARED)
        return [Condition(item, comparison, (Value(value),))], f"{of} {self.rng.choice(words)} {value}"

    def _textual(self, name: str, item: Item, values: Sequence[str]) -> tuple[list[Condition], str] | None:
        value, kind = self.rng.choice(values), self.rng.random()
        if kind < 0.45:
            is_it = self.rng.choice((f"whose {name} is", f"with {name}", f"with the {name}"))
            return [Condition(item, Comparison.EQUAL, (Value(value),))], f"{is_it} {self.words.quoted(value)}"
        if kind < 0.55:
            return self._either(name, item, value, self.rng.choice(values))
        if kind < 0.65:
            unequal = self.rng.choice(("not", "other than"))
            words = f"whose {name} is {unequal} {self.words.quoted(value)}"
            return [Condition(item, Comparison.UNEQUAL, (Value(value),))], words
        letters = [character for character in value if character.isalpha() and character.isascii()]
        if not letters:
            return None
        return self._of_letters(name, item, value, self.rng.choice(letters))

    def _either(self, name: str, item: Item, value: str, other: str) -> tuple[list[Condition], str] | None:
        """The condition that a column has one of two values; None where they are the same."""
        either = self.rng.choice(("", "either "))
        if value == other:
            return None
        conditions = [
            Condition(item, Comparison.EQUAL, (Value(value),)),
            Condition(item, Comparison.EQUAL, (Value(other),), follows_or=True),
        ]
        words = f"whose {name} is {either}{self.words.quoted(value)} or {self.words.quoted(other)}"
        return conditions, words

    def _of_letters(self, name: str, item: Item, value: str, letter: str) -> tuple[list[Condition], str]:
        """A condition on a letter or a word that a text has, lacks, or begins or ends with."""
        comparison = self.rng.choice(list(_LETTER_VERBS))
        spelled = self._spelled(comparison, value, letter)
        what = self.rng.choice(("the letter ", "the letter ", "") if len(spelled) == 1 else ("the word ", ""))
        written = spelled.upper() if len(spelled) == 1 and self.rng.random() < 0.4 else spelled
        is_plain = what and self.rng.random() < 0.6
        said = f"{what}{written}" if is_plain else f"{what}{self.words.always_quoted(written)}"
        words = f"whose {name} {self.rng.choice(_LETTER_VERBS[comparison])} {said}"
        if comparison in (Comparison.CONTAINS, Comparison.LACKS) and self.rng.random() < 0.3:
            preposition = "with" if comparison == Comparison.CONTAINS else "without"
            words = f"{preposition} {said} in their {name}"
        return [Condition(item, comparison, (Value(written),))], words

    def _spelled(self, comparison: Comparison, value: str, letter: str) -> str:
        """The letter or word that a condition on a value names; `letter` is one of the value's."""
        words = value.split()
        if comparison == Comparison.STARTS:
            return value[0] if value[0].isalpha() else letter
        if comparison == Comparison.ENDS:
            return value[-1] if value[-1].isalpha() else letter
        if len(words) > 1 and self.rng.random() < 0.4:
            return self.rng.choice([word for word in words if word.isalpha()] or [letter])
        return letter

    def add_order(self, draft: Draft, table: Table, shown: Sequence[ColumnRef]) -> None:
        """Give a question's rows an order, now and then."""
        if self.rng.random() > 0.3:
            return
        is_shown = self.rng.random() < 0.5
        types = (ColumnType.TEXT, ColumnType.NUMBER, ColumnType.DATE)
        by = self.rng.choice(shown) if is_shown else self.one(table, *types)
        if by is None:
            return
        down, name = self.rng.random() < 0.5, self.words.called(by)
        way = "descending" if down else "ascending"
        text = self.schema.column(by).type == ColumnType.TEXT and not down
        words = [
            f"in {way} order of {name}",
            f"sorted by {name} in {way} order",
            f"ordered by {name} {way}",
            f"arranged by {way} {name}",
        ]
        words += [f"in alphabetical order of {name}", f"sorted by {name} alphabetically"] if text else []
        words += [] if down else [f"ordered by {name}", f"sorted by {name}"]
        draft.words = [*draft.words, self.rng.choice(words)]
        draft.query = replace(draft.query, order=(Order(Item(Term(by)), down),))
