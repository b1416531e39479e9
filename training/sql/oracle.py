"""A known query → the choices that write it: what the decoder is taught."""

from collections.abc import Iterator, Sequence

from kbqa.decoding.actions import Action, Kind, Step, keyword
from kbqa.sql.grammar import LinkedQuestion, open_keys, start
from kbqa.sql.query import (
    AllOf,
    Condition,
    DatePart,
    Item,
    Operand,
    Order,
    Query,
    Term,
    Value,
    Via,
    column_of,
)
from kbqa.sql.schema import ColumnRef


class NotWritableError(ValueError):
    """The grammar, or what was found in the question, does not reach this query."""


def decisions(query: Query | None, world: LinkedQuestion) -> list[Step]:
    """Return the decisions that write `query`; None is a question that the database cannot answer.

    Raises NotWritableError.
    """
    walk = _Walk(world)
    if query is None:
        return [walk.take(keyword("NONE"))]
    steps = list(walk.whole(query))
    if walk.state.step:
        raise NotWritableError("The grammar does not end there.")
    return steps


class _Walk:
    """Writes a query choice by choice."""

    def __init__(self, world: LinkedQuestion) -> None:
        self.world, self.state = world, start(world)

    def take(self, choice: Action) -> Step:
        legal = tuple(self.state.legal_actions())
        if choice not in legal:
            raise NotWritableError(f"{choice.kind} {choice.key} is not offered at {self.state.step}.")
        step = Step(self.state.step, legal, legal.index(choice))
        self.state = self.state.apply(legal[step.gold])
        return step

    def whole(self, query: Query) -> Iterator[Step]:
        yield from self._select(query)
        if query.operation is None or query.right is None:
            yield from self._end(query, keyword("END"))
        else:
            yield from self._end(query, keyword(f"set {query.operation}"))
            yield from self._select(query.right)
            yield from self._end(query.right, keyword("END"))

    def _end(self, query: Query, closing: Action) -> Iterator[Step]:
        yield self.take(closing)
        while self.state.step == "VIA":
            yield self.take(self._key(query.via))

    def _key(self, chosen: Sequence[Via]) -> Action:
        wanted = {frozenset((via.source, via.target)) for via in chosen}
        for choice, key in open_keys(self.state).items():
            if frozenset((key.source, key.target)) in wanted:
                return choice
        raise NotWritableError("The key that joins two tables is not offered.")

    def _select(self, query: Query) -> Iterator[Step]:
        if query.distinct:
            yield self.take(keyword("DISTINCT"))
        for item in query.items:
            yield from self._item(item)
        for table in query.with_tables:
            yield self.take(keyword("WITH"))
            yield self.take(Action(Kind.TABLE, table))
        yield from self._conditions("WHERE", query.where)
        if query.group:
            yield self.take(keyword("GROUP"))
            for key in query.group:
                yield from self._operand(key)
        yield from self._conditions("HAVING", query.having)
        yield from self._orders(query.order, query.limit)

    def _item(self, item: Item) -> Iterator[Step]:
        yield from self._term(item.term)
        if item.operator is not None and item.other is not None:
            yield self.take(keyword(f"operator {item.operator}"))
            yield from self._term(item.other)

    def _term(self, term: Term) -> Iterator[Step]:
        if term.aggregate is not None:
            yield self.take(keyword(term.aggregate))
        if term.distinct:
            yield self.take(keyword("DISTINCT"))
        yield from self._operand(term.operand)

    def _operand(self, operand: Operand) -> Iterator[Step]:
        if isinstance(operand, DatePart):
            yield self.take(keyword(operand.part))
            operand = operand.column
        yield self.take(_pointer(operand))

    def _conditions(self, clause: str, conditions: Sequence[Condition]) -> Iterator[Step]:
        for place, condition in enumerate(conditions):
            yield self.take(keyword(clause if place == 0 else "OR" if condition.follows_or else "AND"))
            yield from self._item(condition.item)
            yield self.take(keyword(condition.comparison))
            yield from self._right(condition)

    def _right(self, condition: Condition) -> Iterator[Step]:
        if condition.query is not None:
            if self.state.step == "VALUE":
                yield self.take(keyword("SELECT"))
            yield from self._select(condition.query)
            yield from self._end(condition.query, keyword("END"))
        elif condition.column is not None:
            yield self.take(Action(Kind.COLUMN, condition.column))
        else:
            for place, value in enumerate(condition.values):
                if place and self.state.step != "VALUE":
                    yield self.take(keyword("ALSO"))
                yield self.take(self._value(value))

    def _value(self, value: Value) -> Action:
        wanted = value.text.casefold()
        offered = [
            choice for choice in self.state.legal_actions() if choice.kind in (Kind.VALUE, Kind.NUMBER)
        ]
        for text in (value.text, wanted):
            for choice in offered:
                found = str(choice.key[1] if choice.kind == Kind.VALUE else choice.key)
                if text in (found, found.casefold()):
                    return choice
        raise NotWritableError("A value was not found in the question.")

    def _orders(self, orders: Sequence[Order], limit: int | None) -> Iterator[Step]:
        if limit is not None and not orders:
            raise NotWritableError("LIMIT without ORDER")
        for place, order in enumerate(orders):
            yield self.take(keyword("ORDER" if place == 0 else "ALSO"))
            yield from self._item(order.item)
            yield self.take(keyword("DESC" if order.descending else "ASC"))
        if orders:
            yield self.take(self._limit(limit))

    def _limit(self, limit: int | None) -> Action:
        return (
            keyword("UNLIMITED")
            if limit is None
            else keyword("ONE")
            if limit == 1
            else Action(Kind.NUMBER, str(limit))
        )


def _pointer(operand: ColumnRef | AllOf) -> Action:
    return Action(Kind.TABLE, operand.table) if isinstance(operand, AllOf) else Action(Kind.COLUMN, operand)


def used(query: Query) -> set[ColumnRef | str]:
    """Return the columns and tables that a query names, itself or within."""
    found: set[ColumnRef | str] = set()
    for each in query.queries():
        found.update(ref for operand in each.operands() if (ref := column_of(operand)) is not None)
        found.update(each.tables())
        found.update(end for via in each.via for end in (via.source, via.target))
    return found
