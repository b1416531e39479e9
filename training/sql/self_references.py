"""Questions on tables that refer to themselves: who reports to whom, what is a part of what.

Few published databases have such keys; so a table is given one for the time that questions are made of it.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kbqa.sql.query import Aggregate, AllOf, Comparison, Condition, Item, Query, Term, Value
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table, readable
from training.sql.plain_questions import PlainQuestions
from training.sql.plain_words import PARENTS, PEOPLE, SUPERIORS

Asked = tuple[str, Query]
_REPORTS = ("reports to", "managed by", "works for", "supervised by")
_TRIES = 6


@dataclass(frozen=True)
class Reference:
    """A table's key to itself; what a row is to those that refer to it, and what these do."""

    key: ForeignKey
    noun: str
    verbs: tuple[str, ...]


class SelfReferences:
    """Makes questions on a schema of which one table refers to itself, with or without the help of ours."""

    def __init__(self, schema: Schema, cells: Mapping[ColumnRef, Sequence[str]], rng: random.Random) -> None:
        self.rng, self._cells = rng, cells
        found = referring(schema, rng)
        self.schema = found[0] if found else schema
        self._reference = found[1] if found else None

    def make(self, number: int) -> Iterator[Asked]:
        """At most `number` questions with their queries."""
        if self._reference is None:
            return
        plain = PlainQuestions(self.schema, self._cells, self.rng)
        table = self.schema.table(self._reference.key.source.table)
        shown = plain.known_by(table)
        if not shown or self.schema.column(shown[0]).type != ColumnType.TEXT:
            return
        for _ in range(number):
            for pair in (self._question(plain, table, shown) for _ in range(_TRIES)):
                if pair is not None:
                    yield pair
                    break

    def _question(self, plain: PlainQuestions, table: Table, shown: Sequence[ColumnRef]) -> Asked | None:
        kind, items = self.rng.random(), tuple(Item(Term(ref)) for ref in shown)
        if kind < 0.2:
            return self._with_none(plain, table, items)
        drawn = self._named(plain, table, shown)
        if drawn is None:
            return None
        where, name = drawn
        if kind < 0.6:
            return self._above(items, where, name)
        return self._below(plain, table, items, where, name)

    def _named(
        self, plain: PlainQuestions, table: Table, shown: Sequence[ColumnRef]
    ) -> tuple[tuple[Condition, ...], str] | None:
        """The conditions that a row has a name, and the name."""
        values = [self._cells.get(ref) for ref in shown]
        if not all(values):
            return None
        chosen = [self.rng.choice(list(of_column or ())) for of_column in values]
        where = tuple(
            Condition(Item(Term(ref)), Comparison.EQUAL, (Value(value),))
            for ref, value in zip(shown, chosen, strict=True)
        )
        name = " ".join(chosen)
        return where, self.rng.choice((name, name, f"the {plain.words.row(table)} {name}"))

    def _above(self, items: tuple[Item, ...], where: tuple[Condition, ...], name: str) -> Asked:
        """The row that a row refers to."""
        assert self._reference is not None
        key, noun = self._reference.key, self._reference.noun
        inner = Query((Item(Term(key.source)),), where=where)
        query = Query(items, where=(Condition(Item(Term(key.target)), Comparison.IN, query=inner),))
        forms = [
            f"Who is the {noun} of {name}?",
            f"What is the {noun} of {name}?",
            f"Show the {noun} of {name}.",
            f"Which {noun} does {name} have?",
            f"Who is {name}'s {noun}?",
        ]
        if "report to" in self._reference.verbs:
            forms += [f"Who does {name} report to?"] * 2
        return self.rng.choice(forms), query

    def _below(
        self,
        plain: PlainQuestions,
        table: Table,
        items: tuple[Item, ...],
        where: tuple[Condition, ...],
        name: str,
    ) -> Asked:
        """The rows that refer to a row, or how many there are."""
        assert self._reference is not None
        key, noun = self._reference.key, self._reference.noun
        inner = Query((Item(Term(key.target)),), where=where)
        condition = Condition(Item(Term(key.source)), Comparison.IN, query=inner)
        rows = plain.words.rows(table)
        verb = self.rng.choice((*self._reference.verbs, f"have the {noun}", f"have {name} as {noun}"))
        of_name = verb if name in verb else f"{verb} {name}"
        if self.rng.random() < 0.3:
            count = Item(Term(AllOf(table.name), Aggregate.COUNT))
            return f"How many {rows} {of_name}?", Query((count,), where=(condition,))
        begin = self.rng.choice(
            (
                f"Which {rows} {of_name}?",
                f"Show the {rows} whose {noun} is {name}.",
                f"List all {rows} that {of_name}.",
            )
        )
        return begin, Query(items, where=(condition,))

    def _with_none(self, plain: PlainQuestions, table: Table, items: tuple[Item, ...]) -> Asked:
        """The rows that refer to none."""
        assert self._reference is not None
        key, noun = self._reference.key, self._reference.noun
        where = (Condition(Item(Term(key.source)), Comparison.IS_NULL),)
        rows = plain.words.rows(table)
        words = self.rng.choice((f"have no {noun}", f"are without a {noun}", f"do not have a {noun}"))
        if self._reference.verbs and self.rng.random() < 0.3:
            words = f"{self.rng.choice(self._reference.verbs)} nobody"
        if self.rng.random() < 0.3:
            return f"How many {rows} {words}?", Query(
                (Item(Term(AllOf(table.name), Aggregate.COUNT)),), where=where
            )
        return f"Which {rows} {words}?", Query(items, where=where)


def referring(schema: Schema, rng: random.Random) -> tuple[Schema, Reference] | None:
    """A schema of which a table refers to itself: (with the column that it needs, what refers)."""
    tables = [table for table in schema.tables if not table.view and _primary(table) is not None]
    if not tables:
        return None
    people = [table for table in tables if PEOPLE & set(readable(table.name).split())]
    table = rng.choice(people if people and rng.random() < 0.7 else tables)
    primary = _primary(table)
    assert primary is not None
    noun, verbs = (
        rng.choice(SUPERIORS) if table in people or rng.random() < 0.4 else (rng.choice(PARENTS), ())
    )
    words = rng.choice((f"{noun} id", noun, f"{noun} {primary.name}", f"id {noun}"))
    if verbs and rng.random() < 0.3:
        words = rng.choice(_REPORTS)
    name = _styled(words, table)
    if any(name.casefold() == column.name.casefold() for column in table.columns):
        return None
    column = Column(name, primary.type, primary.declared)
    at = rng.randint(1, len(table.columns))
    wider = replace(table, columns=(*table.columns[:at], column, *table.columns[at:]))
    key = ForeignKey(ColumnRef(table.name, name), ColumnRef(table.name, primary.name))
    others = tuple(wider if each is table else each for each in schema.tables)
    return replace(schema, tables=others, keys=(*schema.keys, key)), Reference(key, noun, verbs)


def _primary(table: Table) -> Column | None:
    keys = [column for column in table.columns if column.primary]
    return keys[0] if len(keys) == 1 else None


def _styled(words: str, table: Table) -> str:
    """Words as a column of a table is spelled."""
    names = [column.name for column in table.columns]
    parts = readable(words).split()
    if any("_" in name for name in names) or all(name.islower() for name in names):
        return "_".join(parts)
    if any(name[:1].islower() and not name.islower() for name in names):
        return parts[0] + "".join(part.capitalize() for part in parts[1:])
    return "".join(part.capitalize() for part in parts)
