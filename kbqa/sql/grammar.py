"""The grammar of SQL as states: what may follow in a query that is not finished.

A query is written clause by clause: items, joined tables, conditions, groups, order, and a second query where two are united,
intersected or excepted. A condition may hold a query of its own, which is written in its place. Whatever a state offers can be
written down; tables that no key connects are never offered together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from kbqa.decoding.choices import Choice, Kind
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sql.dates import is_dated
from kbqa.sql.query import Aggregate, AllOf, Comparison, Condition, Item, Operand, Operator, Order, Query, SetOperation, Term, Value, Via
from kbqa.sql.rendering import joins
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema

MAX_ITEMS, MAX_CONDITIONS, MAX_VALUES, MAX_ORDERS, MAX_DEPTH, MAX_WITH = 6, 6, 4, 3, 3, 2

_CLAUSES = ("WITH", "WHERE", "GROUP", "HAVING", "ORDER")
KEYWORDS = (
    "NONE", "DISTINCT", "END", *_CLAUSES, "AND", "OR", "ALSO", "SELECT", "ASC", "DESC", "UNLIMITED", "ONE",
    *map(str, Aggregate), *map(str, Comparison), *(f"set {each}" for each in SetOperation), *(f"operator {each}" for each in Operator),
)  # fmt: skip
STEPS = (
    "SELECT", "OPERAND", "SECOND", "NEXT", "TABLE", "CONDITION", "COMPARE", "VALUE", "GROUP", "HAVING", "ORDER", "DIRECTION", "LIMIT", "VIA",
)  # fmt: skip
VOCABULARY = Vocabulary(KEYWORDS, STEPS, variables=1)

_ORDERED = (Comparison.LESS, Comparison.GREATER, Comparison.AT_MOST, Comparison.AT_LEAST, Comparison.BETWEEN)
_EQUALITIES = (Comparison.EQUAL, Comparison.UNEQUAL)
_NULLS = (Comparison.IS_NULL, Comparison.IS_NOT_NULL)
_MEMBERSHIP = (Comparison.IN, Comparison.NOT_IN)
_LOOSE = ("sqlite", "mysql")
"""Dialects that compute with texts as far as these begin with a number."""


def keyword(word: str) -> Choice:
    """Return the choice of a keyword."""
    return Choice(Kind.KEYWORD, word)


_KEYWORDS = {word: keyword(word) for word in KEYWORDS}


@dataclass(frozen=True)
class World:
    """A question's view of a database: its focused schema, and what the question mentions."""

    schema: Schema
    tables: tuple[Choice, ...] = ()
    columns: tuple[Choice, ...] = ()
    values: tuple[Choice, ...] = ()
    numbers: tuple[Choice, ...] = ()

    @property
    def candidates(self) -> tuple[Choice, ...]:
        """Return all that can be pointed to."""
        return (*self.tables, *self.columns, *self.values, *self.numbers)

    @cached_property
    def column_choices(self) -> Mapping[ColumnRef, Choice]:
        """Return the columns' choices by their places."""
        return {choice.key: choice for choice in self.columns}


