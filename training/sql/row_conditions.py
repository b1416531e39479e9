"""Which rows of a table a question is about, and in which order: conditions of every kind with the words that
say them.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kbqa.sql.query import Comparison, Condition, Item, Order, Query, Term, Value
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, Table
from training.sql.table_words import TableWords, an

_ABOVE = ("above", "over", "greater than", "higher than", "more than", "larger than")
_BELOW = ("below", "under", "less than", "lower than", "smaller than")
_AT_LEAST, _AT_MOST = ("at least", "no less than", "not under"), ("at most", "no more than", "up to")


@dataclass
class Asked:
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
        found = [ref for ref in self.columns(table, self.rng.choice(types)) if not self.is_key(ref)]
        return self.rng.choice(found) if found else None

    def is_key(self, ref: ColumnRef) -> bool:
        """Whether a column is a number that only names a row."""
        column = self.schema.column(ref)
        return column.type == ColumnType.NUMBER and (
            column.primary or any(ref in (key.source, key.target) for key in self.schema.keys)
        )

    def add_conditions(self, asked: Asked, table: Table, *, often: float = 0.8, always: bool = False) -> None:
        """Restrict a question to some rows, as often as said."""
        if not always and self.rng.random() > often:
            return
        several = 2 if self.rng.random() < 0.25 else 1
        for place in range(several):
            found = self._condition(table)
            if found is None or any(
                condition.item == other.item for condition in found[0] for other in asked.query.where
            ):
                continue
            conditions, words = found
            if place and any(each.follows_or for each in (*asked.query.where, *conditions)):
                break  # alternatives and a condition more: who is to say what belongs together
            either = (
                place and self.rng.random() < 0.25 and len(conditions) == 1 and len(asked.query.where) == 1
            )
            conditions = (
                [replace(each, follows_or=bool(either)) for each in conditions] if place else conditions
            )
            asked.words += ["or" if either else "and"] * bool(asked.query.where) + [words]
            asked.query = replace(asked.query, where=(*asked.query.where, *conditions))

    def _condition(self, table: Table) -> tuple[list[Condition], str] | None:
        ref = self.one(
            table, ColumnType.TEXT, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.NUMBER, ColumnType.DATE
        )
        if ref is None:
            return None
        name, item, kind = self.words.called(ref), Item(Term(ref)), self.schema.column(ref).type
        if self.rng.random() < 0.12:
            missing = self.rng.random() < 0.6
            without = (
                f"without {an(name)}",
                f"with no {name}",
                f"whose {name} is not known",
                f"whose {name} is missing",
                f"that have no {name}",
            )
            words = self.rng.choice(
                without if missing else (f"that have {an(name)}", f"whose {name} is known")
            )
            return [Condition(item, Comparison.IS_NULL if missing else Comparison.IS_NOT_NULL)], words
        values = self.cells.get(ref) or []
        if not values or kind == ColumnType.DATE:
            return None
        return (
            self._numeric(name, item, values)
            if kind == ColumnType.NUMBER
            else self._textual(name, item, values)
        )

    def _numeric(self, name: str, item: Item, values: Sequence[str]) -> tuple[list[Condition], str]:
        value, of = self.rng.choice(values), self.rng.choice((f"with {an(name)}", f"whose {name} is"))
        kind = self.rng.random()
        if kind < 0.3:
            low, high = sorted((value, self.rng.choice(values)), key=float)
            within = self.rng.choice(
                (
                    f"between {low} and {high}",
                    f"in the range of {low} and {high}",
                    f"in the range {low} to {high}",
                    f"from {low} to {high}",
                )
            )
            return [Condition(item, Comparison.BETWEEN, (Value(low), Value(high)))], f"{of} {within}"
        if kind < 0.45:
            return [
                Condition(item, Comparison.EQUAL, (Value(value),))
            ], f"{of} {self.rng.choice(('', 'of ') if of.startswith('with') else ('', 'equal to '))}{value}"
        comparison, words = self.rng.choice(
            (
                (Comparison.GREATER, _ABOVE),
                (Comparison.LESS, _BELOW),
                (Comparison.AT_LEAST, _AT_LEAST),
                (Comparison.AT_MOST, _AT_MOST),
            )
        )
        return [Condition(item, comparison, (Value(value),))], f"{of} {self.rng.choice(words)} {value}"

    def _textual(self, name: str, item: Item, values: Sequence[str]) -> tuple[list[Condition], str] | None:
        value, kind = self.rng.choice(values), self.rng.random()
        if kind < 0.45:
            is_it = self.rng.choice((f"whose {name} is", f"with {name}", f"with the {name}"))
            return [Condition(item, Comparison.EQUAL, (Value(value),))], f"{is_it} {self.words.quoted(value)}"
        if kind < 0.55:
            other = self.rng.choice(values)
            both = (
                Condition(item, Comparison.EQUAL, (Value(value),)),
                Condition(item, Comparison.EQUAL, (Value(other),), follows_or=True),
            )
            either = self.rng.choice(("", "either "))
            return (
                (
                    list(both),
                    f"whose {name} is {either}{self.words.quoted(value)} or {self.words.quoted(other)}",
                )
                if value != other
                else None
            )
        if kind < 0.65:
            return [
                Condition(item, Comparison.UNEQUAL, (Value(value),))
            ], f"whose {name} is {self.rng.choice(('not', 'other than'))} {self.words.quoted(value)}"
        letters = [each for each in value if each.isalpha() and each.isascii()]
        if not letters:
            return None
        return self._of_letters(name, item, value, self.rng.choice(letters))

    def _of_letters(self, name: str, item: Item, value: str, letter: str) -> tuple[list[Condition], str]:
        comparison = self.rng.choice(
            (Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)
        )
        words = value.split()
        spelled = letter
        if comparison == Comparison.STARTS:
            spelled = (
                next((each for each in value if each.isalpha()), letter) if value[0].isalpha() else letter
            )
        elif comparison == Comparison.ENDS:
            spelled = value[-1] if value[-1].isalpha() else letter
        elif len(words) > 1 and self.rng.random() < 0.4:
            spelled = self.rng.choice([each for each in words if each.isalpha()] or [letter])
        what = self.rng.choice(("the letter ", "the letter ", "") if len(spelled) == 1 else ("the word ", ""))
        written = spelled.upper() if len(spelled) == 1 and self.rng.random() < 0.4 else spelled
        said = (
            f"{what}{written}"
            if what and self.rng.random() < 0.6
            else f"{what}{self.words.always_quoted(written)}"
        )
        verbs = {
            Comparison.CONTAINS: ("contains", "has", "includes"),
            Comparison.LACKS: ("does not contain", "does not have", "lacks"),
            Comparison.STARTS: ("starts with", "begins with", "is starting with"),
            Comparison.ENDS: ("ends with", "ends in", "is ending with"),
        }
        inside = {
            Comparison.CONTAINS: f"with {said} in their {name}",
            Comparison.LACKS: f"without {said} in their {name}",
        }
        clause = f"whose {name} {self.rng.choice(verbs[comparison])} {said}"
        return [Condition(item, comparison, (Value(written),))], inside[
            comparison
        ] if comparison in inside and self.rng.random() < 0.3 else clause

    def add_order(self, asked: Asked, table: Table, shown: Sequence[ColumnRef]) -> None:
        """Give a question's rows an order, now and then."""
        if self.rng.random() > 0.3:
            return
        by = (
            self.rng.choice(shown)
            if self.rng.random() < 0.5
            else self.one(table, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.DATE)
        )
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
        asked.words = [*asked.words, self.rng.choice(words)]
        asked.query = replace(asked.query, order=(Order(Item(Term(by)), down),))
