"""Questions that analysts ask of any database, made by templates: revenue, percentages, places, gaps.

They stand for what published sets have little of: aggregates of expressions, percentages, the second of an
order, the first of each group, means of counts, groups without rows, and days between dates.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from kbqa.linking.numbers import ORDINALS
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    DatePart,
    Expression,
    Item,
    Operator,
    Order,
    Query,
    Term,
    Value,
)
from kbqa.sql.schema import ColumnType, Table
from training.sql.analyst_tables import AnalystTables
from training.sql.analyst_words import (
    BEGINNINGS,
    COUNTS,
    PART_WORDS,
    PERCENTAGES,
    REVENUE,
)
from training.sql.row_conditions import Draft

Asked = tuple[str, Query]
_TRIES = 8
_MAX_LENGTH = 220


class AnalystQuestions(AnalystTables):
    """Makes questions on a schema."""

    def make(self, number: int) -> Iterator[Asked]:
        """At most `number` questions with their queries."""
        kinds: list[Callable[[], Asked | None]] = [self.share, self.share, self.place, self.total, self.total]
        kinds += [
            self.share_of_each,
            self.share_by,
            self.first_of_each,
            self.days_between,
            self.compared,
            self.by_part,
            self.by_part,
        ]
        if self.keys:
            kinds += [self.of_groups, self.of_groups, self.with_none, self.with_none, self.share_of_parent]
        for _ in range(number if self.tables else 0):
            kind = self.rng.choice(kinds)
            for pair in (kind() for _ in range(_TRIES)):
                if pair is not None and len(pair[0]) < _MAX_LENGTH and self.is_joined(pair[1]):
                    yield pair
                    break

    def share(self) -> Asked | None:
        """The percentage of rows that meet a condition, perhaps among those that meet another."""
        table = self.rng.choice(self.tables)
        drawn = self.of_rows(table)
        if drawn is None:
            return None
        which, words = drawn
        query = Query((Item(Term(AllOf(table.name), Aggregate.SHARE)),), which=which)
        rows, begin = self.words.rows(table), self.rng.choice(PERCENTAGES)
        beyond = self.of_rows(table) if self.rng.random() < 0.3 else None
        if beyond is not None and not {each.item for each in beyond[0]} & {each.item for each in which}:
            among = self.rng.choice(
                (f"Among the {rows} {beyond[1]}, {begin.lower()} them", f"{begin} {rows} {beyond[1]}")
            )
            return _asked(f"{among} are those {words}", replace(query, where=beyond[0]))
        are = self.rng.choice(("", "", "are the ones ", "are "))
        return _asked(f"{begin} {self.rng.choice(('', 'the ', 'all '))}{rows} {are}{words}", query)

    def share_by(self) -> Asked | None:
        """The percentage of rows that meet a condition, for each value of a column."""
        table = self.rng.choice(self.tables)
        by, drawn = self.category(table), self.of_rows(table)
        if by is None or drawn is None or any(each.item == Item(Term(by)) for each in drawn[0]):
            return None
        which, words = drawn
        share = Item(Term(AllOf(table.name), Aggregate.SHARE))
        query = Query((Item(Term(by)), share), which=which, group=(by,))
        rows, name = self.words.rows(table), self.words.called(by)
        begin, per = (
            self.rng.choice(PERCENTAGES),
            self.rng.choice(("by", "per", "for each", "in each", "of each")),
        )
        forms = (
            f"{begin} {rows} {words} {per} {name}",
            f"For each {name}, {begin[:1].lower()}{begin[1:]} {rows} are those {words}",
            f"{begin} the {rows} of each {name} are the ones {words}",
            f"Show the share of {rows} {words} {per} {name}",
        )
        return _asked(self.rng.choice(forms), query)

    def share_of_parent(self) -> Asked | None:
        """The percentage of rows that belong to rows of another table which meet a condition."""
        parent, child = self.related()
        drawn = self.of_rows(parent)
        if drawn is None:
            return None
        which, words = drawn
        query = Query(
            (Item(Term(AllOf(child.name), Aggregate.SHARE)),), with_tables=(parent.name,), which=which
        )
        rows, one = self.words.rows(child), self.words.rows(parent)
        verb = self.rng.choice(("belong to", "are of", "come from", "are for"))
        return _asked(f"{self.rng.choice(PERCENTAGES)} {rows} {verb} {one} {words}", query)

    def share_of_each(self) -> Asked | None:
        """What each value of a column has of all rows, or of a sum."""
        table = self.rng.choice(self.tables)
        by, summed = self.category(table), self.summed(table)
        if by is None:
            return None
        of_rows = summed is None or self.rng.random() < 0.5
        operand = AllOf(table.name) if of_rows or summed is None else summed
        what = (
            self.words.rows(table) if of_rows or summed is None else f"the total {self.words.called(summed)}"
        )
        share = Item(Term(operand, Aggregate.SHARE))
        query = Query((Item(Term(by)), share), group=(by,))
        name, per = self.words.called(by), self.rng.choice(("by", "per", "for each", "of each"))
        ask = self.rng.choice(
            ("What percentage of", "What share of", "Show the share of", "Give me the percentage of")
        )
        forms = (
            f"{ask} {what} {per} {name}",
            f"How are {what} distributed over {name} in percent",
            f"What percentage of {what} does each {name} have",
            f"What percentage of {what} does each {name} account for",
        )
        return _asked(self.rng.choice(forms), query)

    def place(self) -> Asked | None:
        """The row that comes second, third … in an order."""
        table, number = self.rng.choice(self.tables), self.rng.choice((2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10))
        measured = self.conditions.one(table, ColumnType.NUMBER, ColumnType.NUMBER, ColumnType.DATE)
        shown = self.named(table)
        if measured is None or shown is None:
            return None
        most = self.rng.random() < 0.7
        draft = Draft(
            Query(
                (Item(Term(shown)),), order=(Order(Item(Term(measured)), most),), limit=1, offset=number - 1
            )
        )
        self.conditions.add_conditions(draft, table, often=0.2)
        ordinal = ORDINALS[number - 1]
        how, name = self.words.superlative(measured, most=most), self.words.called(measured)
        about = " ".join([self.words.row(table), *draft.words])
        forms = (
            f"Which {about} has the {ordinal} {how} {name}",
            f"What is the {self.words.called(shown)} of the {about} with the {ordinal} {how} {name}",
            f"Show the {self.words.called(shown)} of the {about} that has the {ordinal} {how} {name}",
        )
        return _asked(self.rng.choice(forms), draft.query)

    def first_of_each(self) -> Asked | None:
        """The first few rows for each value of a column."""
        table, number = self.rng.choice(self.tables), self.rng.choice((1, 1, 2, 3, 3, 5, 10))
        by, shown = self.category(table), self.named(table)
        measured = self.conditions.one(table, ColumnType.NUMBER, ColumnType.NUMBER, ColumnType.DATE)
        if by is None or shown is None or measured is None or by == shown:
            return None
        most = self.rng.random() < 0.75
        items = (Item(Term(by)), Item(Term(shown)))
        query = Query(items, order=(Order(Item(Term(measured)), most),), limit=number, each=(by,))
        how, name = self.words.superlative(measured, most=most), self.words.called(measured)
        group, per = (
            self.words.called(by),
            self.rng.choice(("for each", "of each", "in each", "per", "in every")),
        )
        if number == 1:
            forms: tuple[str, ...] = (
                f"Which {self.words.row(table)} has the {how} {name} {per} {group}",
                f"For each {group}, show the {self.words.row(table)} with the {how} {name}",
                f"The {self.words.row(table)} with the {how} {name} {per} {group}",
            )
        else:
            several = str(number) if self.rng.random() < 0.6 else COUNTS[number - 2]
            top = "top" if most and self.rng.random() < 0.5 else ""
            rows = self.words.rows(table)
            with_most = (
                f"{top} {several} {rows} by {name}" if top else f"{several} {rows} with the {how} {name}"
            )
            forms = (
                f"Show the {with_most} {per} {group}",
                f"What are the {with_most} {per} {group}",
                f"For each {group}, list the {with_most}",
            )
        return _asked(self.rng.choice(forms), query)

    def total(self) -> Asked | None:
        """A sum or a mean of what two columns come to together."""
        table = self.rng.choice(self.tables)
        computed = self.revenue(table) or self.computed(table)
        if computed is None:
            return None
        expression, words = computed
        aggregate, word = self.rng.choice(
            (
                (Aggregate.SUM, "total"),
                (Aggregate.SUM, "total"),
                (Aggregate.AVG, "average"),
                (Aggregate.MAX, "highest"),
            )
        )
        if words in REVENUE and aggregate == Aggregate.SUM:
            word = ""
        measure = Item(Term(expression, aggregate))
        what = " ".join(
            filter(None, ("the", word, words.removeprefix("total ") if word == "total" else words))
        )
        return self._of_measure(table, measure, what)

    def _of_measure(self, table: Table, measure: Item, what: str) -> Asked | None:
        """A measure of some rows, for each value of a column, or of the value that has most."""
        by, kind = self.category(table), self.rng.random()
        if by is None or kind < 0.35:
            draft = Draft(Query((measure,)))
            self.conditions.add_conditions(draft, table, often=0.6)
            begin = self.rng.choice(BEGINNINGS)
            of = self.rng.choice((f" of {self.words.rows(table)}", f" of all {self.words.rows(table)}", ""))
            return _asked(" ".join(filter(None, [begin, what + of, *draft.words])), draft.query)
        name = self.words.called(by)
        if kind < 0.75:
            per = self.rng.choice(("by", "per", "for each", "of each"))
            query = Query((Item(Term(by)), measure), group=(by,))
            return _asked(f"{self.rng.choice(BEGINNINGS)} {what} {per} {name}".strip(), query)
        most = self.rng.random() < 0.75
        query = Query((Item(Term(by)),), group=(by,), order=(Order(measure, most),), limit=1)
        how = self.rng.choice(("highest", "largest", "most")) if most else "lowest"
        return _asked(f"Which {name} has the {how} {what.removeprefix('the ')}", query)

    def by_part(self) -> Asked | None:
        """How many rows there are for each part of a date, or the part that has most."""
        table = self.rng.choice(self.tables)
        dates = self.conditions.columns(table, ColumnType.DATE)
        if not dates:
            return None
        part = DatePart(self.rng.choice(dates), self.rng.choice(list(PART_WORDS)))
        summed = self.summed(table) if self.rng.random() < 0.4 else None
        what, measure = self.words.measure(table, summed, extremes=False)
        word, name = self.rng.choice(PART_WORDS[part.part]), self.words.called(part.column)
        of = self.rng.choice((f" of {name}", "") if len(dates) == 1 else (f" of {name}", f" of the {name}"))
        if self.rng.random() < 0.6:
            per = self.rng.choice(("per", "by", "for each", "in each"))
            query = Query((Item(Term(part)), measure), group=(part,))
            return _asked(f"{self.rng.choice(BEGINNINGS)} {what} {per} {word}{of}".strip(), query)
        most = self.rng.random() < 0.75
        how = ("most", "highest") if most else ("fewest", "lowest")
        has = (
            f"the {how[1]} {what.removeprefix('the ')}"
            if summed
            else f"the {how[0]} {self.words.rows(table)}"
        )
        query = Query((Item(Term(part)),), group=(part,), order=(Order(measure, most),), limit=1)
        begin, verb = self.rng.choice((("On which", "were there"), ("Which", "has")))
        return _asked(f"{begin} {word}{of} {verb} {has}", query)

    def days_between(self) -> Asked | None:
        """The days from one date to another, as a mean, a longest time, or a condition."""
        table = self.rng.choice(self.tables)
        dates = self.conditions.columns(table, ColumnType.DATE)
        if len(dates) < 2:
            return None
        first, last = self.rng.sample(dates, 2)
        days = Expression(last, Operator.MINUS, first)
        ends = f"{self.words.called(first)} and {self.words.called(last)}"
        from_to = f"from {self.words.called(first)} to {self.words.called(last)}"
        time = self.rng.choice(
            (f"time between {ends}", f"number of days between {ends}", f"days {from_to}", f"time {from_to}")
        )
        if self.rng.random() < 0.3:
            number = self.rng.choice((2, 3, 5, 7, 10, 14, 30, 60, 90))
            more = self.rng.random() < 0.6
            than = Comparison.GREATER if more else Comparison.LESS
            draft = Draft(Query((Item(Term(AllOf(table.name), Aggregate.COUNT)),)))
            draft.query = replace(
                draft.query, where=(Condition(Item(Term(days)), than, (Value(str(number)),)),)
            )
            words = f"with {'more' if more else 'less'} than {number} days between {ends}"
            return _asked(f"How many {self.words.rows(table)} are there {words}", draft.query)
        aggregate, word = self.rng.choice(
            (
                (Aggregate.AVG, "average"),
                (Aggregate.AVG, "mean"),
                (Aggregate.MAX, "longest"),
                (Aggregate.MIN, "shortest"),
            )
        )
        return self._of_measure(table, Item(Term(days, aggregate)), f"the {word} {time}")

    def compared(self) -> Asked | None:
        """Rows in which the difference of two columns is more, or less, than a number."""
        table = self.rng.choice(self.tables)
        drawn, shown = self.computed(table, (Operator.MINUS, Operator.PLUS)), self.named(table)
        if drawn is None or shown is None:
            return None
        expression, words = drawn
        number, more = str(self.rng.choice((5, 10, 20, 50, 100, 500, 1000))), self.rng.random() < 0.6
        condition = Condition(
            Item(Term(expression)), Comparison.GREATER if more else Comparison.LESS, (Value(number),)
        )
        query = Query((Item(Term(shown)),), where=(condition,))
        listing = self.words.listing([shown], table)
        return _asked(f"{listing} where the {words} is {'more' if more else 'less'} than {number}", query)

    def of_groups(self) -> Asked | None:
        """The mean, or the highest, number of rows that belong to a row of another table."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        aggregate, words = self.rng.choice(
            (
                (Aggregate.AVG, "average"),
                (Aggregate.AVG, "mean"),
                (Aggregate.MAX, "highest"),
                (Aggregate.MIN, "lowest"),
            )
        )
        summed = self.summed(child) if self.rng.random() < 0.35 else None
        term = Term(AllOf(child.name), Aggregate.COUNT, of_groups=aggregate)
        what = f"number of {self.words.rows(child)}"
        if summed is not None:
            term = Term(summed, Aggregate.SUM, of_groups=aggregate)
            what = f"total {self.words.called(summed)} of {self.words.rows(child)}"
        draft = Draft(Query((Item(term),), group=(key.source,)))
        self.conditions.add_conditions(draft, child, often=0.15)
        one, per = self.words.row(parent), self.rng.choice(("per", "for each", "of each", "a"))
        forms = [f"{self.rng.choice(BEGINNINGS)} the {words} {what} {per} {one}"]
        if aggregate == Aggregate.AVG and summed is None:
            rows = self.words.rows(child)
            forms += [
                f"How many {rows} does {_one(one)} have on average",
                f"On average, how many {rows} {per} {one}",
            ]
        return _asked(" ".join([self.rng.choice(forms).strip(), *draft.words]), draft.query)

    def with_none(self) -> Asked | None:
        """How many rows belong to each row of a table, those that nothing belongs to included."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        shown, summed = self.named(parent), self.summed(child) if self.rng.random() < 0.3 else None
        if shown is None:
            return None
        term = Term(AllOf(child.name), Aggregate.COUNT) if summed is None else Term(summed, Aggregate.SUM)
        rows, one, ones = self.words.rows(child), self.words.row(parent), self.words.rows(parent)
        what = f"number of {rows}" if summed is None else f"total {self.words.called(summed)}"
        query = Query((Item(Term(shown)), Item(term)), group=(key.target,), with_empty=True)
        without = self.rng.choice(
            (
                f"including {ones} without any",
                f"including {ones} that have none",
                f"including those with no {rows}",
                "even if there are none",
                f"also {ones} without {rows}",
                f"with 0 for {ones} without {rows}",
            )
        )
        forms = (
            f"Show the {what} of each {one}, {without}",
            f"List all {ones} with the {what}, {without}",
            f"What is the {what} for each {one}, {without}",
        )
        return _asked(self.rng.choice(forms), query)


def _one(name: str) -> str:
    return f"an {name}" if name[:1] in "aeio" else f"a {name}"


def _asked(words: str, query: Query) -> Asked:
    """A sentence with its mark, and its query."""
    asks = words.startswith(("What", "Which", "How", "On ", "Among", "In ", "For each"))
    return f"{words[:1].upper()}{words[1:]}{'?' if asks else '.'}", query