@dataclass(frozen=True)
class SqlState:
    """A prefix of a query. `query` is the SELECT being written; `outer` are the states in whose conditions it stands.

    What follows `part` belongs to an unfinished item or condition of that part. A state that `insists` does not offer that the
    question has no answer.
    """

    world: World = field(compare=False, repr=False)
    step: str = "SELECT"
    query: Query = field(default_factory=Query)
    outer: tuple["SqlState", ...] = ()
    left: Query | None = None
    operation: SetOperation | None = None
    answerable: bool = True
    insists: bool = False
    part: str = "items"
    aggregate: Aggregate | None = None
    distinct: bool = False
    first: Term | None = None
    operator: Operator | None = None
    item: Item | None = None
    comparison: Comparison | None = None
    values: tuple[Value, ...] = ()
    follows_or: bool = False
    closing: SetOperation | str | None = None

    def choices(self) -> Sequence[Choice]:
        """Return what the grammar allows here."""
        return list(_OFFERS[self.step](self))

    def holds(self, choices: Sequence[Choice]) -> list[bool]:
        """Tell for each choice whether keys connect it with the tables that the query has."""
        present = self.table
        if present is None:
            return [True] * len(choices)
        schema = self.world.schema
        return [choice.kind not in (Kind.TABLE, Kind.COLUMN) or schema.connected(present, _table_of(choice)) for choice in choices]

    def then(self, choice: Choice) -> "SqlState":
        """Return the state after a choice."""
        return _FOLLOWS[self.step](self, choice)

    @property
    def table(self) -> str | None:
        """Return a table that the SELECT being written names, in what is finished of it or in what is not."""
        pending = self.first or (self.item.term if self.item else None)
        return next(iter(self.query.tables()), pending.operand.table if pending else None)

    @property
    def missing_items(self) -> int | None:
        """Return how many items more the query needs that stands to the right of a set operation; None for others."""
        return None if self.left is None else len(self.left.items) - len(self.query.items)

    @property
    def strict(self) -> bool:
        """Tell whether the dialect refuses to compare and unite what has different types."""
        return self.world.schema.dialect not in _LOOSE

    @property
    def wanted(self) -> ColumnType | None:
        """Return the type that the next term must have: in arithmetic, in a condition's query, beside another query; None for any."""
        if not self.strict:
            return None
        if self.operator is not None:
            return ColumnType.NUMBER
        if self.outer and self.part == "items" and (item := self.outer[-1].item) is not None:
            return _kind(self, item)
        if self.left is not None and self.part == "items" and self.missing_items:
            return _kind(self, self.left.items[len(self.query.items)])
        return None

    @property
    def shows_rows(self) -> bool:
        """Tell whether `*` is among the items."""
        return any(isinstance(item.term.operand, AllOf) and item.term.aggregate is None for item in self.query.items)

    @property
    def nested(self) -> bool:
        """Tell whether the SELECT being written stands in a condition."""
        return bool(self.outer)


def start(world: World, *, insists: bool = False) -> SqlState:
    """Return the state of a query of which nothing is written."""
    return SqlState(world, insists=insists)


def _table_of(choice: Choice) -> str:
    return choice.key.table if isinstance(choice.key, ColumnRef) else str(choice.key)


def _words(*words: str) -> Iterator[Choice]:
    return (_KEYWORDS[word] for word in words)


# --- what each step offers ---------------------------------------------------------------------------------------------


def _offer_select(state: SqlState) -> Iterator[Choice]:
    if not state.nested and not state.query.distinct:
        if state.left is None and not state.insists:
            yield _KEYWORDS["NONE"]
        yield _KEYWORDS["DISTINCT"]
    yield from _terms(state)
    if not state.nested and state.left is None:
        yield from state.world.tables


def _terms(state: SqlState) -> Iterator[Choice]:
    wanted = state.wanted
    if not (state.strict and state.shows_rows):
        yield from _words(*(each for each in Aggregate if wanted in (None, ColumnType.NUMBER) or each in (Aggregate.MIN, Aggregate.MAX)))
    single = state.strict and bool(state.outer) and state.outer[-1].comparison not in _MEMBERSHIP
    if not single or state.part != "items":
        shown = {item.term.operand for item in state.query.items if _is_plain(item)} if state.part == "items" and state.first is None else ()
        yield from (choice for choice in _columns_of(state, wanted) if choice.key not in shown)


def _is_plain(item: Item) -> bool:
    return item.operator is None and item.term.aggregate is None


def _columns_of(state: SqlState, kind: ColumnType | None) -> Iterator[Choice]:
    schema = state.world.schema
    yield from (choice for choice in state.world.columns if kind is None or schema.column(choice.key).type == kind)


def _offer_second(state: SqlState) -> Iterator[Choice]:
    """Offer what an operator is followed by; in an order without groups no aggregate."""
    yield from _offer_orders(state) if state.part == "order" else _terms(state)


