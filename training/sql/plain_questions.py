"""Questions in the plain words of people, by templates: how many it has, the cheapest, not yet shipped.

They stand for what published sets ask in the columns' own words: counts that are columns, adjectives for what
a column measures, rows that have no name, one column beside another, and who reports to whom.
"""

from collections.abc import Callable, Iterator, Sequence

from kbqa.plurals import as_plural
from kbqa.sql.query import Aggregate, AllOf, Comparison, Condition, Item, Order, Query, Term, Value
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Table, readable
from training.sql.analyst_tables import AnalystTables
from training.sql.analyst_words import COUNTS
from training.sql.plain_words import PEOPLE, counted, happened, superlatives
from training.sql.row_conditions import Draft

Asked = tuple[str, Query]
Shown = tuple[ColumnRef, ...]
_TRIES, _MAX_LENGTH = 12, 220
_NAMES = frozenset(("name", "title", "label", "full"))
_LISTING = ("List", "Show", "Give me", "Show me", "What are", "Find", "Which are")
_WITH = ("with their", "and their", "together with their", "along with their", "with the", "including their")


class PlainQuestions(AnalystTables):
    """Makes questions on a schema."""

    def make(self, number: int) -> Iterator[Asked]:
        """At most `number` questions with their queries."""
        kinds: list[Callable[[], Asked | None]] = [
            *(self.how_many_it_has, self.has_most, self.has_more_than, self.has_more_than),
            *(self.extreme, self.extreme, self.several_extreme, self.several_extreme, self.extreme_of_each),
            *(self.not_yet, self.which, self.which, self.beside, self.with_others),
        ]
        if self.keys:
            kinds += [self.of_parent, self.of_parent, self.parent_with_most, self.sum_for_one]
        for _ in range(number if self.tables else 0):
            kind = self.rng.choice(kinds)
            for pair in (kind() for _ in range(_TRIES)):
                if pair is not None and len(pair[0]) < _MAX_LENGTH and self.is_joined(pair[1]):
                    yield pair
                    break

    def known_by(self, table: Table) -> Shown:
        """The columns that tell which row is meant: its name, or its key where it has none; or nothing."""
        texts = self.conditions.columns(table, ColumnType.TEXT)
        called = {readable(ref.column): ref for ref in texts}
        if "first name" in called and "last name" in called:
            return called["first name"], called["last name"]
        own = _NAMES | set(readable(table.name).split()) | set(self.words.row(table).split())
        names = [ref for ref in texts if set(readable(ref.column).split()) <= own]
        if names:
            return (names[0],)
        if any(_NAMES & set(words.split()) for words in called):
            return ()
        keys = [ref for ref in table.refs() if self.schema.column(ref).primary]
        return (keys[0],) if len(keys) == 1 else ()

    def counts(self, table: Table) -> tuple[ColumnRef, str] | None:
        """A column that counts something, and what."""
        numbers = self.conditions.columns(table, ColumnType.NUMBER)
        found = [
            (ref, what)
            for ref in numbers
            if not self.conditions.is_key(ref) and (what := counted(ref.column)) is not None
        ]
        return self.rng.choice(found) if found else None

    def one_row(self, table: Table) -> tuple[Condition, str] | None:
        """The condition that a row has a name, and the name."""
        texts = [ref for ref in self.known_by(table) if self.schema.column(ref).type == ColumnType.TEXT]
        values = self.conditions.cells.get(texts[0]) if len(texts) == 1 else None
        if not values:
            return None
        value = self.rng.choice(values)
        called = self.rng.choice((value, value, f"the {self.words.row(table)} {value}"))
        return Condition(Item(Term(texts[0])), Comparison.EQUAL, (Value(value),)), called

    def how_many_it_has(self) -> Asked | None:
        """A count that a row has as a column."""
        table = self.rng.choice(self.tables)
        drawn, one = self.counts(table), self.one_row(table)
        if drawn is None or one is None:
            return None
        (ref, what), (condition, name) = drawn, one
        forms = (
            f"How many {what} does {name} have",
            f"How many {what} did {name} have",
            f"What is the number of {what} of {name}",
        )
        return _asked(self.rng.choice(forms), Query((Item(Term(ref)),), where=(condition,)))

    def has_most(self) -> Asked | None:
        """The row with the most, or the fewest, of what a column counts."""
        table = self.rng.choice(self.tables)
        drawn, shown = self.counts(table), self.known_by(table)
        if drawn is None or not shown:
            return None
        (ref, what), most = drawn, self.rng.random() < 0.75
        how = self.rng.choice(("most", "highest number of") if most else ("fewest", "lowest number of"))
        query = Query(_items(shown), order=(Order(Item(Term(ref)), most),), limit=1)
        row = self.words.row(table)
        has = f"has the {how} {what}"
        forms = (f"Which {row} {has}", f"{self._who(table)} {has}", f"The {row} with the {how} {what}")
        return _asked(self.rng.choice(forms), query)

    def has_more_than(self) -> Asked | None:
        """The rows of which a column counts more, or less, than a number."""
        table = self.rng.choice(self.tables)
        drawn, shown = self.counts(table), self.known_by(table)
        if drawn is None or not shown:
            return None
        ref, what = drawn
        number = self.rng.choice((1, 1, 2, 3, 5, 10, 20, 50, 60, 100, 500, 1000))
        words, comparison = self.rng.choice(
            (
                ("more than", Comparison.GREATER),
                ("over", Comparison.GREATER),
                ("at least", Comparison.AT_LEAST),
                ("fewer than", Comparison.LESS),
                ("less than", Comparison.LESS),
                ("at most", Comparison.AT_MOST),
            )
        )
        said = self._number(number)
        condition = Condition(Item(Term(ref)), comparison, (Value(str(number)),))
        rows = self.words.rows(table)
        if self.rng.random() < 0.25:
            query = Query((Item(Term(AllOf(table.name), Aggregate.COUNT)),), where=(condition,))
            return _asked(f"How many {rows} have {words} {said} {what}", query)
        query = Query(_items(shown), where=(condition,))
        than = f"{words} {said} {what}"
        forms = (f"Which {rows} have {than}", f"{self._listing()} the {rows} with {than}")
        return _asked(self.rng.choice(forms), query)

    def extreme(self) -> Asked | None:
        """The row that people have an adjective for: the cheapest, the tallest."""
        drawn = self._measured()
        if drawn is None:
            return None
        table, ref, adjective, most, shown = drawn
        draft = Draft(Query(_items(shown), order=(Order(Item(Term(ref)), most),), limit=1))
        self.conditions.add_conditions(draft, table, often=0.3)
        row = " ".join([self.words.row(table), *draft.words])
        forms = [f"{self._who(table)} is the {adjective} {row}", f"The {adjective} {row}"]
        forms += [] if draft.words else [f"Which {row} is the {adjective}"]
        return _asked(self.rng.choice(forms), draft.query)

    def several_extreme(self) -> Asked | None:
        """The first few rows by an adjective, often with the column by which they are first."""
        drawn = self._measured()
        if drawn is None:
            return None
        table, ref, adjective, most, shown = drawn
        number = self.rng.randint(2, 10)
        said = self._number(number)
        items, beside = _items(shown), ""
        if self.rng.random() < 0.6:
            other = ref if self.rng.random() < 0.7 else self._other(table)
            if other is None or other in shown:
                return None
            items, beside = (*items, Item(Term(other))), f" {self.rng.choice(_WITH)} {self._several(other)}"
        query = Query(items, order=(Order(Item(Term(ref)), most),), limit=number)
        return _asked(f"{self._listing()} the {said} {adjective} {self.words.rows(table)}{beside}", query)

    def extreme_of_each(self) -> Asked | None:
        """The row that an adjective is right for, of each value of a column."""
        drawn = self._measured()
        by = self.category(drawn[0]) if drawn else None
        if drawn is None or by is None or by in drawn[4]:
            return None
        table, ref, adjective, most, shown = drawn
        items, order = (Item(Term(by)), *_items(shown)), (Order(Item(Term(ref)), most),)
        query = Query(items, order=order, limit=1, each=(by,))
        group, row = self.words.called(by), self.words.row(table)
        per = self.rng.choice(("in each", "of each", "per", "for every"))
        first = f"{adjective} {row} {per} {group}"
        forms = (f"What is the {first}", f"The {first}", f"For each {group}, which {row} is the {adjective}")
        return _asked(self.rng.choice(forms), query)

    def not_yet(self) -> Asked | None:
        """The rows to which something has, or has not, happened."""
        table = self.rng.choice(self.tables)
        dates = self.conditions.columns(table, ColumnType.DATE)
        found = [(ref, what) for ref in dates if (what := happened(ref.column)) is not None]
        if not found:
            return None
        ref, what = self.rng.choice(found)
        rows, is_open = self.words.rows(table), self.rng.random() < 0.7
        condition = Condition(Item(Term(ref)), Comparison.IS_NULL if is_open else Comparison.IS_NOT_NULL)
        missing = ("have not been {} yet", "are not {} yet", "were never {}", "have not been {}")
        there = ("have already been {}", "have been {}")
        words = self.rng.choice(missing if is_open else there).format(what)
        if self.rng.random() < 0.4:
            query = Query((Item(Term(AllOf(table.name), Aggregate.COUNT)),), where=(condition,))
            return _asked(f"How many {rows} {words}", query)
        shown = self.known_by(table)
        return _asked(f"Which {rows} {words}", Query(_items(shown), where=(condition,))) if shown else None

    def which(self) -> Asked | None:
        """Which rows meet a condition: their names, or their keys where they have none."""
        table = self.rng.choice(self.tables)
        drawn, shown = self.of_rows(table), self.known_by(table)
        if drawn is None or not shown or drawn[0][0].item.term.operand in shown:
            return None
        where, words = drawn
        rows = self.words.rows(table)
        forms = (f"Which {rows} are there {words}", f"{self._listing()} the {rows} {words}")
        return _asked(self.rng.choice(forms), Query(_items(shown), where=where))

    def with_others(self) -> Asked | None:
        """All rows with another column of theirs."""
        table = self.rng.choice(self.tables)
        shown, other = self.known_by(table), self._other(table)
        if not shown or other is None or other in shown:
            return None
        draft = Draft(Query((*_items(shown), Item(Term(other)))))
        self.conditions.add_conditions(draft, table, often=0.3)
        words = " ".join([self.words.rows(table), self.rng.choice(_WITH), self._several(other), *draft.words])
        return _asked(f"{self._listing()} {self.rng.choice(('the', 'all'))} {words}", draft.query)

    def beside(self) -> Asked | None:
        """The rows in which one column is more, or less, than another."""
        table = self.rng.choice(self.tables)
        kind = self.rng.choice((ColumnType.NUMBER, ColumnType.NUMBER, ColumnType.DATE))
        columns = [ref for ref in self.conditions.columns(table, kind) if not self.conditions.is_key(ref)]
        shown = self.known_by(table)
        if len(columns) < 2 or not shown:
            return None
        (one, other), more = self.rng.sample(columns, 2), self.rng.random() < 0.5
        condition = Condition(Item(Term(one)), Comparison.GREATER if more else Comparison.LESS, column=other)
        words = self._compared(one, other, kind, more=more)
        rows = self.words.rows(table)
        if self.rng.random() < 0.4:
            query = Query((Item(Term(AllOf(table.name), Aggregate.COUNT)),), where=(condition,))
            return _asked(f"How many {rows} {words}", query)
        return _asked(f"Which {rows} {words}", Query(_items(shown), where=(condition,)))

    def _compared(self, one: ColumnRef, other: ColumnRef, kind: ColumnType, *, more: bool) -> str:
        """Words for rows of which one column is more, or less, than another."""
        first, second = self.words.called(one), self.words.called(other)
        if kind == ColumnType.DATE:
            done, due = happened(one.column), happened(other.column)
            order = self.rng.choice(("after", "later than") if more else ("before", "earlier than"))
            if done and done != due and self.rng.random() < 0.6:
                than = f"they were {due}" if due and self.rng.random() < 0.5 else f"the {second}"
                return f"were {done} {order} {than}"
            return f"have a {first} {order} their {second}"
        how = self.rng.choice(("more", "a higher", "a larger") if more else ("less", "a lower", "a smaller"))
        return f"have {how} {first} than {self.rng.choice(('', 'their '))}{second}"

    def of_parent(self) -> Asked | None:
        """What the rows of each row of another table count together."""
        key = self.rng.choice(self.keys)
        drawn = self._counts_of(key)
        if drawn is None:
            return None
        parent, child, ref, what, shown = drawn
        one, rows = self.words.row(parent), self.words.rows(child)
        query = Query((*_items(shown), Item(Term(ref, Aggregate.SUM))), group=(key.target,))
        forms = (
            f"How many {what} does each {one} have in total",
            f"How many {what} of each {one} are there in the {rows}",
            f"Total {what} {self.rng.choice(('per', 'by', 'of each'))} {one}",
            f"How many {what} are there for each {one}",
        )
        return _asked(self.rng.choice(forms), query)

    def parent_with_most(self) -> Asked | None:
        """The row of another table whose rows count most together."""
        key = self.rng.choice(self.keys)
        drawn = self._counts_of(key)
        if drawn is None:
            return None
        parent, child, ref, what, shown = drawn
        most, one, rows = self.rng.random() < 0.8, self.words.row(parent), self.words.rows(child)
        how = "most" if most else "fewest"
        order = (Order(Item(Term(ref, Aggregate.SUM)), most),)
        query = Query(_items(shown), group=(key.target,), order=order, limit=1)
        forms = (
            f"Which {one} has the {how} {what}",
            f"Which {one} has the {how} {what} in the {rows}",
            f"Which {one} got the {how} {what} over all {rows}",
            f"The {one} with the {how} {what} in total",
        )
        return _asked(self.rng.choice(forms), query)

    def sum_for_one(self) -> Asked | None:
        """What the rows that belong to one row of another table count together."""
        key = self.rng.choice(self.keys)
        drawn, one = self._counts_of(key), self.one_row(self.schema.table(key.target.table))
        if drawn is None or one is None:
            return None
        _, child, ref, what, _ = drawn
        condition, name = one
        query = Query((Item(Term(ref, Aggregate.SUM)),), where=(condition,))
        rows = self.words.rows(child)
        forms = (
            f"How many {what} does {name} have in the {rows}",
            f"How many {what} did {name} get in all {rows}",
            f"What are the total {what} of {name} in the {rows}",
        )
        return _asked(self.rng.choice(forms), query)

    def _counts_of(self, key: ForeignKey) -> tuple[Table, Table, ColumnRef, str, Shown] | None:
        """(parent, child, a column of the child that counts something, what, how the parent is known)."""
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        drawn, shown = self.counts(child), self.known_by(parent)
        return (parent, child, *drawn, shown) if drawn is not None and shown else None

    def _measured(self) -> tuple[Table, ColumnRef, str, bool, Shown] | None:
        """(table, column, adjective, whether for most, how rows are known)."""
        table = self.rng.choice(self.tables)
        columns = self.conditions.columns(table, ColumnType.NUMBER)
        numbers = [ref for ref in columns if not self.conditions.is_key(ref)]
        found = [(ref, words) for ref in numbers if (words := superlatives(ref.column)) is not None]
        shown = self.known_by(table)
        if not found or not shown:
            return None
        ref, (most, least) = self.rng.choice(found)
        is_most = self.rng.random() < 0.6
        return table, ref, self.rng.choice(most if is_most else least), is_most, shown

    def _other(self, table: Table) -> ColumnRef | None:
        return self.conditions.one(table, ColumnType.NUMBER, ColumnType.TEXT, ColumnType.DATE)

    def _number(self, number: int) -> str:
        """A number in digits, or in a word."""
        if number == 1:
            return "one"
        return COUNTS[number - 2] if number <= 10 and self.rng.random() < 0.4 else str(number)

    def _several(self, ref: ColumnRef) -> str:
        """What people call a column of several rows, in the singular or in the plural."""
        name = self.words.called(ref)
        return as_plural(name) if self.rng.random() < 0.7 else name

    def _listing(self) -> str:
        return self.rng.choice(_LISTING)

    def _who(self, table: Table) -> str:
        return "Who" if PEOPLE & set(readable(table.name).split()) else "What"


def _items(shown: Sequence[ColumnRef]) -> tuple[Item, ...]:
    return tuple(Item(Term(ref)) for ref in shown)


def _asked(words: str, query: Query) -> Asked:
    """A sentence with its mark, and its query."""
    asks = words.startswith(("What", "Which", "How", "Who", "For each"))
    return f"{words[:1].upper()}{words[1:]}{'?' if asks else '.'}", query
