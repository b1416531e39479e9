"""Questions for the tables of any database, made by templates: lists, conditions, groups, extremes.

What people write seldom in published sets, but analysts often: three columns at once, the letters of a name,
a value that is missing.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kbqa.sql.joins import NotConnectedError, joins
from kbqa.sql.query import Aggregate, AllOf, DatePart, GroupKey, Item, Operator, Order, Part, Query, Term
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema, Table
from training.sql.row_conditions import Draft, RowConditions
from training.sql.table_words import TableWords, are

_MAX_ITEMS, _MAX_LENGTH = 5, 200
_PART_WORDS = {Part.YEAR: "year", Part.MONTH: "month"}
_EVERYTHING = (
    "Show all the information about",
    "Return all details of",
    "What is all the information about",
    "Give me everything about",
    "Display all",
)
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
        """Up to `number` questions with their SQL."""
        kinds = [*[self.list_of] * 5, *[self.everything] * 2, *[self.highest] * 2, self.value_of_all]
        kinds += [self.counted_by, self.commonest, self.difference]
        if self.with_dates:
            kinds += [self.over_time, self.over_time, self.best_time]
        if self.keys:
            kinds += [self.children_of, self.children_of, self.most_children, self.beside_parent]
        for _ in range(_TRIES * number if self.tables else 0):
            if number == 0:
                return
            pair = self.rng.choice(kinds)()
            if pair is not None and len(pair[0]) < _MAX_LENGTH:
                number -= 1
                yield pair

    def list_of(self) -> tuple[str, str] | None:
        """Several columns of a table's rows, perhaps of some only, perhaps in an order."""
        table = self.rng.choice(self.tables)
        shown = self._shown(table)
        draft = Draft(Query(items=tuple(map(_item, shown))))
        self.conditions.add_conditions(draft, table)
        self.conditions.add_order(draft, table, shown)
        return self._question(self.words.listing(shown, table), draft)

    def everything(self) -> tuple[str, str] | None:
        """All columns of some rows."""
        table = self.rng.choice(self.tables)
        draft = Draft(Query(items=(Item(Term(AllOf(table.name))),)))
        self.conditions.add_conditions(draft, table, always=True)
        rows = self.words.rows(table)
        begin = self.rng.choice(_EVERYTHING)
        return self._question(f"{begin} {self.rng.choice(('', 'the ', 'those '))}{rows}", draft)

    def highest(self) -> tuple[str, str] | None:
        """What else is known of the row that has most, or least, of something."""
        table = self.rng.choice(self.tables)
        measured = self.conditions.one(table, ColumnType.NUMBER, ColumnType.DATE)
        if measured is None:
            return None
        most, shown = self.rng.random() < 0.6, self._shown(table)
        draft = Draft(Query(items=tuple(map(_item, shown)), order=(Order(_item(measured), most),), limit=1))
        self.conditions.add_conditions(draft, table, often=0.25)
        name, how = self.words.called(measured), self.words.superlative(measured, most=most)
        about = " ".join([self.words.row(table), *draft.words])
        if self.rng.random() < 0.5:
            question = f"Which {about} has the {how} {name}? {self._please(shown)}"
        else:
            names = self.words.names(shown)
            question = f"What {are(shown)} the {names} of the {about} with the {how} {name}?"
        return self._written(question, draft.query)

    def _please(self, shown: Sequence[ColumnRef]) -> str:
        """A sentence that asks for columns of the row that a question was about."""
        return f"{self.words.imperative()} {self.words.its(shown)}."

    def value_of_all(self) -> tuple[str, str] | None:
        """The highest, lowest, mean or total value of a column."""
        table = self.rng.choice(self.tables)
        measured = self.conditions.one(table, ColumnType.NUMBER)
        if measured is None:
            return None
        what, measure = self.words.measure(table, measured)
        draft = Draft(Query(items=(measure,)))
        self.conditions.add_conditions(draft, table, often=0.4)
        return self._question(f"{self.rng.choice(('What is', 'Find', 'Give me', 'Tell me'))} {what}", draft)

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
        draft = Draft(Query(items=(_item(part), measure), group=(part,)))
        self.conditions.add_conditions(draft, table, often=0.15)
        if self.rng.random() < 0.2:
            draft.query = replace(draft.query, order=(Order(_item(part), descending=False),))
            orders = ("in chronological order", "over time", f"sorted by {words}", "earliest first")
            draft.words.append(self.rng.choice(orders))
        preposition = self.rng.choice(("per", "by", "for each", "in each", "every", f"{words} by"))
        per = f"{preposition} {words}{of}"
        begins = [
            f"{self.words.imperative()} {what} {per}",
            f"What is {what} {per}",
            f"{what.removeprefix('the ')} {per}",
            f"For each {words}{of}, {self.words.imperative().lower()} {what}",
        ]
        if measure.term.aggregate == Aggregate.COUNT:
            begins += [f"How many {self.words.rows(table)} are there {per}"] * 2
        return self._question(self.rng.choice(begins), draft)

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
        several = (f" of {name}", f" of the {name}", f" of their {name}", f" by {name}")
        return self.rng.choice(("", "", f" of {name}") if alone else several)

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
        rare, common = ("least common", "rarest"), ("most common", "most popular", "most frequent")
        how = self.rng.choice(common if most else rare)
        asks = self.rng.choice(("What is the", "Find the", "Which is the", "Return the"))
        among = f"{self.rng.choice(('of the', 'among all', 'of all', 'among the'))} {self.words.rows(table)}"
        end = "?" if asks.startswith("W") else "."
        return self._written(f"{asks} {how} {self.words.called(by)} {among}{end}", query)

    def difference(self) -> tuple[str, str] | None:
        """What one number is more than another, beside something else."""
        table = self.rng.choice(self.tables)
        columns = self.conditions.columns(table, ColumnType.NUMBER)
        numbers = [ref for ref in columns if not self.conditions.is_key(ref)]
        if len(numbers) < 2:
            return None
        more, less = self.rng.sample(numbers, 2)
        shown = self._shown(table)[:2]
        plus = self.rng.random() < 0.25
        apart = Item(Term(more), Operator.PLUS if plus else Operator.MINUS, Term(less))
        draft = Draft(Query(items=(*map(_item, shown), apart)))
        self.conditions.add_conditions(draft, table, often=0.5)
        function = "sum of" if plus else "difference between"
        between = f"the {function} {self.words.called(more)} and {self.words.called(less)}"
        rows = self.rng.choice((f"each {self.words.row(table)}", f"all {self.words.rows(table)}"))
        verb, names = self.words.imperative(), self.words.names(shown)
        of = self.rng.choice(("of", "for"))
        return self._question(f"{verb} the {names} and {between} {of} {rows}", draft)

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
            rows = self.words.rows(child)
            count = self.rng.choice(("the number", "the count", f"the number of {one} {what}"))
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
        most = self.rng.random() < 0.7
        what, measure = self.words.measure(child, summed, extremes=False)
        shown = self._shown(parent)[:3]
        query = Query(
            items=tuple(map(_item, shown)),
            with_tables=(parent.name, child.name),
            group=(key.target,),
            order=(Order(measure, most),),
            limit=1,
        )
        one = self.words.row(parent)
        if summed is None:
            how = "most" if most else self.rng.choice(("fewest", "least"))
            has = f"has the {how} {self.words.rows(child)}"
        else:
            has = f"has the {'highest' if most else 'lowest'} {what.removeprefix('the ')}"
        if self.rng.random() < 0.5:
            return self._written(f"Which {one} {has}? {self._please(shown)}", query)
        names = self.words.names(shown)
        return self._written(f"What {are(shown)} the {names} of the {one} that {has}?", query)

    def beside_parent(self) -> tuple[str, str] | None:
        """Columns of a table's rows beside columns of the rows that they belong to."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        of_child, of_parent = self._shown(child)[:2], self._shown(parent)[:2]
        items = tuple(map(_item, [*of_child, *of_parent]))
        draft = Draft(Query(items=items, with_tables=(child.name, parent.name)))
        self.conditions.add_conditions(draft, self.rng.choice((parent, child)), often=0.5)
        one, rows = self.words.row(parent), self.words.rows(child)
        of_one, ones = (self.words.names(of_parent) for _ in range(2))
        whose = self.rng.choice((f"the {of_one} of their {one}", f"their {one}'s {ones}"))
        verb, names = self.words.imperative(), self.words.names(of_child)
        article = self.rng.choice(("all ", "the ", ""))
        return self._question(f"{verb} the {names} of {article}{rows} and {whose}", draft)

    def _question(self, begin: str, draft: Draft) -> tuple[str, str] | None:
        end = "?" if begin.startswith(("What", "Which", "How")) else "."
        return self._written(f"{' '.join([begin, *draft.words])}{end}", draft.query)

    def _written(self, question: str, query: Query) -> tuple[str, str] | None:
        try:
            joined = {table for table, _ in joins(query, self.schema)}
            if joined != set(query.tables()):
                return None
            return question[:1].upper() + question[1:], query_text(query, self.schema)
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