def _offer_operands(state: SqlState) -> Iterator[Choice]:
    """Offer what can be aggregated; what is shown already only where nothing else can."""
    offered = list(_aggregated(state))
    terms = {item.term for item in state.query.items if item.operator is None} if state.part == "items" and state.first is None else set()
    new = [choice for choice in offered if choice.kind == Kind.KEYWORD or Term(_operand(choice), state.aggregate, state.distinct) not in terms]
    yield from new or offered


def _aggregated(state: SqlState) -> Iterator[Choice]:
    if state.aggregate == Aggregate.COUNT:
        if not state.distinct:
            yield _KEYWORDS["DISTINCT"]
            yield from state.world.tables
        yield from state.world.columns
        return
    computes = state.aggregate in (Aggregate.SUM, Aggregate.AVG)
    for choice in _columns_of(state, state.wanted):
        no_order = state.strict and state.world.schema.column(choice.key).type == ColumnType.BOOLEAN
        if not no_order and (not computes or _computable(state, choice.key)):
            yield choice


def _computable(state: SqlState, ref: ColumnRef) -> bool:
    schema = state.world.schema
    return schema.dialect in _LOOSE or schema.column(ref).type == ColumnType.NUMBER


def _offer_next(state: SqlState) -> Iterator[Choice]:
    """Offer what follows a complete part: more of the same, the later clauses, the end."""
    query = state.query
    if state.part == "items":
        yield from _operators(state, query.items[-1])
        if not state.nested and len(query.items) < MAX_ITEMS and state.missing_items != 0:
            yield from _terms(state)
        if state.missing_items:
            return
    if state.part in ("where", "having") and len(query.where) + len(query.having) < MAX_CONDITIONS:
        yield from _words("AND", *(["OR"] if state.part == "where" else []))
        yield from _alternatives(state)
    if state.part == "group":
        yield from (choice for choice in state.world.columns if choice.key not in query.group)
    yield from _later_clauses(state)


def _operators(state: SqlState, item: Item) -> Iterator[Choice]:
    operand = item.term.operand
    computable = isinstance(operand, ColumnRef) and _computable(state, operand)
    numeric = not state.strict or _kind(state, item) == ColumnType.NUMBER
    if item.operator is None and numeric and (item.term.aggregate is not None or computable):
        yield from _words(*(f"operator {each}" for each in Operator))


def _alternatives(state: SqlState) -> Iterator[Choice]:
    conditions = state.query.where if state.part == "where" else ()
    if conditions and conditions[-1].comparison in _EQUALITIES and 0 < len(conditions[-1].values) < MAX_VALUES:
        yield _KEYWORDS["ALSO"]


def _later_clauses(state: SqlState) -> Iterator[Choice]:
    query, part = state.query, state.part
    if part in ("items", "with"):
        if len(query.with_tables) < MAX_WITH:
            yield _KEYWORDS["WITH"]
        yield _KEYWORDS["WHERE"]
    single = state.nested and state.outer[-1].comparison not in _MEMBERSHIP
    if part in ("items", "with", "where") and not (state.strict and (single or state.shows_rows)):
        yield _KEYWORDS["GROUP"]
    if part == "group":
        yield _KEYWORDS["HAVING"]
    if part != "order" and state.left is None:
        yield _KEYWORDS["ORDER"]
    if not state.nested and state.left is None and part != "order" and not state.shows_rows:
        yield from _words(*(f"set {each}" for each in SetOperation))
    yield _KEYWORDS["END"]


def _offer_tables(state: SqlState) -> Iterator[Choice]:
    present = state.world.schema.closure(state.query.tables())
    yield from (choice for choice in state.world.tables if choice.key not in present)


def _offer_comparisons(state: SqlState) -> Iterator[Choice]:
    yield from _words(*_EQUALITIES, *_ORDERED)
    if state.part == "where" and len(state.outer) < MAX_DEPTH:
        yield from _words(*_MEMBERSHIP)
    if state.part == "where":
        yield from _words(*_NULLS)
        assert state.item is not None
        operand = state.item.term.operand
        if isinstance(operand, ColumnRef) and state.world.schema.column(operand).type in (ColumnType.TEXT, *_texts(state)):
            yield from _words(Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)


