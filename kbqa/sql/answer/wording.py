"""A query in plain English, complete: whoever reads it knows every condition, group and limit that it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from kbqa.plurals import as_plural
from kbqa.questions.phrases import begun, listed, ordinal, with_article
from kbqa.sql.answer.phrases import (
    ACROSS,
    COMPARISONS,
    EXTREMES,
    HIGHEST,
    LOWEST,
    OF_DATES,
    OPERATORS,
    PARTS,
    PERIOD,
    SETS,
    TOGETHER,
    alternatives,
    is_plain,
    joined,
    one,
    rows,
    shown_value,
)
from kbqa.sql.durations import is_duration
from kbqa.sql.headings import plural
from kbqa.sql.query import (
    MEMBERSHIP,
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    DatePart,
    Expression,
    GroupKey,
    Item,
    Operand,
    Operator,
    Order,
    Query,
    Term,
    column_of,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, readable
from kbqa.sql.units import name_in


def in_words(query: Query, schema: Schema) -> str:
    """A query as a sentence."""
    return f"{begun(_whole(query, schema))}."


def sub_questions(query: Query, schema: Schema) -> list[str]:
    """The queries within a query and beside it, in words: the decomposition of a nested question."""
    return [begun(_Words(part, schema).text()) for part in list(query.queries())[1:]]


def subject_in_words(query: Query, schema: Schema) -> str:
    """What a query is about, with the conditions of its rows: `customer whose age is more than 3`."""
    words = _Words(query, schema)
    return f"{one(words.subject)} {words.qualifiers()}".strip()


def condition_in_words(query: Query, condition: Condition, schema: Schema) -> str:
    """A condition by itself, as a query has it: `the age is more than 3`."""
    return _Words(query, schema).alone(condition)


def _whole(query: Query, schema: Schema) -> str:
    text = _Words(query, schema).text()
    if query.operation is None or query.right is None:
        return text
    return f"{text}; {SETS[query.operation]} {_whole(query.right, schema)}"


@dataclass(frozen=True)
class _Words:
    """Puts one SELECT into words."""

    query: Query
    schema: Schema

    @property
    def subject(self) -> str:
        """The table that the sentence is about: that of the first item."""
        return self.query.items[0].term.operand.table

    def text(self) -> str:
        query = self.query
        if query.each:
            return self.first_of_each()
        shown = self.shown()
        qualified = self.qualifiers()
        if qualified and not shown.endswith((one(self.subject), plural(self.subject))):
            shown = f"{shown}, of {plural(self.subject)}"
        parts = [f"{shown}{' ' if qualified else ''}{qualified}", self.through(), self.grouped()]
        if query.which:
            parts.insert(1, f"of which {joined(query.which, self.alone)}")
        if query.having:
            conditions = joined(query.having, self.alone)
            parts.append(f"only where {conditions}")
        if not self.is_superlative:
            parts.append(self.sorted())
        if query.distinct and len(query.items) > 1:
            parts.append("each combination once")
        return ", ".join(part for part in parts if part)

    def first_of_each(self) -> str:
        """What comes first, and what it is shown once for each value of."""
        query = self.query
        each = {Item(Term(key)) for key in query.each}
        items = tuple(item for item in query.items if item not in each) or query.items
        group = tuple(key for key in query.group if key not in query.each)
        first = _Words(replace(query, items=items, group=group, each=()), self.schema)
        return f"{first.text()}, for each {listed([first.key(key) for key in query.each])}"

    @property
    def is_list_of_values(self) -> bool:
        """Whether it shows the different values of one column."""
        return self.query.distinct and len(self.query.items) == 1 and is_plain(self.query.items[0])

    def shown(self) -> str:
        """The items, those of one table together: `the name and age of each customer`."""
        query = self.query
        keys = {key for key in query.group if not self.is_key(key)}
        rest = [item for item in query.items if not (is_plain(item) and item.term.operand in keys)]
        if query.group and not rest and self.is_superlative:
            return self.superlative_group(query.group[0])
        items = rest or list(query.items)
        column = items[0].term.operand
        if self.is_list_of_values and not isinstance(column, AllOf):
            return f"the different {as_plural(self.operand(column))} of {plural(column.table)}"
        runs = groupby(items, key=lambda item: (self.place(item), is_plain(item)))
        return listed([self.run(list(run), place) for (place, _), run in runs])

    def place(self, item: Item) -> str:
        """The table whose columns an item is of; empty where it says so itself."""
        tables = {term.operand.table for term in item.terms}
        says_so = item.across is not None or any(self.says_its_table(term) for term in item.terms)
        return "" if says_so or len(tables) > 1 else item.term.operand.table

    def run(self, items: Sequence[Item], place: str) -> str:
        if not place:
            return listed([self.item(item, owned=True) for item in items])
        heads = [self.item(item, owned=False) for item in items]
        if is_plain(items[0]):
            heads = [head.removeprefix("the ") if index else head for index, head in enumerate(heads)]
            return f"{listed(heads)} of {self.owner(place)}"
        return f"{listed(heads)} of {plural(place)}"

    def owner(self, table: str) -> str:
        """The rows of a table that plain columns are shown of."""
        query = self.query
        if table != self.subject:
            return f"the {one(table)}"
        if self.is_superlative and not query.group:
            return self.superlative(one(table), plural(table))
        if query.group:
            return plural(table)
        return plural(table) if query.limit is not None else f"each {one(table)}"

    def item(self, item: Item, *, owned: bool) -> str:
        """An item in words, with its table where it is `owned`."""
        if item.across is not None:
            return ACROSS[item.across].format(self.of_all(item.term))
        words = [self.term(term, owned=owned) for term in item.terms]
        if item.operator == Operator.CHANGE:
            return self.change(item)
        return words[0] if item.operator is None else f" {OPERATORS[item.operator]} ".join(words)

    def change(self, item: Item) -> str:
        """How much a number of some rows is more than that of others, in percent."""
        now, before = (self.only(term) for term in item.terms)
        what = self.of_all(replace(item.term, only=()))
        return f"the change in percent of {what} from those {before} to those {now}"

    def of_all(self, term: Term) -> str:
        """A term with its table."""
        text = self.term(term, owned=False)
        return text if self.says_its_table(term) else f"{text} of {plural(term.operand.table)}"

    def only(self, term: Term) -> str:
        """The conditions of the rows that a term is of."""
        those = Query((Item(Term(AllOf(term.operand.table))),), where=term.only)
        return _Words(those, self.schema).qualifiers()

    def term(self, term: Term, *, owned: bool) -> str:
        operand, aggregate = term.operand, term.aggregate
        if term.only:
            return f"{self.of_all(replace(term, only=()))} {self.only(term)}"
        if term.of_groups is not None:
            inner = self.term(replace(term, of_groups=None), owned=owned)
            return f"the {TOGETHER[term.of_groups]} {inner.removeprefix('the ')}"
        if aggregate == Aggregate.SHARE:
            of_rows = isinstance(operand, AllOf)
            what = (
                rows(operand.table)
                if of_rows
                else self.term(replace(term, aggregate=Aggregate.SUM), owned=owned)
            )
            return f"the percentage of {what}"
        if isinstance(operand, AllOf):
            return f"the number of {rows(operand.table)}" if aggregate else self.everything(operand.table)
        if aggregate == Aggregate.COUNT:
            return f"the number of {self.counted(term, owned=owned)}"
        head = f"the {self.aggregated(term)}"
        return f"{head} of {self.of_condition(operand.table)}" if owned else head

    def everything(self, table: str) -> str:
        return f"everything about {self.owner(table)}"

    def of_condition(self, table: str) -> str:
        return plural(table) if self.query.group else f"the {one(table)}"

    def aggregated(self, term: Term) -> str:
        name, aggregate = self.measured(term), term.aggregate
        if aggregate is None:
            return name
        if term.until:
            return f"{TOGETHER[aggregate]} {name}"
        if aggregate in (Aggregate.MIN, Aggregate.MAX):
            return f"{self.extreme(term, highest=aggregate == Aggregate.MAX)} {name}"
        return name if name.startswith(TOGETHER[aggregate]) else f"{TOGETHER[aggregate]} {name}"

    def measured(self, term: Term) -> str:
        """What a term is of, with the unit that it is shown in."""
        operand = term.operand
        if term.until and isinstance(operand, ColumnRef):
            return f"age in {term.unit or 'years'} (by the {readable(operand.column)})"
        if isinstance(operand, Expression) and is_duration(term, self.schema):
            ends = [readable(ref.column) for ref in (operand.right, operand.left)]
            return f"{term.unit or 'days'} from {' to '.join(ends)}"
        return name_in(self.operand(operand), term.unit) if term.unit else self.operand(operand)

    def operand(self, operand: Operand) -> str:
        if isinstance(operand, DatePart):
            return f"{PARTS[operand.part]} of {readable(operand.column.column)}"
        if isinstance(operand, Expression):
            return self.expression(operand)
        return readable(operand.column) if isinstance(operand, ColumnRef) else plural(operand.table)

    def expression(self, computed: Expression) -> str:
        left, right = computed.left, computed.right
        other = "" if right.table == left.table else f" of the {one(right.table)}"
        return f"{readable(left.column)} {OPERATORS[computed.operator]} {readable(right.column)}{other}"

    def says_its_table(self, term: Term) -> bool:
        """Whether a term in words has its table in it by itself."""
        return bool(term.only) or isinstance(term.operand, AllOf) or self.counts_rows(term)

    def counts_rows(self, term: Term) -> bool:
        ref = column_of(term.operand)
        return term.aggregate == Aggregate.COUNT and ref is not None and self.is_key(ref)

    def is_key(self, operand: Operand) -> bool:
        """Whether a column alone is its table's key."""
        if not isinstance(operand, ColumnRef):
            return False
        return [c.name for c in self.schema.table(operand.table).columns if c.primary] == [operand.column]

    def counted(self, term: Term, *, owned: bool) -> str:
        operand = term.operand
        different = "different " if term.distinct else ""
        if self.is_key(operand):
            return f"{different}{plural(operand.table)}"
        name = as_plural(self.operand(operand))
        return f"{different}{name} of {plural(operand.table)}" if owned else f"{different}{name}"

    def extreme(self, term: Term, *, highest: bool) -> str:
        return EXTREMES.get(self.kind(term), (LOWEST, HIGHEST))[highest]

    def kind(self, term: Term) -> ColumnType:
        ref = column_of(term.operand)
        if ref is None or term.aggregate not in (None, Aggregate.MIN, Aggregate.MAX):
            return ColumnType.NUMBER
        return ColumnType.TEXT if isinstance(term.operand, DatePart) else self.schema.column(ref).kind

    # Superlatives, order and groups

    @property
    def is_superlative(self) -> bool:
        """Whether it keeps the rows, or groups, that are first by one number or date."""
        query = self.query
        if query.limit is None or len(query.order) != 1 or len(query.group) > 1 or query.distinct:
            return False
        item = query.order[0].item
        return item.operator is None and self.kind(item.term) in (ColumnType.NUMBER, ColumnType.DATE)

    def superlative(self, name: str, several: str) -> str:
        """`the 3 customers with the highest age`."""
        order, limit, offset = self.query.order[0], self.query.limit, self.query.offset
        term = order.item.term
        if term.aggregate == Aggregate.COUNT:
            counted = self.counted(term, owned=False) if isinstance(term.operand, ColumnRef) else ""
            what = f"{'most' if order.descending else 'fewest'} {counted or rows(term.operand.table)}"
        else:
            what = f"{self.extreme(term, highest=order.descending)} {self.aggregated(term)}"
            if term.operand.table != self.subject:
                what = f"{what} of the {one(term.operand.table)}"
        noun = name if limit == 1 else f"{limit} {several}"
        return f"the {noun} with the {f'{ordinal(offset + 1)} ' if offset else ''}{what}"

    def grouped(self) -> str:
        group = self.query.group
        if not group:
            is_elsewhere = self.is_superlative and not self.mentions_superlative
            return f"for {self.superlative(one(self.subject), plural(self.subject))}" if is_elsewhere else ""
        if self.is_superlative:
            superlative = self.superlative_group(group[0])
            return "" if self.shown() == superlative else f"for {superlative}"
        keys = listed([self.key(key) for key in group])
        if self.query.of_groups is not None:
            return f"taken over each {keys}"
        return f"for each {keys}{', also where there are none' if self.query.with_empty else ''}"

    def superlative_group(self, key: GroupKey) -> str:
        name = self.key(key)
        return self.superlative(name, as_plural(name))

    @property
    def mentions_superlative(self) -> bool:
        """Whether the rows that are first are said where the items are."""
        return any(is_plain(item) and item.term.operand.table == self.subject for item in self.query.items)

    def key(self, key: GroupKey) -> str:
        if self.is_key(key):
            return one(key.table)
        name = self.operand(key)
        return name if key.table == self.subject else f"{name} of the {one(key.table)}"

    def sorted(self) -> str:
        query = self.query
        limit = (
            "" if query.limit is None else f"only the first{'' if query.limit == 1 else f' {query.limit}'}"
        )
        if query.offset:
            limit = f"only the {ordinal(query.offset + 1)}"
        if not query.order:
            return limit
        keys = f"sorted by {listed([self.order(order) for order in query.order])}"
        return f"{keys}, {limit}" if limit else keys

    def order(self, order: Order) -> str:
        item, kind = order.item, self.kind(order.item.term)
        is_part = isinstance(item.term.operand, DatePart) and item.term.aggregate is None
        if item.operator is None and kind == ColumnType.TEXT and not is_part:
            return f"{self.alone_item(item)} ({'from Z to A' if order.descending else 'from A to Z'})"
        is_date = is_part or (kind == ColumnType.DATE and item.operator is None)
        low, high = EXTREMES[ColumnType.DATE] if is_date else (LOWEST, HIGHEST)
        return f"{self.alone_item(item)} ({high if order.descending else low} first)"

    # Conditions

    def qualifiers(self) -> str:
        """The conditions of rows, and the tables that must have a row for them."""
        groups = list(alternatives(self.query.where))
        texts = [self.together(conditions) for conditions in groups]
        beside = [f"with {with_article(one(table))}{self.linked()}" for table in self.restricting]
        separator = ", or " if any(len(conditions) > 1 for conditions in groups) else " or "
        return " and ".join([*beside, separator.join(texts)] if texts else beside)

    def together(self, conditions: Sequence[Condition]) -> str:
        """Conditions that all must hold, those of one table together, those of the subject first."""
        ordered = sorted(conditions, key=lambda condition: self.table_of(condition) != self.subject)
        parts = []
        for table, of_table in groupby(ordered, key=self.table_of):
            related, whose = list[str](), list[str]()
            for condition in of_table:
                relation = self.relation(condition) if table == self.subject else ""
                (related if relation else whose).append(relation or f"whose {self.compared(condition)}")
            if whose and table != self.subject:
                whose[0] = f"with {with_article(one(table))} {whose[0]}"
            parts += [*whose, *related]
        return " and ".join(parts)

    def table_of(self, condition: Condition) -> str:
        return condition.item.term.operand.table

    def relation(self, condition: Condition) -> str:
        """Membership over a key: `with no order whose status is “C”`; empty for all else."""
        inner = condition.query
        if condition.comparison not in MEMBERSHIP or inner is None or not is_plain(condition.item):
            return ""
        has_more = inner.group or inner.having or inner.limit or inner.operation or len(inner.items) != 1
        here, there = condition.item.term.operand, inner.items[0].term.operand
        ends = {here, there}
        is_key = any({key.source, key.target} == ends for key in self.schema.keys)
        if has_more or not is_plain(inner.items[0]) or not is_key or here.table == there.table:
            return ""
        qualified = _Words(inner, self.schema).qualifiers()
        noun = one(there.table)
        begin = "with no" if condition.comparison == Comparison.NOT_IN else "with"
        noun = noun if condition.comparison == Comparison.NOT_IN else with_article(noun)
        return f"{begin} {noun}{' ' if qualified else ''}{qualified}"

    def compared(self, condition: Condition) -> str:
        """`age is more than 3`."""
        return f"{self.alone_item(condition.item, bare=True)} {self.comparison(condition)}"

    def alone(self, condition: Condition) -> str:
        """`the age of the customer is more than 3`."""
        return f"{self.alone_item(condition.item)} {self.comparison(condition)}"

    def alone_item(self, item: Item, *, bare: bool = False) -> str:
        """An item by itself: with its table unless that is the subject, or it is left `bare`."""
        is_known = bare or all(term.operand.table == self.subject for term in item.terms)
        text = self.item(item, owned=not is_known)
        return text.removeprefix("the ") if bare else text

    def comparison(self, condition: Condition) -> str:
        if condition.or_empty:
            return f"{self.comparison(replace(condition, or_empty=False))} or is empty"
        comparison = condition.comparison
        is_date = condition.item.operator is None and self.kind(condition.item.term) == ColumnType.DATE
        verb = OF_DATES.get(comparison, "") if is_date else ""
        verb = verb or COMPARISONS[comparison]
        if condition.query is not None:
            return f"{verb} ({_whole(condition.query, self.schema)})"
        if condition.column is not None:
            return f"{verb} the {readable(condition.column.column)} of {one(condition.column.table)}"
        if not condition.values:
            return verb
        return self.with_values(verb, condition, is_date=is_date)

    def with_values(self, verb: str, condition: Condition, *, is_date: bool) -> str:
        values, comparison = condition.values, condition.comparison
        if is_date and comparison == Comparison.EQUAL and all(PERIOD.fullmatch(v.text) for v in values):
            verb = "is in"
        if comparison == Comparison.UNEQUAL and len(values) > 1:
            return f"is none of {listed([shown_value(value) for value in values])}"
        last = "and" if comparison == Comparison.BETWEEN else "or"
        return f"{verb} {listed([shown_value(value) for value in values], last)}"

    @property
    def named(self) -> set[str]:
        """The tables that columns, rows or sort keys are named of."""
        orders = (term.operand.table for order in self.query.order for term in order.item.terms)
        return {operand.table for operand in self.query.operands()} | set(orders)

    @property
    def connecting(self) -> list[str]:
        """The tables that are joined only because they connect others."""
        joined = self.schema.closure(self.query.tables())
        return [table for table in joined if table not in self.named and table in self._between]

    @property
    def _between(self) -> tuple[str, ...]:
        return self.schema.closure(self.named)

    @property
    def calculating(self) -> set[str]:
        """The tables whose columns metrics are calculated of."""
        refs = filter(None, map(column_of, self.query.operands()))
        formulas = (formula for ref in refs if (formula := self.schema.column(ref).formula))
        return {table for formula in formulas for table in formula.tables}

    @property
    def restricting(self) -> Iterator[str]:
        """The tables of which nothing is named, but a row of theirs must be there."""
        return (
            table
            for table in self.query.with_tables
            if table not in self.named and table not in self.connecting and table not in self.calculating
        )

    def linked(self) -> str:
        """The key that was chosen where there are several."""
        ends = [f"{readable(via.source.column)} of the {one(via.source.table)}" for via in self.query.via]
        return f" (by the {listed(ends)})" if ends else ""

    def through(self) -> str:
        """The tables that only connect others, and the key that was chosen for another table."""
        tables = [plural(table) for table in self.connecting]
        through = f"through {listed(tables)}" if tables else ""
        via = "" if list(self.restricting) else self.linked().strip(" ()")
        return ", ".join(part for part in (through, f"linked {via}" if via else "") if part)
