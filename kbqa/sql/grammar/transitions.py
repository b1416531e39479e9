"""The state after an action, for each step."""

from collections.abc import Callable
from dataclasses import replace

from kbqa.decoding.actions import Action, Keyword
from kbqa.sql.grammar.actions import (
    OPERATORS,
    SET_OPERATIONS,
    ColumnPointer,
    Step,
    TablePointer,
    Word,
    column_of,
    limit_of,
    not_legal,
    operand_of,
    value_of,
)
from kbqa.sql.grammar.legal_actions import open_keys
from kbqa.sql.grammar.prefix import Clause, Prefix
from kbqa.sql.query import (
    MEMBERSHIP,
    NULLS,
    Aggregate,
    Comparison,
    Condition,
    DatePart,
    Expression,
    GroupKey,
    Item,
    Operand,
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

_PARTS = tuple(Part)
_CLAUSES = {
    Word.WITH: (Step.TABLE, Clause.WITH),
    Word.WHERE: (Step.CONDITION, Clause.WHERE),
    Word.WHICH: (Step.CONDITION, Clause.WHICH),
    Word.GROUP: (Step.GROUP, Clause.GROUP),
    Word.HAVING: (Step.HAVING, Clause.HAVING),
    Word.ORDER: (Step.ORDER, Clause.ORDER),
    Word.EACH: (Step.GROUP, Clause.EACH),
}
"""How each clause begins."""


def _after_select(state: Prefix, action: Action) -> Prefix:
    if action == Keyword(Word.NONE):
        return replace(state, step=Step.DONE, answerable=False)
    if action == Keyword(Word.DISTINCT):
        return replace(state, query=replace(state.query, distinct=True))
    return _begin_term(state, action)


def _begin_term(state: Prefix, action: Action) -> Prefix:
    if not isinstance(action, Keyword):
        return _end_term(state, Term(operand_of(action)))
    if action.key in _PARTS:
        return replace(state, step=Step.PART, date_part=Part(action.key))
    return replace(state, step=Step.OPERAND, aggregate=Aggregate(action.key), distinct=False)


def _after_operand(state: Prefix, action: Action) -> Prefix:
    if isinstance(action, Keyword):
        return _after_word_of_operand(state, action.key)
    if state.computed is not None:
        return replace(state, step=Step.SECOND, left_column=column_of(action))
    return _end_term(state, _term(state, operand_of(action)))


def _after_word_of_operand(state: Prefix, word: str) -> Prefix:
    match word:
        case Word.DISTINCT:
            return replace(state, distinct=True)
        case Word.COMPUTED:
            return _begin_expression(state)
        case Word.OF_EACH:
            return replace(state, of_groups=state.aggregate, aggregate=None)
    if word in OPERATORS:
        return replace(state, computed=OPERATORS[Word(word)])
    return replace(state, aggregate=Aggregate(word))


def _begin_expression(state: Prefix) -> Prefix:
    return replace(state, step=Step.OPERAND, computing=True)


def _after_second(state: Prefix, action: Action) -> Prefix:
    """Complete an expression with its second column, or begin the second term of a calculation."""
    if state.computed is None or state.left_column is None:
        return _begin_term(state, action)
    return _end_term(state, _term(state, Expression(state.left_column, state.computed, column_of(action))))


def _term(state: Prefix, operand: Operand) -> Term:
    return Term(operand, state.aggregate, state.distinct, state.of_groups)


def _after_part(state: Prefix, action: Action) -> Prefix:
    assert state.date_part is not None
    part, cleared = DatePart(column_of(action), state.date_part), replace(state, date_part=None)
    return _end_group(cleared, part) if state.clause == Clause.GROUP else _end_term(cleared, Term(part))


def _end_term(state: Prefix, term: Term) -> Prefix:
    """Put a finished term where it belongs: an item begun before it, or a new one."""
    cleared = replace(state, aggregate=None, of_groups=None, distinct=False, first=None, operator=None)
    cleared = replace(cleared, computing=False, computed=None, left_column=None)
    item = Item(term) if state.first is None else Item(state.first, state.operator, term)
    query = state.query
    if state.clause == Clause.ITEMS:
        return replace(cleared, step=Step.NEXT, query=replace(query, items=(*query.items, item)))
    if state.clause == Clause.ORDER:
        return replace(cleared, step=Step.DIRECTION, query=replace(query, order=(*query.order, Order(item))))
    return replace(cleared, step=Step.COMPARE, item=item)


def _after_complete_part(state: Prefix, action: Action) -> Prefix:
    if not isinstance(action, Keyword):
        is_grouping = state.clause in (Clause.GROUP, Clause.EACH)
        return _after_group(state, action) if is_grouping else _begin_term(state, action)
    if action.key not in tuple(Word):
        return _begin_term(state, action)
    word = Word(action.key)
    if word in _CLAUSES:
        step, clause = _CLAUSES[word]
        return replace(state, step=step, clause=clause)
    if word == Word.END or word in SET_OPERATIONS:
        return _close(replace(state, closing=SET_OPERATIONS.get(word)))
    return _second(state, OPERATORS[word]) if word in OPERATORS else _after_condition_word(state, word)


def _after_condition_word(state: Prefix, word: Word) -> Prefix:
    """Go on with another condition, or with another value of the last one."""
    if word == Word.ALSO:
        return _reopen(state)
    if word == Word.EMPTY:
        return replace(state, query=replace(state.query, with_empty=True))
    step = Step.HAVING if state.clause == Clause.HAVING else Step.CONDITION
    return replace(state, step=step, follows_or=word == Word.OR)


def _reopen(state: Prefix) -> Prefix:
    """Take the last condition apart again, to add a value."""
    *before, last = _conditions(state)
    return replace(
        state,
        step=Step.VALUE,
        item=last.item,
        comparison=last.comparison,
        values=last.values,
        follows_or=last.follows_or,
        query=_with_conditions(state, tuple(before)),
    )


def _conditions(state: Prefix) -> tuple[Condition, ...]:
    """The conditions of the clause that is being written."""
    by_clause = {Clause.HAVING: state.query.having, Clause.WHICH: state.query.which}
    return by_clause.get(state.clause, state.query.where)


def _with_conditions(state: Prefix, conditions: tuple[Condition, ...]) -> Query:
    """The query with other conditions in the clause that is being written."""
    if state.clause == Clause.HAVING:
        return replace(state.query, having=conditions)
    if state.clause == Clause.WHICH:
        return replace(state.query, which=conditions)
    return replace(state.query, where=conditions)


def _second(state: Prefix, operator: Operator) -> Prefix:
    """Take the last item apart again, to add an operator."""
    if state.clause == Clause.ITEMS:
        *items, last = state.query.items
        first, query = last.term, replace(state.query, items=tuple(items))
    else:
        *orders, order = state.query.order
        first, query = order.item.term, replace(state.query, order=tuple(orders))
    return replace(state, step=Step.SECOND, first=first, operator=operator, query=query)


def _after_table(state: Prefix, action: Action) -> Prefix:
    if not isinstance(action, TablePointer):
        raise not_legal(action)
    with_tables = (*state.query.with_tables, action.key)
    return replace(state, step=Step.NEXT, query=replace(state.query, with_tables=with_tables))


def _after_condition(state: Prefix, action: Action) -> Prefix:
    if action == Keyword(Word.COMPUTED):
        return _begin_expression(state)
    return replace(state, step=Step.COMPARE, item=Item(Term(column_of(action))))


def _after_comparison(state: Prefix, action: Action) -> Prefix:
    if not isinstance(action, Keyword):
        raise not_legal(action)
    chosen = replace(state, comparison=Comparison(action.key), values=())
    if chosen.comparison in NULLS:
        return _end_condition(chosen)
    return _open_query(chosen) if chosen.comparison in MEMBERSHIP else replace(chosen, step=Step.VALUE)


def _open_query(state: Prefix) -> Prefix:
    return Prefix(state.linked, outer=(*state.outer, state))


def _after_value(state: Prefix, action: Action) -> Prefix:
    if action == Keyword(Word.SELECT):
        return _open_query(state)
    if isinstance(action, ColumnPointer):
        return _end_condition(state, column=action.key)
    valued = replace(state, values=(*state.values, Value(value_of(action))))
    needs_another = state.comparison == Comparison.BETWEEN and len(valued.values) == 1
    return valued if needs_another else _end_condition(valued)


def _end_condition(state: Prefix, *, column: ColumnRef | None = None, query: Query | None = None) -> Prefix:
    assert state.item is not None
    assert state.comparison is not None
    condition = Condition(state.item, state.comparison, state.values, column, query, state.follows_or)
    cleared = replace(state, step=Step.NEXT, item=None, comparison=None, values=(), follows_or=False)
    return replace(cleared, query=_with_conditions(state, (*_conditions(state), condition)))


def _after_group(state: Prefix, action: Action) -> Prefix:
    if isinstance(action, Keyword):
        return _begin_term(state, action)
    return _end_group(state, column_of(action))


def _end_group(state: Prefix, key: GroupKey) -> Prefix:
    if state.clause == Clause.EACH and isinstance(key, ColumnRef):
        return replace(state, step=Step.NEXT, query=replace(state.query, each=(*state.query.each, key)))
    return replace(state, step=Step.NEXT, query=replace(state.query, group=(*state.query.group, key)))


def _after_direction(state: Prefix, action: Action) -> Prefix:
    if not isinstance(action, Keyword):
        raise not_legal(action)
    if action.key in OPERATORS:
        return _second(state, OPERATORS[Word(action.key)])
    *before, last = state.query.order
    order = (*before, replace(last, descending=action.key == Word.DESC))
    return replace(state, step=Step.LIMIT, query=replace(state.query, order=order))


def _after_limit(state: Prefix, action: Action) -> Prefix:
    match action:
        case Keyword(key=Word.ALSO):
            return replace(state, step=Step.ORDER)
        case Keyword(key=Word.PLACE):
            return replace(state, at_place=True)
        case Keyword(key=Word.UNLIMITED):
            limit, offset = None, 0
        case _ if state.at_place:
            limit, offset = 1, limit_of(action) - 1
        case _:
            limit, offset = limit_of(action), 0
    query = replace(state.query, limit=limit, offset=offset)
    return replace(state, step=Step.NEXT, at_place=False, query=query)


def _after_key(state: Prefix, action: Action) -> Prefix:
    if not isinstance(action, ColumnPointer):
        raise not_legal(action)
    key = open_keys(state)[action]
    via = (*state.query.via, Via(key.source, key.target))
    return _close(replace(state, query=replace(state.query, via=via)))


def _close(state: Prefix) -> Prefix:
    """End the SELECT being written, once it is clear over which keys its tables are joined."""
    if open_keys(state):
        return replace(state, step=Step.VIA)
    if state.closing is not None:
        return _begin_beside(state, state.closing)
    if state.outer:
        return _end_condition(state.outer[-1], query=state.query)
    whole = state.query
    if state.left is not None:
        whole = replace(state.left, operation=state.operation, right=state.query)
    return replace(state, step=Step.DONE, query=whole)


def _begin_beside(state: Prefix, operation: SetOperation) -> Prefix:
    """Begin the query whose rows are united, intersected or excepted with those of the one before it."""
    allow_no_answer = state.allow_no_answer
    return Prefix(state.linked, left=state.query, operation=operation, allow_no_answer=allow_no_answer)


TRANSITIONS: dict[Step, Callable[[Prefix, Action], Prefix]] = {
    Step.SELECT: _after_select,
    Step.OPERAND: _after_operand,
    Step.SECOND: _after_second,
    Step.NEXT: _after_complete_part,
    Step.TABLE: _after_table,
    Step.CONDITION: _after_condition,
    Step.COMPARE: _after_comparison,
    Step.VALUE: _after_value,
    Step.GROUP: _after_group,
    Step.HAVING: _begin_term,
    Step.ORDER: _begin_term,
    Step.DIRECTION: _after_direction,
    Step.LIMIT: _after_limit,
    Step.VIA: _after_key,
    Step.PART: _after_part,
}