def _texts(state: SqlState) -> tuple[ColumnType, ...]:
    return (ColumnType.DATE, ColumnType.NUMBER) if state.world.schema.dialect in _LOOSE else ()


def _offer_values(state: SqlState) -> Iterator[Choice]:
    assert state.item is not None
    world, operand = state.world, state.item.term.operand
    kind = _kind(state, state.item)
    found = [value for value in world.values if value.key[0] == operand] if state.item.term.aggregate is None else []
    numbers = [number for number in world.numbers if not state.strict or _fits(number.key, kind, state)]
    same = [each for each in state.query.where if (each.item, each.comparison) == (state.item, state.comparison) and len(each.values) == 1]
    taken = {*state.values, *(each.values[0] for each in same)}
    yield from (choice for choice in (*found, *numbers) if Value(_value_of(choice)) not in taken)
    if state.comparison in (*_EQUALITIES, *_ORDERED) and state.comparison != Comparison.BETWEEN and not state.values:
        if len(state.outer) < MAX_DEPTH:
            yield _KEYWORDS["SELECT"]
        if state.item.term.aggregate is None:
            yield from (choice for choice in world.columns if choice.key != operand and world.schema.column(choice.key).type == kind)


def _kind(state: SqlState, item: Item) -> ColumnType:
    if isinstance(item.term.operand, AllOf) or item.term.aggregate in (Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG):
        return ColumnType.NUMBER
    return state.world.schema.column(item.term.operand).type


def _fits(text: str, kind: ColumnType, state: SqlState) -> bool:
    """Tell whether a constant can be read as a value of a type."""
    if kind == ColumnType.NUMBER:
        return text.removeprefix("-").replace(".", "", 1).isdecimal()
    operand = state.item.term.operand if state.item else None
    return kind != ColumnType.DATE or (isinstance(operand, ColumnRef) and is_dated(text, state.world.schema.column(operand)))


def _value_of(choice: Choice) -> str:
    return str(choice.key[1] if choice.kind == Kind.VALUE else choice.key)


def _offer_columns(state: SqlState) -> Iterator[Choice]:
    yield from state.world.columns


def _offer_having(state: SqlState) -> Iterator[Choice]:
    yield from _words(*Aggregate)


def _offer_orders(state: SqlState) -> Iterator[Choice]:
    query = state.query
    aggregated = any(term.aggregate for item in query.items for term in item.terms)
    shown = {item.term.operand for item in query.items if item.term.aggregate is None and item.operator is None}
    if state.strict and query.distinct:  # sorting by what is not shown would be ambiguous
        yield from (choice for choice in state.world.columns if choice.key in shown)
    else:
        yield from _terms(state) if query.group or aggregated else _columns_of(state, state.wanted)


def _offer_directions(state: SqlState) -> Iterator[Choice]:
    yield from _words("ASC", "DESC")
    if not (state.strict and state.query.distinct):
        yield from _operators(state, state.query.order[-1].item)


def _offer_limits(state: SqlState) -> Iterator[Choice]:
    yield from _words("UNLIMITED", "ONE")
    if len(state.query.order) < MAX_ORDERS:
        yield _KEYWORDS["ALSO"]
    yield from (number for number in state.world.numbers if str(number.key).isdecimal() and 1 < int(number.key) < 10_000)


def _offer_keys(state: SqlState) -> Iterator[Choice]:
    yield from open_keys(state)


def open_keys(state: SqlState) -> dict[Choice, ForeignKey]:
    """Return the choice of each key between two tables that several keys join, until one was chosen."""
    schema, query = state.world.schema, state.query
    for table, key in joins(query, schema):
        if key is not None:
            keys = schema.between(key.source.table, table)
            chosen = {frozenset((via.source, via.target)) for via in query.via}
            if len(keys) > 1 and not any(frozenset((each.source, each.target)) in chosen for each in keys):
                found = {choice: each for each in keys if (choice := _telling(state, each, keys)) is not None}
                if len(found) > 1:
                    return found
    return {}


def _telling(state: SqlState, key: ForeignKey, keys: Sequence[ForeignKey]) -> Choice | None:
    """Return the column that tells a key from the others between the same tables."""
    sources = len({each.source for each in keys})
    ref = key.source if sources == len(keys) else key.target
    return state.world.column_choices.get(ref)


