"""What comes of a choice."""

from collections.abc import Callable
from dataclasses import replace

from kbqa.decoding.actions import Action, Kind
from kbqa.sql.grammar.legal_actions import open_keys
from kbqa.sql.grammar.prefix import BY_WORD, CLAUSES, MEMBERSHIP, NULLS, Prefix, operand_of, value_of
from kbqa.sql.query import (
    Aggregate,
    Comparison,
    Condition,
    DatePart,
    GroupKey,
    Item,
    Operator,
    Order,
    Part,
    Query,
    SetOperation,
    Term,
    Value,
    Via,
)
from kbqa.sql.schema import ColumnRef

_PARTS = tuple(map(str, Part))


def _follow_select(state: Prefix, choice: Action) -> Prefix:
    if choice == BY_WORD["NONE"]:
        return replace(state, step="", answerable=False)
    if choice == BY_WORD["DISTINCT"]:
        return replace(state, query=replace(state.query, distinct=True))
    return _begin_term(state, choice)


def _begin_term(state: Prefix, choice: Action) -> Prefix:
    if choice.key in _PARTS:
        return replace(state, step="PART", date_part=Part(choice.key))
    if choice.kind == Kind.KEYWORD:
        return replace(state, step="OPERAND", aggregate=Aggregate(choice.key), distinct=False)
    return _end_term(state, Term(operand_of(choice)))


def _follow_operand(state: Prefix, choice: Action) -> Prefix:
    if choice == BY_WORD["DISTINCT"]:
        return replace(state, distinct=True)
    return _end_term(state, Term(operand_of(choice), state.aggregate, state.distinct))


def _follow_part(state: Prefix, choice: Action) -> Prefix:
    assert state.date_part is not None
    part, cleared = DatePart(choice.key, state.date_part), replace(state, date_part=None)
    return _end_group(cleared, part) if state.part == "group" else _end_term(cleared, Term(part))


def _end_term(state: Prefix, term: Term) -> Prefix:
    """Put a finished term where it belongs: an item begun before it, or a new one."""
    cleared = replace(state, aggregate=None, distinct=False, first=None, operator=None)
    item = Item(term) if state.first is None else Item(state.first, state.operator, term)
    query = state.query
    if state.part == "items":
        return replace(cleared, step="NEXT", query=replace(query, items=(*query.items, item)))
    if state.part == "order":
        return replace(cleared, step="DIRECTION", query=replace(query, order=(*query.order, Order(item))))
    return replace(cleared, step="COMPARE", item=item)


def _follow_next(state: Prefix, choice: Action) -> Prefix:
    word = choice.key if choice.kind == Kind.KEYWORD else ""
    if not word and state.part == "group":
        return _follow_group(state, choice)
    if word in CLAUSES:
        return replace(state, step=_FIRST_STEP[word], part=word.lower())
    if word == "END" or word.startswith("set "):
        return _close(
            replace(state, closing="END" if word == "END" else SetOperation(word.removeprefix("set ")))
        )
    if word.startswith("operator "):
        return _second(state, word)
    if word in ("AND", "OR"):
        return replace(
            state, step="HAVING" if state.part == "having" else "CONDITION", follows_or=word == "OR"
        )
    return _reopen(state) if word == "ALSO" else _begin_term(state, choice)


def _reopen(state: Prefix) -> Prefix:
    """Take the last condition apart again, to add a value."""
    *kept, last = state.query.where
    reopened = replace(
        state,
        step="VALUE",
        item=last.item,
        comparison=last.comparison,
        values=last.values,
        follows_or=last.follows_or,
    )
    return replace(reopened, query=replace(state.query, where=tuple(kept)))


_FIRST_STEP = {"WITH": "TABLE", "WHERE": "CONDITION", "GROUP": "GROUP", "HAVING": "HAVING", "ORDER": "ORDER"}


