"""Questions for the tables of any database, made by templates: lists of several columns, conditions of every
kind, groups, extremes.

What people write seldom in published sets, but analysts often: three columns at once, the letters of a name,
a value that is missing.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kbqa.sql.query import Aggregate, AllOf, DatePart, GroupKey, Item, Operator, Order, Part, Query, Term
from kbqa.sql.rendering import NotConnectedError, joins, query_text
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.sql.row_conditions import Asked, RowConditions
from training.sql.table_words import TableWords, are

_MAX_ITEMS, _MAX_LENGTH = 5, 200
_PART_WORDS = {Part.YEAR: "year", Part.MONTH: "month"}
_TRIES = 8
"""How often one question is tried to make."""


class TableQuestions:
    """Makes questions on a schema; `cells` are values of its columns."""

    def __init__(self, schema: Schema, cells: Mapping[ColumnRef, Sequence[str]], rng: random.Random) -> None:
        self.schema, self.rng = schema, rng
        self.words = TableWords(schema, rng)
        self.conditions = RowConditions(self.words, cells)
        self.tables = [table for table in schema.tables if len(table.columns) > 1 and not table.view]
        self.with_dates = [table for table in self.tables if self.conditions.columns(table, ColumnType.DATE)]
        self.keys = [
            key
            for key in schema.keys
            if key.declared and key.source.table != key.target.table and self._alone(key)
        ]

    def make(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield up to `number` questions with their SQL."""
        kinds = [*[self.list_of] * 5, *[self.everything] * 2, *[self.highest] * 2, self.value_of_all]
        kinds += [self.counted_by, self.commonest, self.difference]
        kinds += [self.over_time, self.over_time, self.best_time] if self.with_dates else []
        kinds += (
            [self.children_of, self.children_of, self.most_children, self.beside_parent] if self.keys else []
        )
        for _ in range(_TRIES * number if self.tables else 0):
            if number == 0:
                return
            found = self.rng.choice(kinds)()
            if found is not None and len(found[0]) < _MAX_LENGTH:
                number -= 1
                yield found

    def list_of(self) -> tuple[str, str] | None:
        """Several columns of a table's rows, perhaps of some only, perhaps in an order."""
        table = self.rng.choice(self.tables)
        shown = self._shown(table)
        asked = Asked(Query(items=tuple(map(_item, shown))))
        self.conditions.add_conditions(asked, table)
        self.conditions.add_order(asked, table, shown)
        return self._question(self.words.listing(shown, table), asked)

    def everything(self) -> tuple[str, str] | None:
        """All columns of some rows."""
        table = self.rng.choice(self.tables)
        asked = Asked(Query(items=(Item(Term(AllOf(table.name))),)))
        self.conditions.add_conditions(asked, table, always=True)
        rows = self.words.rows(table)
        begin = self.rng.choice(
            (
                "Show all the information about",
                "Return all details of",
                "What is all the information about",
                "Give me everything about",
                "Display all",
            )
        )
        return self._question(f"{begin} {self.rng.choice(('', 'the ', 'those '))}{rows}", asked)

    def highest(self) -> tuple[str, str] | None:
        """What else is known of the row that has most, or least, of something."""
        table = self.rng.choice(self.tables)
        measured = self.conditions.one(table, ColumnType.NUMBER, ColumnType.DATE)
        if measured is None:
            return None
        most, shown = self.rng.random() < 0.6, self._shown(table)
        asked = Asked(Query(items=tuple(map(_item, shown)), order=(Order(_item(measured), most),), limit=1))
        self.conditions.add_conditions(asked, table, often=0.25)
        row, name, how = (
            self.words.row(table),
            self.words.called(measured),
            self.words.superlative(measured, most=most),
        )
        about = " ".join([row, *asked.words])
        if self.rng.random() < 0.5:
            return self._written(
                f"Which {about} has the {how} {name}? {self.words.imperative()} {self.words.its(shown)}.",
                asked.query,
            )
        return self._written(
            f"What {are(shown)} the {self.words.names(shown)} of the {about} with the {how} {name}?",
            asked.query,
        )

    def value_of_all(self) -> tuple[str, str] | None:
        """The highest, lowest, mean or total value of a column."""
        table = self.rng.choice(self.tables)
        measured = self.conditions.one(table, ColumnType.NUMBER)
        if measured is None:
            return None
        what, measure = self.words.measure(table, measured)
        asked = Asked(Query(items=(measure,)))
        self.conditions.add_conditions(asked, table, often=0.4)
        return self._question(f"{self.rng.choice(('What is', 'Find', 'Give me', 'Tell me'))} {what}", asked)

    def counted_by(self) -> tuple[str, str] | None:
        """How many rows there are for each value of a column."""
        table = self.rng.choice(self.tables)
        by = self.conditions.one(table, ColumnType.TEXT)
        if by is None:
            return None
        count = Item(Term(AllOf(table.name), Aggregate.COUNT))
        first = self.rng.random() < 0.5
        query = Query(items=(count, _item(by)) if first else (_item(by), count), group=(by,))
        rows, name = self.words.rows(table), self.words.called(by)
        if first:
            how_many = self.rng.choice((f"How many {rows} are there", f"What is the number of {rows}"))
            return self._written(f"{how_many} for each {name}?", query)
        verb, how_many = self.words.imperative(), self.rng.choice(("the number of", "how many"))
        return self._written(f"{verb} each {name} and {how_many} {rows}.", query)

    def over_time(self) -> tuple[str, str] | None:
        """How many rows there are for each year or month of a date, or what a column of theirs comes to."""
        table, part, (what, measure) = self._dated()
        words, of = _PART_WORDS[part.part], self._of_date(table, part)
        asked = Asked(Query(items=(_item(part), measure), group=(part,)))
        self.conditions.add_conditions(asked, table, often=0.15)
        if self.rng.random() < 0.2:
            asked.query = replace(asked.query, order=(Order(_item(part), descending=False),))
            asked.words.append(
                self.rng.choice(
                    ("in chronological order", "over time", f"sorted by {words}", "earliest first")
                )
            )
        per = self.rng.choice(
            (
                f"per {words}",
                f"by {words}",
                f"for each {words}",
                f"in each {words}",
                f"every {words}",
                f"{words} by {words}",
            )
        )
        how_many = f"How many {self.words.rows(table)} are there {per}{of}"
        begins = [
            f"{self.words.imperative()} {what} {per}{of}",
            f"What is {what} {per}{of}",
            f"{what.removeprefix('the ')} {per}{of}",
        ]
        begins += [f"For each {words}{of}, {self.words.imperative().lower()} {what}"]
        return self._question(
            self.rng.choice(
                [*begins, how_many, how_many] if measure.term.aggregate == Aggregate.COUNT else begins
            ),
            asked,
        )

    def best_time(self) -> tuple[str, str] | None:
        """The year or month of a date with most rows, or with the highest total of a column."""
        table, part, (what, measure) = self._dated(extremes=False)
        most, words = self.rng.random() < 0.75, _PART_WORDS[part.part]
        query = Query(items=(_item(part),), group=(part,), order=(Order(measure, most),), limit=1)
        if measure.term.aggregate == Aggregate.COUNT:
            what = f"{'most' if most else 'fewest'} {self.words.rows(table)}"
        else:
            what = f"{'highest' if most else 'lowest'} {what.removeprefix('the ')}"
        of = self._of_date(table, part)
        asks = (
            f"Which {words}{of} has the {what}?",
            f"In which {words}{of} were there the {what}?",
            f"What is the {words}{of} with the {what}?",
            f"Find the {words}{of} with the {what}.",
            f"The {words}{of} with the {what}?",
        )
        return self._written(self.rng.choice(asks), query)

    def _of_date(self, table: Table, part: DatePart) -> str:
        """Which date is meant; nothing, now and then, where there is one."""
        name = self.words.called(part.column)
        alone = len(self.conditions.columns(table, ColumnType.DATE)) == 1
        return self.rng.choice(
            ("", "", f" of {name}")
            if alone
            else (f" of {name}", f" of the {name}", f" of their {name}", f" by {name}")
        )

    def _dated(self, *, extremes: bool = True) -> tuple[Table, DatePart, tuple[str, Item]]:
        """A table, a part of one of its dates, and what is counted or summed of its rows."""
        table = self.rng.choice(self.with_dates)
        ref = self.rng.choice(self.conditions.columns(table, ColumnType.DATE))
        summed = self.conditions.one(table, ColumnType.NUMBER) if self.rng.random() < 0.5 else None
        part = DatePart(ref, self.rng.choice((Part.YEAR, Part.YEAR, Part.MONTH)))
        return table, part, self.words.measure(table, summed, extremes=extremes)

    def commonest(self) -> tuple[str, str] | None:
        """The value of a column that most rows have, or fewest."""
        table = self.rng.choice(self.tables)
        by = self.conditions.one(table, ColumnType.TEXT)
        if by is None:
            return None
        most = self.rng.random() < 0.75
        query = Query(
            items=(_item(by),),
            group=(by,),
            order=(Order(Item(Term(AllOf(table.name), Aggregate.COUNT)), most),),
            limit=1,
        )
        how = self.rng.choice(
            ("most common", "most popular", "most frequent") if most else ("least common", "rarest")
        )
        asks = self.rng.choice(("What is the", "Find the", "Which is the", "Return the"))
        among = self.rng.choice(("of the", "among all", "of all", "among the"))
        end = "?" if asks.startswith("W") else "."
        return self._written(
            f"{asks} {how} {self.words.called(by)} {among} {self.words.rows(table)}{end}", query
        )

    def difference(self) -> tuple[str, str] | None:
        """What one number is more than another, beside something else."""
        table = self.rng.choice(self.tables)
        numbers = [
            ref
            for ref in self.conditions.columns(table, ColumnType.NUMBER)
            if not self.conditions.is_key(ref)
        ]
        if len(numbers) < 2:
            return None
        more, less = self.rng.sample(numbers, 2)
        shown = self._shown(table)[:2]
        plus = self.rng.random() < 0.25
        apart = Item(Term(more), Operator.PLUS if plus else Operator.MINUS, Term(less))
        asked = Asked(Query(items=(*map(_item, shown), apart)))
        self.conditions.add_conditions(asked, table, often=0.5)
        function = "sum of" if plus else "difference between"
        between = f"the {function} {self.words.called(more)} and {self.words.called(less)}"
        rows = self.rng.choice((f"each {self.words.row(table)}", f"all {self.words.rows(table)}"))
        verb, names = self.words.imperative(), self.words.names(shown)
        return self._question(
            f"{verb} the {names} and {between} {self.rng.choice(('of', 'for'))} {rows}", asked
        )

    def children_of(self) -> tuple[str, str] | None:
        """For each row of a table, how many rows of another belong to it, or what these come to."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        summed = self.conditions.one(child, ColumnType.NUMBER) if self.rng.random() < 0.4 else None
        what, measure = self.words.measure(child, summed)
        shown = self._shown(parent)[:3]
        items = [*map(_item, shown), measure]
        last = self.rng.random() < 0.6
        query = Query(
            items=tuple(items if last else [measure, *items[:-1]]),
            with_tables=(parent.name, child.name),
            group=(key.target,),
        )
        one = self.words.row(parent)
        listed = f"{self.words.names(shown)} and {what}" if last else f"{what} and {self.words.names(shown)}"
        if summed is None and last and self.rng.random() < 0.5:
            rows, count = (
                self.words.rows(child),
                self.rng.choice(("the number", "the count", f"the number of {one} {what}")),
            )
            count = count if what not in count else "the number"
            ending = f"{self.words.imperative()} the {one} {self.words.names(shown)} and {count}."
            return self._written(f"How many {rows} does each {one} have? {ending}", query)
        verb, of = self.words.imperative(), self.rng.choice(("of", "for"))
        return self._written(f"{verb} {'the ' if last else ''}{listed} {of} each {one}.", query)

    def most_children(self) -> tuple[str, str] | None:
        """The row that most rows of another table belong to, or fewest."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        summed = self.conditions.one(child, ColumnType.NUMBER) if self.rng.random() < 0.3 else None
        most, (what, measure), shown = (
            self.rng.random() < 0.7,
            self.words.measure(child, summed, extremes=False),
            self._shown(parent)[:3],
        )
        query = Query(
            items=tuple(map(_item, shown)),
            with_tables=(parent.name, child.name),
            group=(key.target,),
            order=(Order(measure, most),),
            limit=1,
        )
        one, rows = self.words.row(parent), self.words.rows(child)
        how = (
            ("most" if most else self.rng.choice(("fewest", "least")))
            if summed is None
            else ("highest" if most else "lowest")
        )
        has = f"has the {how} {rows}" if summed is None else f"has the {how} {what.removeprefix('the ')}"
        if self.rng.random() < 0.5:
            return self._written(
                f"Which {one} {has}? {self.words.imperative()} {self.words.its(shown)}.", query
            )
        return self._written(
            f"What {are(shown)} the {self.words.names(shown)} of the {one} that {has}?", query
        )

    def beside_parent(self) -> tuple[str, str] | None:
        """Columns of a table's rows beside columns of the rows that they belong to."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        own, others = self._shown(child)[:2], self._shown(parent)[:2]
        asked = Asked(Query(items=tuple(map(_item, [*own, *others])), with_tables=(child.name, parent.name)))
        self.conditions.add_conditions(asked, self.rng.choice((parent, child)), often=0.5)
        one, rows = self.words.row(parent), self.words.rows(child)
        whose = self.rng.choice(
            (f"the {self.words.names(others)} of their {one}", f"their {one}'s {self.words.names(others)}")
        )
        verb, names = self.words.imperative(), self.words.names(own)
        return self._question(
            f"{verb} the {names} of {self.rng.choice(('all ', 'the ', ''))}{rows} and {whose}", asked
        )

    def _question(self, begin: str, asked: Asked) -> tuple[str, str] | None:
        end = "?" if begin.startswith(("What", "Which", "How")) else "."
        return self._written(f"{' '.join([begin, *asked.words])}{end}", asked.query)

    def _written(self, question: str, query: Query) -> tuple[str, str] | None:
        try:
            expected = {table for table, _ in joins(query, self.schema)}
            return (
                (question[:1].upper() + question[1:], query_text(query, self.schema))
                if expected == set(query.tables())
                else None
            )
        except NotConnectedError:
            return None

    def _shown(self, table: Table) -> list[ColumnRef]:
        """One to five columns, rather few, in any order; foreign keys seldom."""
        keyed = {key.source for key in self.schema.keys}
        refs = [ref for ref in table.refs() if ref not in keyed or self.rng.random() < 0.3] or table.refs()
        number = min(len(refs), self.rng.choices(range(1, _MAX_ITEMS + 1), (2, 4, 5, 3, 1))[0])
        return self.rng.sample(refs, number)

    def _alone(self, key: ForeignKey) -> bool:
        """Whether one key connects two tables, each with something to tell."""
        ends = (key.source.table, key.target.table)
        return len(self.schema.between(*ends)) == 1 and all(
            len(self.schema.table(end).columns) > 1 for end in ends
        )


def _item(key: GroupKey) -> Item:
    return Item(Term(key))