# --- what follows a choice -------------------------------------------------------------------------------------------------


def _follow_select(state: SqlState, choice: Choice) -> SqlState:
    if choice == _KEYWORDS["NONE"]:
        return replace(state, step="", answerable=False)
    if choice == _KEYWORDS["DISTINCT"]:
        return replace(state, query=replace(state.query, distinct=True))
    return _begin_term(state, choice)


def _begin_term(state: SqlState, choice: Choice) -> SqlState:
    if choice.kind == Kind.KEYWORD:
        return replace(state, step="OPERAND", aggregate=Aggregate(choice.key), distinct=False)
    return _end_term(state, Term(_operand(choice)))


def _operand(choice: Choice) -> Operand:
    return choice.key if isinstance(choice.key, ColumnRef) else AllOf(choice.key)


def _follow_operand(state: SqlState, choice: Choice) -> SqlState:
    if choice == _KEYWORDS["DISTINCT"]:
        return replace(state, distinct=True)
    return _end_term(state, Term(_operand(choice), state.aggregate, state.distinct))


def _end_term(state: SqlState, term: Term) -> SqlState:
    """Put a finished term where it belongs: an item begun before it, or a new one."""
    cleared = replace(state, aggregate=None, distinct=False, first=None, operator=None)
    item = Item(term) if state.first is None else Item(state.first, state.operator, term)
    query = state.query
    if state.part == "items":
        return replace(cleared, step="NEXT", query=replace(query, items=(*query.items, item)))
    if state.part == "order":
        return replace(cleared, step="DIRECTION", query=replace(query, order=(*query.order, Order(item))))
    return replace(cleared, step="COMPARE", item=item)


def _follow_next(state: SqlState, choice: Choice) -> SqlState:
    word = choice.key if choice.kind == Kind.KEYWORD else ""
    if not word and state.part == "group":
        return _follow_group(state, choice)
    if word in _CLAUSES:
        return replace(state, step=_FIRST_STEP[word], part=word.lower())
    if word == "END" or word.startswith("set "):
        return _close(replace(state, closing="END" if word == "END" else SetOperation(word.removeprefix("set "))))
    if word.startswith("operator "):
        return _second(state, word)
    if word in ("AND", "OR"):
        return replace(state, step="HAVING" if state.part == "having" else "CONDITION", follows_or=word == "OR")
    return _reopen(state) if word == "ALSO" else _begin_term(state, choice)


def _reopen(state: SqlState) -> SqlState:
    """Take the last condition apart again, to add a value."""
    *kept, last = state.query.where
    reopened = replace(state, step="VALUE", item=last.item, comparison=last.comparison, values=last.values, follows_or=last.follows_or)
    return replace(reopened, query=replace(state.query, where=tuple(kept)))


_FIRST_STEP = {"WITH": "TABLE", "WHERE": "CONDITION", "GROUP": "GROUP", "HAVING": "HAVING", "ORDER": "ORDER"}


def _second(state: SqlState, word: str) -> SqlState:
    """Take the last item apart again, to add an operator."""
    operator = Operator(word.removeprefix("operator "))
    if state.part == "items":
        *kept, last = state.query.items
        return replace(state, step="SECOND", first=last.term, operator=operator, query=replace(state.query, items=tuple(kept)))
    *orders, order = state.query.order
    return replace(state, step="SECOND", first=order.item.term, operator=operator, query=replace(state.query, order=tuple(orders)))


def _follow_table(state: SqlState, choice: Choice) -> SqlState:
    return replace(state, step="NEXT", query=replace(state.query, with_tables=(*state.query.with_tables, choice.key)))


def _follow_condition(state: SqlState, choice: Choice) -> SqlState:
    return replace(state, step="COMPARE", item=Item(Term(choice.key)))


def _follow_comparison(state: SqlState, choice: Choice) -> SqlState:
    chosen = replace(state, comparison=Comparison(choice.key), values=())
    if chosen.comparison in _NULLS:
        return _end_condition(chosen)
    return _open_query(chosen) if chosen.comparison in _MEMBERSHIP else replace(chosen, step="VALUE")


