"""A static oracle: a known query → the actions that write it, which the decoder is taught."""

from collections.abc import Iterator, Sequence
from itertools import chain

from kbqa.decoding.actions import Action, Keyword
from kbqa.sql.grammar import LinkedQuestion, open_keys, start
from kbqa.sql.grammar.actions import (
    WORD_OF,
    ColumnPointer,
    NumberPointer,
    Step,
    TablePointer,
    ValuePointer,
    Word,
    value_of,
)
from kbqa.sql.query import (
    AllOf,
    Condition,
    DatePart,
    Expression,
    Item,
    Operand,
    Query,
    Term,
    Value,
    Via,
    columns_of,
)
from kbqa.sql.schema import ColumnRef
from training.decoder.decisions import Decision


class NotWritableError(ValueError):
    """The grammar, or what was found in the question, does not reach this query."""


def decisions(query: Query | None, linked: LinkedQuestion) -> list[Decision]:
    """The decisions that write `query`; None is a question that the database cannot answer.

    Raises NotWritableError.
    """
    walk = _Walk(linked)
    if query is None:
        return [walk.take(Keyword(Word.NONE))]
    written = list(walk.whole(query))
    if walk.state.step:
        raise NotWritableError("The grammar does not end there.")
    return written


class _Walk:
    """Writes a query action by action."""

    def __init__(self, linked: LinkedQuestion) -> None:
        self.linked, self.state = linked, start(linked)

    def take(self, action: Action) -> Decision:
        legal = tuple(self.state.legal_actions())
        if action not in legal:
            raise NotWritableError(f"{action.kind} {action.key} is not offered at {self.state.step}.")
        decision = Decision(self.state.step, legal, legal.index(action))
        self.state = self.state.apply(decision.action)
        return decision

    def whole(self, query: Query) -> Iterator[Decision]:
        yield from self._select(query)
        if query.operation is None or query.right is None:
            yield from self._end(query, Keyword(Word.END))
        else:
            yield from self._end(query, Keyword(WORD_OF[query.operation]))
            yield from self._select(query.right)
            yield from self._end(query.right, Keyword(Word.END))

    def _end(self, query: Query, closing: Action) -> Iterator[Decision]:
        yield self.take(closing)
        while self.state.step == Step.VIA:
            yield self.take(self._key(query.via))

    def _key(self, chosen: Sequence[Via]) -> Action:
        wanted = {frozenset((via.source, via.target)) for via in chosen}
        for action, key in open_keys(self.state.prefix).items():
            if frozenset((key.source, key.target)) in wanted:
                return action
        raise NotWritableError("The key that joins two tables is not offered.")

    def _select(self, query: Query) -> Iterator[Decision]:
        if query.distinct:
            yield self.take(Keyword(Word.DISTINCT))
        for item in query.items:
            yield from self._item(item)
        for table in query.with_tables:
            yield self.take(Keyword(Word.WITH))
            yield self.take(TablePointer(table))
        yield from self._conditions(Word.WHERE, query.where)
        yield from self._conditions(Word.WHICH, query.which)
        if query.group:
            yield self.take(Keyword(Word.GROUP))
            for key in query.group:
                yield from self._operand(key)
        if query.with_empty:
            yield self.take(Keyword(Word.EMPTY))
        yield from self._conditions(Word.HAVING, query.having)
        yield from self._orders(query)
        if query.each:
            yield self.take(Keyword(Word.EACH))
            for ref in query.each:
                yield self.take(ColumnPointer(ref))

    def _item(self, item: Item) -> Iterator[Decision]:
        yield from self._term(item.term)
        if item.operator is not None and item.other is not None:
            yield self.take(Keyword(WORD_OF[item.operator]))
            yield from self._term(item.other)

    def _term(self, term: Term) -> Iterator[Decision]:
        if term.of_groups is not None:
            yield self.take(Keyword(term.of_groups))
            yield self.take(Keyword(Word.OF_EACH))
        if term.aggregate is not None:
            yield self.take(Keyword(term.aggregate))
        if term.distinct:
            yield self.take(Keyword(Word.DISTINCT))
        yield from self._operand(term.operand)

    def _operand(self, operand: Operand) -> Iterator[Decision]:
        if isinstance(operand, Expression):
            yield self.take(Keyword(Word.COMPUTED))
            yield self.take(Keyword(WORD_OF[operand.operator]))
            yield self.take(ColumnPointer(operand.left))
            operand = operand.right
        if isinstance(operand, DatePart):
            yield self.take(Keyword(operand.part))
            operand = operand.column
        yield self.take(_pointer(operand))

    def _conditions(self, clause: Word, conditions: Sequence[Condition]) -> Iterator[Decision]:
        for index, condition in enumerate(conditions):
            yield self.take(Keyword(clause if index == 0 else Word.OR if condition.follows_or else Word.AND))
            yield from self._item(condition.item)
            yield self.take(Keyword(condition.comparison))
            yield from self._right(condition)

    def _right(self, condition: Condition) -> Iterator[Decision]:
        if condition.query is not None:
            if self.state.step == Step.VALUE:
                yield self.take(Keyword(Word.SELECT))
            yield from self._select(condition.query)
            yield from self._end(condition.query, Keyword(Word.END))
        elif condition.column is not None:
            yield self.take(ColumnPointer(condition.column))
        else:
            for index, value in enumerate(condition.values):
                if index and self.state.step != Step.VALUE:
                    yield self.take(Keyword(Word.ALSO))
                yield self.take(self._value(value))

    def _value(self, value: Value) -> Action:
        """The legal action of a value, as it is written or but for capitals. Raises NotWritableError."""
        legal = [
            action
            for action in self.state.legal_actions()
            if isinstance(action, (ValuePointer, NumberPointer))
        ]
        exact = (action for action in legal if value_of(action) == value.text)
        alike = (action for action in legal if value_of(action).casefold() == value.text.casefold())
        for action in chain(exact, alike):
            return action
        raise NotWritableError("A value was not found in the question.")

    def _orders(self, query: Query) -> Iterator[Decision]:
        if query.limit is not None and not query.order:
            raise NotWritableError("LIMIT without ORDER")
        for index, order in enumerate(query.order):
            yield self.take(Keyword(Word.ORDER if index == 0 else Word.ALSO))
            yield from self._item(order.item)
            yield self.take(Keyword(Word.DESC if order.descending else Word.ASC))
        if query.offset:
            yield self.take(Keyword(Word.PLACE))
            yield self.take(NumberPointer(str(query.offset + 1)))
        elif query.order:
            yield self.take(self._limit(query.limit))

    def _limit(self, limit: int | None) -> Action:
        if limit is None:
            return Keyword(Word.UNLIMITED)
        return Keyword(Word.ONE) if limit == 1 else NumberPointer(str(limit))


def _pointer(operand: ColumnRef | AllOf) -> Action:
    return TablePointer(operand.table) if isinstance(operand, AllOf) else ColumnPointer(operand)


def used(query: Query) -> set[ColumnRef | str]:
    """The columns and tables that a query names, itself or within."""
    names: set[ColumnRef | str] = set()
    for part in query.queries():
        names.update(ref for operand in part.operands() for ref in columns_of(operand))
        names.update(part.tables())
        names.update(end for via in part.via for end in (via.source, via.target))
    return names