def _second(state: Prefix, word: str) -> Prefix:
    """Take the last item apart again, to add an operator."""
    operator = Operator(word.removeprefix("operator "))
    if state.part == "items":
        *kept, last = state.query.items
        return replace(
            state,
            step="SECOND",
            first=last.term,
            operator=operator,
            query=replace(state.query, items=tuple(kept)),
        )
    *orders, order = state.query.order
    return replace(
        state,
        step="SECOND",
        first=order.item.term,
        operator=operator,
        query=replace(state.query, order=tuple(orders)),
    )


def _follow_table(state: Prefix, choice: Action) -> Prefix:
    return replace(
        state, step="NEXT", query=replace(state.query, with_tables=(*state.query.with_tables, choice.key))
    )


def _follow_condition(state: Prefix, choice: Action) -> Prefix:
    return replace(state, step="COMPARE", item=Item(Term(choice.key)))


def _follow_comparison(state: Prefix, choice: Action) -> Prefix:
    chosen = replace(state, comparison=Comparison(choice.key), values=())
    if chosen.comparison in NULLS:
        return _end_condition(chosen)
    return _open_query(chosen) if chosen.comparison in MEMBERSHIP else replace(chosen, step="VALUE")


def _open_query(state: Prefix) -> Prefix:
    return type(state)(state.world, outer=(*state.outer, state))


def _follow_value(state: Prefix, choice: Action) -> Prefix:
    if choice == BY_WORD["SELECT"]:
        return _open_query(state)
    if choice.kind == Kind.COLUMN:
        return _end_condition(state, column=choice.key)
    valued = replace(state, values=(*state.values, Value(value_of(choice))))
    return (
        valued
        if state.comparison == Comparison.BETWEEN and len(valued.values) == 1
        else _end_condition(valued)
    )


def _end_condition(state: Prefix, *, column: ColumnRef | None = None, query: Query | None = None) -> Prefix:
    assert state.item is not None
    assert state.comparison is not None
    found = Condition(state.item, state.comparison, state.values, column, query, state.follows_or)
    cleared = replace(state, step="NEXT", item=None, comparison=None, values=(), follows_or=False)
    if state.part == "having":
        return replace(cleared, query=replace(state.query, having=(*state.query.having, found)))
    return replace(cleared, query=replace(state.query, where=(*state.query.where, found)))


def _follow_group(state: Prefix, choice: Action) -> Prefix:
    return _begin_term(state, choice) if choice.kind == Kind.KEYWORD else _end_group(state, choice.key)


def _end_group(state: Prefix, key: GroupKey) -> Prefix:
    return replace(state, step="NEXT", query=replace(state.query, group=(*state.query.group, key)))


def _follow_direction(state: Prefix, choice: Action) -> Prefix:
    if choice.key not in ("ASC", "DESC"):
        return _second(state, choice.key)
    *kept, last = state.query.order
    return replace(
        state,
        step="LIMIT",
        query=replace(state.query, order=(*kept, replace(last, descending=choice.key == "DESC"))),
    )


def _follow_limit(state: Prefix, choice: Action) -> Prefix:
    if choice.key == "ALSO":
        return replace(state, step="ORDER")
    limit = {"UNLIMITED": None, "ONE": 1}[choice.key] if choice.kind == Kind.KEYWORD else int(choice.key)
    return replace(state, step="NEXT", query=replace(state.query, limit=limit))


def _follow_key(state: Prefix, choice: Action) -> Prefix:
    key = open_keys(state)[choice]
    return _close(
        replace(state, query=replace(state.query, via=(*state.query.via, Via(key.source, key.target))))
    )


def _close(state: Prefix) -> Prefix:
    """End the SELECT being written, once it is clear over which keys its tables are joined."""
    if open_keys(state):
        return replace(state, step="VIA")
    if isinstance(state.closing, SetOperation):
        return type(state)(state.world, left=state.query, operation=state.closing, insists=state.insists)
    if state.outer:
        return _end_condition(state.outer[-1], query=state.query)
    whole = (
        state.query
        if state.left is None
        else replace(state.left, operation=state.operation, right=state.query)
    )
    return replace(state, step="", query=whole)


FOLLOWING: dict[str, Callable[[Prefix, Action], Prefix]] = {
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
    "PART": _follow_part,
}
