"""Questions for the tables of any database, made by templates: lists of several columns, conditions of every kind, groups, extremes.

What people write seldom in published sets, but analysts often: three columns at once, the letters of a name, a value that is missing.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kbqa.linking.wordings import numbered, short_name
from kbqa.sql.query import Aggregate, AllOf, Comparison, Condition, Item, Operator, Order, Query, Term, Value
from kbqa.sql.rendering import NotConnectedError, joins, query_text
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema, Table, readable

_MOST_ITEMS, _LONGEST = 5, 200
_ABOVE = ("above", "over", "greater than", "higher than", "more than", "larger than")
_BELOW = ("below", "under", "less than", "lower than", "smaller than")
_AT_LEAST, _AT_MOST = ("at least", "no less than", "not under"), ("at most", "no more than", "up to")
_TRIES = 8


@dataclass
class _Asked:
    """A question's query as it grows, and the words that follow what is asked for."""

    query: Query
    words: list[str] = field(default_factory=list)


class TableQuestions:
    """Makes questions on a schema; `cells` are values of its columns."""

    def __init__(self, schema: Schema, cells: Mapping[ColumnRef, Sequence[str]], rng: random.Random) -> None:
        self.schema, self.cells, self.rng = schema, cells, rng
        self.tables = [table for table in schema.tables if len(table.columns) > 1 and not table.view]
        self.keys = [key for key in schema.keys if key.declared and key.source.table != key.target.table and self._alone(key)]

    def make(self, number: int) -> Iterator[tuple[str, str]]:
        """Yield up to `number` questions with their SQL."""
        kinds = [*[self.list_of] * 5, *[self.everything] * 2, self.highest, self.counted_by, self.commonest, self.difference]
        kinds += [self.children_of, self.children_of, self.most_children, self.beside_parent] if self.keys else []
        for _ in range(_TRIES * number if self.tables else 0):
            if number == 0:
                return
            found = self.rng.choice(kinds)()
            if found is not None and len(found[0]) < _LONGEST:
                number -= 1
                yield found

    # --- what is asked ---------------------------------------------------------------------------------------------------

    def list_of(self) -> tuple[str, str] | None:
        """Several columns of a table's rows, perhaps of some only, perhaps in an order."""
        table = self.rng.choice(self.tables)
        shown = self._shown(table)
        asked = _Asked(Query(items=tuple(map(_item, shown))))
        self._some(asked, table)
        self._ordered(asked, table, shown)
        return self._question(self._listing(shown, table), asked)

    def everything(self) -> tuple[str, str] | None:
        """All columns of some rows."""
        table = self.rng.choice(self.tables)
        asked = _Asked(Query(items=(Item(Term(AllOf(table.name))),)))
        self._some(asked, table, always=True)
        rows = numbered(readable(table.name), plural=True)
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
        measured = self._one(table, ColumnType.NUMBER, ColumnType.DATE)
        if measured is None:
            return None
        most, shown = self.rng.random() < 0.6, self._shown(table)
        asked = _Asked(Query(items=tuple(map(_item, shown)), order=(Order(_item(measured), most),), limit=1))
        self._some(asked, table, often=0.25)
        row, name, how = numbered(readable(table.name), plural=False), self._called(measured), self._superlative(measured, most=most)
        about = " ".join([row, *asked.words])
        if self.rng.random() < 0.5:
            return self._written(f"Which {about} has the {how} {name}? {self._imperative()} {self._its(shown)}.", asked.query)
        return self._written(f"What {_are(shown)} the {self._names(shown)} of the {about} with the {how} {name}?", asked.query)

    def counted_by(self) -> tuple[str, str] | None:
        """How many rows there are for each value of a column."""
        table = self.rng.choice(self.tables)
        by = self._one(table, ColumnType.TEXT)
        if by is None:
            return None
        count = Item(Term(AllOf(table.name), Aggregate.COUNT))
        first = self.rng.random() < 0.5
        query = Query(items=(count, _item(by)) if first else (_item(by), count), group=(by,))
        rows, name = numbered(readable(table.name), plural=True), self._called(by)
        if first:
            return self._written(f"{self.rng.choice(('How many ' + rows + ' are there', 'What is the number of ' + rows))} for each {name}?", query)
        return self._written(f"{self._imperative()} each {name} and {self.rng.choice(('the number of', 'how many'))} {rows}.", query)

    def commonest(self) -> tuple[str, str] | None:
        """The value of a column that most rows have, or fewest."""
        table = self.rng.choice(self.tables)
        by = self._one(table, ColumnType.TEXT)
        if by is None:
            return None
        most = self.rng.random() < 0.75
        query = Query(items=(_item(by),), group=(by,), order=(Order(Item(Term(AllOf(table.name), Aggregate.COUNT)), most),), limit=1)
        how = self.rng.choice(("most common", "most popular", "most frequent") if most else ("least common", "rarest"))
        asks = self.rng.choice(("What is the", "Find the", "Which is the", "Return the"))
        among = self.rng.choice(("of the", "among all", "of all", "among the"))
        end = "?" if asks.startswith("W") else "."
        return self._written(f"{asks} {how} {self._called(by)} {among} {numbered(readable(table.name), plural=True)}{end}", query)

    def difference(self) -> tuple[str, str] | None:
        """What one number is more than another, beside something else."""
        table = self.rng.choice(self.tables)
        numbers = [ref for ref in self._columns(table, ColumnType.NUMBER) if not self._is_key(ref)]
        if len(numbers) < 2:
            return None
        more, less = self.rng.sample(numbers, 2)
        shown = self._shown(table)[:2]
        plus = self.rng.random() < 0.25
        apart = Item(Term(more), Operator.PLUS if plus else Operator.MINUS, Term(less))
        asked = _Asked(Query(items=(*map(_item, shown), apart)))
        self._some(asked, table, often=0.5)
        between = f"the {'sum of' if plus else 'difference between'} {self._called(more)} and {self._called(less)}"
        rows = self.rng.choice((f"each {numbered(readable(table.name), plural=False)}", f"all {numbered(readable(table.name), plural=True)}"))
        return self._question(f"{self._imperative()} the {self._names(shown)} and {between} {self.rng.choice(('of', 'for'))} {rows}", asked)

    def children_of(self) -> tuple[str, str] | None:
        """For each row of a table, how many rows of another belong to it, or what these come to."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        summed = self._one(child, ColumnType.NUMBER) if self.rng.random() < 0.4 else None
        what, measure = self._measure(child, summed)
        shown = self._shown(parent)[:3]
        items = [*map(_item, shown), measure]
        last = self.rng.random() < 0.6
        query = Query(items=tuple(items if last else [measure, *items[:-1]]), with_tables=(parent.name, child.name), group=(key.target,))
        one = numbered(readable(parent.name), plural=False)
        listed = f"{self._names(shown)} and {what}" if last else f"{what} and {self._names(shown)}"
        if summed is None and last and self.rng.random() < 0.5:
            rows, count = numbered(readable(child.name), plural=True), self.rng.choice(("the number", "the count", f"the number of {one} {what}"))
            count = count if what not in count else "the number"
            ending = f"{self._imperative()} the {one} {self._names(shown)} and {count}."
            return self._written(f"How many {rows} does each {one} have? {ending}", query)
        return self._written(f"{self._imperative()} {'the ' if last else ''}{listed} {self.rng.choice(('of', 'for'))} each {one}.", query)

    def most_children(self) -> tuple[str, str] | None:
        """The row that most rows of another table belong to, or fewest."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        summed = self._one(child, ColumnType.NUMBER) if self.rng.random() < 0.3 else None
        most, (what, measure), shown = self.rng.random() < 0.7, self._measure(child, summed), self._shown(parent)[:3]
        query = Query(
            items=tuple(map(_item, shown)), with_tables=(parent.name, child.name), group=(key.target,), order=(Order(measure, most),), limit=1
        )
        one, rows = numbered(readable(parent.name), plural=False), numbered(readable(child.name), plural=True)
        how = ("most" if most else self.rng.choice(("fewest", "least"))) if summed is None else ("highest" if most else "lowest")
        has = f"has the {how} {rows}" if summed is None else f"has the {how} {what.removeprefix('the ')}"
        if self.rng.random() < 0.5:
            return self._written(f"Which {one} {has}? {self._imperative()} {self._its(shown)}.", query)
        return self._written(f"What {_are(shown)} the {self._names(shown)} of the {one} that {has}?", query)

    def beside_parent(self) -> tuple[str, str] | None:
        """Columns of a table's rows beside columns of the rows that they belong to."""
        key = self.rng.choice(self.keys)
        parent, child = self.schema.table(key.target.table), self.schema.table(key.source.table)
        own, others = self._shown(child)[:2], self._shown(parent)[:2]
        asked = _Asked(Query(items=tuple(map(_item, [*own, *others])), with_tables=(child.name, parent.name)))
        self._some(asked, self.rng.choice((parent, child)), often=0.5)
        one, rows = numbered(readable(parent.name), plural=False), numbered(readable(child.name), plural=True)
        whose = self.rng.choice((f"the {self._names(others)} of their {one}", f"their {one}'s {self._names(others)}"))
        return self._question(f"{self._imperative()} the {self._names(own)} of {self.rng.choice(('all ', 'the ', ''))}{rows} and {whose}", asked)

    # --- of which rows, in which order -------------------------------------------------------------------------------------

    def _some(self, asked: _Asked, table: Table, *, often: float = 0.8, always: bool = False) -> None:
        if not always and self.rng.random() > often:
            return
        several = 2 if self.rng.random() < 0.25 else 1
        for place in range(several):
            found = self._condition(table)
            if found is None or any(condition.item == other.item for condition in found[0] for other in asked.query.where):
                continue
            conditions, words = found
            if place and any(each.follows_or for each in (*asked.query.where, *conditions)):
                break  # alternatives and a condition more: who is to say what belongs together
            either = place and self.rng.random() < 0.25 and len(conditions) == 1 and len(asked.query.where) == 1
            conditions = [replace(each, follows_or=bool(either)) for each in conditions] if place else conditions
            asked.words += ["or" if either else "and"] * bool(asked.query.where) + [words]
            asked.query = replace(asked.query, where=(*asked.query.where, *conditions))

    def _condition(self, table: Table) -> tuple[list[Condition], str] | None:
        ref = self._one(table, ColumnType.TEXT, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.NUMBER, ColumnType.DATE)
        if ref is None:
            return None
        name, item, kind = self._called(ref), _item(ref), self.schema.column(ref).type
        if self.rng.random() < 0.12:
            missing = self.rng.random() < 0.6
            without = (f"without {_a(name)}", f"with no {name}", f"whose {name} is not known", f"whose {name} is missing", f"that have no {name}")
            words = self.rng.choice(without if missing else (f"that have {_a(name)}", f"whose {name} is known"))
            return [Condition(item, Comparison.IS_NULL if missing else Comparison.IS_NOT_NULL)], words
        values = self.cells.get(ref) or []
        if not values or kind == ColumnType.DATE:
            return None
        return self._numeric(name, item, values) if kind == ColumnType.NUMBER else self._textual(name, item, values)

    def _numeric(self, name: str, item: Item, values: Sequence[str]) -> tuple[list[Condition], str]:
        value, of = self.rng.choice(values), self.rng.choice((f"with {_a(name)}", f"whose {name} is"))
        kind = self.rng.random()
        if kind < 0.3:
            low, high = sorted((value, self.rng.choice(values)), key=float)
            within = self.rng.choice(
                (f"between {low} and {high}", f"in the range of {low} and {high}", f"in the range {low} to {high}", f"from {low} to {high}")
            )
            return [Condition(item, Comparison.BETWEEN, (Value(low), Value(high)))], f"{of} {within}"
        if kind < 0.45:
            return [
                Condition(item, Comparison.EQUAL, (Value(value),))
            ], f"{of} {self.rng.choice(('', 'of ') if of.startswith('with') else ('', 'equal to '))}{value}"
        comparison, words = self.rng.choice(
            ((Comparison.GREATER, _ABOVE), (Comparison.LESS, _BELOW), (Comparison.AT_LEAST, _AT_LEAST), (Comparison.AT_MOST, _AT_MOST))
        )
        return [Condition(item, comparison, (Value(value),))], f"{of} {self.rng.choice(words)} {value}"

    def _textual(self, name: str, item: Item, values: Sequence[str]) -> tuple[list[Condition], str] | None:
        value, kind = self.rng.choice(values), self.rng.random()
        if kind < 0.45:
            is_it = self.rng.choice((f"whose {name} is", f"with {name}", f"with the {name}"))
            return [Condition(item, Comparison.EQUAL, (Value(value),))], f"{is_it} {self._quoted(value)}"
        if kind < 0.55:
            other = self.rng.choice(values)
            both = (Condition(item, Comparison.EQUAL, (Value(value),)), Condition(item, Comparison.EQUAL, (Value(other),), follows_or=True))
            either = self.rng.choice(("", "either "))
            return (list(both), f"whose {name} is {either}{self._quoted(value)} or {self._quoted(other)}") if value != other else None
        if kind < 0.65:
            return [
                Condition(item, Comparison.UNEQUAL, (Value(value),))
            ], f"whose {name} is {self.rng.choice(('not', 'other than'))} {self._quoted(value)}"
        letters = [each for each in value if each.isalpha() and each.isascii()]
        if not letters:
            return None
        return self._of_letters(name, item, value, self.rng.choice(letters))

    def _of_letters(self, name: str, item: Item, value: str, letter: str) -> tuple[list[Condition], str]:
        comparison = self.rng.choice((Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS))
        words = value.split()
        spelled = letter
        if comparison == Comparison.STARTS:
            spelled = next((each for each in value if each.isalpha()), letter) if value[0].isalpha() else letter
        elif comparison == Comparison.ENDS:
            spelled = value[-1] if value[-1].isalpha() else letter
        elif len(words) > 1 and self.rng.random() < 0.4:
            spelled = self.rng.choice([each for each in words if each.isalpha()] or [letter])
        what = self.rng.choice(("the letter ", "the letter ", "") if len(spelled) == 1 else ("the word ", ""))
        written = spelled.upper() if len(spelled) == 1 and self.rng.random() < 0.4 else spelled
        said = f"{what}{written}" if what and self.rng.random() < 0.6 else f"{what}{self._always_quoted(written)}"
        verbs = {
            Comparison.CONTAINS: ("contains", "has", "includes"), Comparison.LACKS: ("does not contain", "does not have", "lacks"),
            Comparison.STARTS: ("starts with", "begins with", "is starting with"), Comparison.ENDS: ("ends with", "ends in", "is ending with"),
        }  # fmt: skip
        inside = {Comparison.CONTAINS: f"with {said} in their {name}", Comparison.LACKS: f"without {said} in their {name}"}
        clause = f"whose {name} {self.rng.choice(verbs[comparison])} {said}"
        return [Condition(item, comparison, (Value(written),))], inside[comparison] if comparison in inside and self.rng.random() < 0.3 else clause

    def _ordered(self, asked: _Asked, table: Table, shown: Sequence[ColumnRef]) -> None:
        if self.rng.random() > 0.3:
            return
        by = self.rng.choice(shown) if self.rng.random() < 0.5 else self._one(table, ColumnType.TEXT, ColumnType.NUMBER, ColumnType.DATE)
        if by is None:
            return
        down, name = self.rng.random() < 0.5, self._called(by)
        way = "descending" if down else "ascending"
        text = self.schema.column(by).type == ColumnType.TEXT and not down
        words = [f"in {way} order of {name}", f"sorted by {name} in {way} order", f"ordered by {name} {way}", f"arranged by {way} {name}"]
        words += [f"in alphabetical order of {name}", f"sorted by {name} alphabetically"] if text else []
        words += [] if down else [f"ordered by {name}", f"sorted by {name}"]
        asked.words = [*asked.words, self.rng.choice(words)]
        asked.query = replace(asked.query, order=(Order(_item(by), down),))

    # --- words -------------------------------------------------------------------------------------------------------------

    def _question(self, begin: str, asked: _Asked) -> tuple[str, str] | None:
        end = "?" if begin.startswith(("What", "Which", "How")) else "."
        return self._written(f"{' '.join([begin, *asked.words])}{end}", asked.query)

    def _written(self, question: str, query: Query) -> tuple[str, str] | None:
        try:
            expected = {table for table, _ in joins(query, self.schema)}
            return (question, query_text(query, self.schema)) if expected == set(query.tables()) else None
        except NotConnectedError:
            return None

    def _listing(self, shown: Sequence[ColumnRef], table: Table) -> str:
        rows, names = numbered(readable(table.name), plural=True), self._names(shown)
        if self.rng.random() < 0.4:
            return f"What {_are(shown)} the {names} of {self.rng.choice(('', 'all ', 'the ', 'all the '))}{rows}"
        of = self.rng.choice((f"of {rows}", f"of all {rows}", f"for all {rows}", f"of the {rows}", f"for those {rows}"))
        return f"{self._imperative()} the {names} {of}"

    def _imperative(self) -> str:
        return self.rng.choice(("List", "Show", "Give me", "Display", "Return", "Find", "Tell me"))

    def _its(self, shown: Sequence[ColumnRef]) -> str:
        return f"{self.rng.choice(('its', 'the', 'both' if len(shown) == 2 else 'the'))} {self._names(shown)}"

    def _names(self, shown: Sequence[ColumnRef]) -> str:
        *before, last = map(self._called, shown)
        comma = "," if len(before) > 1 and self.rng.random() < 0.5 else ""
        return f"{', '.join(before)}{comma} and {last}" if before else last

    def _called(self, ref: ColumnRef) -> str:
        """Return what people call a column: its words, often without those of its table."""
        words, owner = readable(ref.column), readable(ref.table)
        short = short_name(words, numbered(owner, plural=False))
        return short if short and self.rng.random() < 0.6 else words

    def _measure(self, child: Table, summed: ColumnRef | None) -> tuple[str, Item]:
        if summed is None:
            rows = numbered(readable(child.name), plural=True)
            return f"the number of {rows}", Item(Term(AllOf(child.name), Aggregate.COUNT))
        word, aggregate = self.rng.choice(
            (("total", Aggregate.SUM), ("average", Aggregate.AVG), ("highest", Aggregate.MAX), ("lowest", Aggregate.MIN))
        )
        return f"the {word} {self._called(summed)} of {numbered(readable(child.name), plural=True)}", Item(Term(summed, aggregate))

    def _superlative(self, ref: ColumnRef, *, most: bool) -> str:
        if self.schema.column(ref).type == ColumnType.DATE:
            return self.rng.choice(("latest", "most recent")) if most else self.rng.choice(("earliest", "oldest"))
        return self.rng.choice(("highest", "largest", "greatest", "maximum")) if most else self.rng.choice(("lowest", "smallest", "minimum"))

    def _quoted(self, value: str) -> str:
        return self._always_quoted(value) if self.rng.random() < 0.4 else value

    def _always_quoted(self, value: str) -> str:
        mark = self.rng.choice("\"'")
        return f"{mark}{value}{mark}"

    # --- columns -----------------------------------------------------------------------------------------------------------

    def _shown(self, table: Table) -> list[ColumnRef]:
        """Return one to five columns, rather few, in any order; foreign keys seldom."""
        keyed = {key.source for key in self.schema.keys}
        refs = [ref for ref in table.refs() if ref not in keyed or self.rng.random() < 0.3] or table.refs()
        number = min(len(refs), self.rng.choices(range(1, _MOST_ITEMS + 1), (2, 4, 5, 3, 1))[0])
        return self.rng.sample(refs, number)

    def _columns(self, table: Table, *types: ColumnType) -> list[ColumnRef]:
        return [ref for ref in table.refs() if self.schema.column(ref).type in types]

    def _one(self, table: Table, *types: ColumnType) -> ColumnRef | None:
        """Return a column of a type, that by chance, no key where it is a number."""
        found = [ref for ref in self._columns(table, self.rng.choice(types)) if not self._is_key(ref)]
        return self.rng.choice(found) if found else None

    def _is_key(self, ref: ColumnRef) -> bool:
        column = self.schema.column(ref)
        return column.type == ColumnType.NUMBER and (column.primary or any(ref in (key.source, key.target) for key in self.schema.keys))

    def _alone(self, key: ForeignKey) -> bool:
        """Tell whether one key connects two tables, each with something to tell."""
        ends = (key.source.table, key.target.table)
        return len(self.schema.between(*ends)) == 1 and all(len(self.schema.table(end).columns) > 1 for end in ends)


def _item(ref: ColumnRef) -> Item:
    return Item(Term(ref))


def _are(shown: Sequence[ColumnRef]) -> str:
    return "is" if len(shown) == 1 else "are"


def _a(name: str) -> str:
    return f"an {name}" if name[:1] in "aeio" else f"a {name}"