def _open_query(state: SqlState) -> SqlState:
    return SqlState(state.world, outer=(*state.outer, state))


def _follow_value(state: SqlState, choice: Choice) -> SqlState:
    if choice == _KEYWORDS["SELECT"]:
        return _open_query(state)
    if choice.kind == Kind.COLUMN:
        return _end_condition(state, column=choice.key)
    valued = replace(state, values=(*state.values, Value(_value_of(choice))))
    return valued if state.comparison == Comparison.BETWEEN and len(valued.values) == 1 else _end_condition(valued)


def _end_condition(state: SqlState, *, column: ColumnRef | None = None, query: Query | None = None) -> SqlState:
    assert state.item is not None
    assert state.comparison is not None
    found = Condition(state.item, state.comparison, state.values, column, query, state.follows_or)
    cleared = replace(state, step="NEXT", item=None, comparison=None, values=(), follows_or=False)
    if state.part == "having":
        return replace(cleared, query=replace(state.query, having=(*state.query.having, found)))
    return replace(cleared, query=replace(state.query, where=(*state.query.where, found)))


def _follow_group(state: SqlState, choice: Choice) -> SqlState:
    return replace(state, step="NEXT", query=replace(state.query, group=(*state.query.group, choice.key)))


def _follow_direction(state: SqlState, choice: Choice) -> SqlState:
    if choice.key not in ("ASC", "DESC"):
        return _second(state, choice.key)
    *kept, last = state.query.order
    return replace(state, step="LIMIT", query=replace(state.query, order=(*kept, replace(last, descending=choice.key == "DESC"))))


def _follow_limit(state: SqlState, choice: Choice) -> SqlState:
    if choice.key == "ALSO":
        return replace(state, step="ORDER")
    limit = {"UNLIMITED": None, "ONE": 1}[choice.key] if choice.kind == Kind.KEYWORD else int(choice.key)
    return replace(state, step="NEXT", query=replace(state.query, limit=limit))


def _follow_key(state: SqlState, choice: Choice) -> SqlState:
    key = open_keys(state)[choice]
    return _close(replace(state, query=replace(state.query, via=(*state.query.via, Via(key.source, key.target)))))


def _close(state: SqlState) -> SqlState:
    """End the SELECT being written, once it is clear over which keys its tables are joined."""
    if open_keys(state):
        return replace(state, step="VIA")
    if isinstance(state.closing, SetOperation):
        return SqlState(state.world, left=state.query, operation=state.closing, insists=state.insists)
    if state.outer:
        return _end_condition(state.outer[-1], query=state.query)
    whole = state.query if state.left is None else replace(state.left, operation=state.operation, right=state.query)
    return replace(state, step="", query=whole)


_OFFERS: dict[str, Callable[[SqlState], Iterator[Choice]]] = {
    "SELECT": _offer_select,
    "OPERAND": _offer_operands,
    "SECOND": _offer_second,
    "NEXT": _offer_next,
    "TABLE": _offer_tables,
    "CONDITION": _offer_columns,
    "COMPARE": _offer_comparisons,
    "VALUE": _offer_values,
    "GROUP": _offer_columns,
    "HAVING": _offer_having,
    "ORDER": _offer_orders,
    "DIRECTION": _offer_directions,
    "LIMIT": _offer_limits,
    "VIA": _offer_keys,
}
_FOLLOWS: dict[str, Callable[[SqlState, Choice], SqlState]] = {
    "SELECT": _follow_select,
    "OPERAND": _follow_operand,
    "SECOND": _begin_term,
    "NEXT": _follow_next,
    "TABLE": _follow_table,
    "CONDITION": _follow_condition,
    "COMPARE": _follow_comparison,
    "VALUE": _follow_value,
    "GROUP": _follow_group,
    "HAVING": _begin_term,
    "ORDER": _begin_term,
    "DIRECTION": _follow_direction,
    "LIMIT": _follow_limit,
    "VIA": _follow_key,
}
