"""What may come next, as far as the grammar goes."""

from collections.abc import Callable, Iterator, Sequence

from kbqa.decoding.actions import Action, Kind
from kbqa.sql.dates import is_dated
from kbqa.sql.grammar.prefix import (
    BY_WORD,
    EQUALITIES,
    LOOSE,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_ORDERS,
    MAX_VALUES,
    MAX_WITH,
    MEMBERSHIP,
    NULLS,
    ORDERED,
    Prefix,
    kind_of,
    operand_of,
    value_of,
    words,
)
from kbqa.sql.query import Aggregate, Comparison, DatePart, Item, Operator, Part, SetOperation, Term, Value
from kbqa.sql.rendering import joins
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey


def _offer_select(state: Prefix) -> Iterator[Action]:
    if not state.nested and not state.query.distinct:
        if state.left is None and not state.insists:
            yield BY_WORD["NONE"]
        yield BY_WORD["DISTINCT"]
    yield from _terms(state)
    if not state.nested and state.left is None:
        yield from state.world.tables


def _terms(state: Prefix) -> Iterator[Action]:
    wanted = state.wanted
    if not (state.strict and state.shows_rows):
        yield from words(
            *(
                each
                for each in Aggregate
                if wanted in (None, ColumnType.NUMBER) or each in (Aggregate.MIN, Aggregate.MAX)
            )
        )
    single = state.strict and bool(state.outer) and state.outer[-1].comparison not in MEMBERSHIP
    if not single or state.part != "items":
        shown = (
            {item.term.operand for item in state.query.items if _is_plain(item)}
            if state.part == "items" and state.first is None
            else ()
        )
        yield from (choice for choice in _columns_of(state, wanted) if choice.key not in shown)
        yield from _parts(state)


def _parts(state: Prefix) -> Iterator[Action]:
    """Offer the parts of dates, outside of whatever stands within or beside another query."""
    if (
        not state.nested
        and state.left is None
        and state.first is None
        and state.part in ("items", "group", "order")
    ):
        yield from (BY_WORD[part] for part in Part if any(_parted(state, part)))


def _parted(state: Prefix, part: Part) -> Iterator[Action]:
    """Yield the columns of dates of which a part is not shown, or not grouped by, yet."""
    query, present, schema = state.query, state.table, state.world.schema
    named = (
        query.group
        if state.part == "group"
        else [item.term.operand for item in query.items]
        if state.part == "items"
        else ()
    )
    for choice in _columns_of(state, ColumnType.DATE):
        if DatePart(choice.key, part) not in named and (
            present is None or schema.connected(present, choice.key.table)
        ):
            yield choice


def _offer_parted(state: Prefix) -> Iterator[Action]:
    assert state.date_part is not None
    yield from _parted(state, state.date_part)


def _is_plain(item: Item) -> bool:
    return item.operator is None and item.term.aggregate is None


def _columns_of(state: Prefix, kind: ColumnType | None) -> Iterator[Action]:
    schema = state.world.schema
    yield from (
        choice for choice in state.world.columns if kind is None or schema.column(choice.key).type == kind
    )


def _offer_second(state: Prefix) -> Iterator[Action]:
    """Offer what an operator is followed by; in an order without groups no aggregate."""
    yield from _offer_orders(state) if state.part == "order" else _terms(state)


def _offer_operands(state: Prefix) -> Iterator[Action]:
    """Offer what can be aggregated; what is shown already only where nothing else can."""
    offered = list(_aggregated(state))
    terms = (
        {item.term for item in state.query.items if item.operator is None}
        if state.part == "items" and state.first is None
        else set()
    )
    new = [
        choice
        for choice in offered
        if choice.kind == Kind.KEYWORD
        or Term(operand_of(choice), state.aggregate, state.distinct) not in terms
    ]
    yield from new or offered


def _aggregated(state: Prefix) -> Iterator[Action]:
    if state.aggregate == Aggregate.COUNT:
        if not state.distinct:
            yield BY_WORD["DISTINCT"]
            yield from state.world.tables
        yield from state.world.columns
        return
    computes = state.aggregate in (Aggregate.SUM, Aggregate.AVG)
    for choice in _columns_of(state, state.wanted):
        no_order = state.strict and state.world.schema.column(choice.key).type == ColumnType.BOOLEAN
        if not no_order and (not computes or _computable(state, choice.key)):
            yield choice


def _computable(state: Prefix, ref: ColumnRef) -> bool:
    schema = state.world.schema
    return schema.dialect in LOOSE or schema.column(ref).type == ColumnType.NUMBER


def _offer_next(state: Prefix) -> Iterator[Action]:
    """Offer what follows a complete part: more of the same, the later clauses, the end."""
    query = state.query
    if state.part == "items":
        yield from _operators(state, query.items[-1])
        if not state.nested and len(query.items) < MAX_ITEMS and state.missing_items != 0:
            yield from _terms(state)
        if state.missing_items:
            return
    if state.part in ("where", "having") and len(query.where) + len(query.having) < MAX_CONDITIONS:
        yield from words("AND", *(["OR"] if state.part == "where" else []))
        yield from _alternatives(state)
    if state.part == "group":
        yield from _offer_groups(state)
    yield from _later_clauses(state)


def _operators(state: Prefix, item: Item) -> Iterator[Action]:
    operand = item.term.operand
    computable = isinstance(operand, ColumnRef) and _computable(state, operand)
    numeric = not state.strict or kind_of(state, item) == ColumnType.NUMBER
    if item.operator is None and numeric and (item.term.aggregate is not None or computable):
        yield from words(*(f"operator {each}" for each in Operator))


def _alternatives(state: Prefix) -> Iterator[Action]:
    conditions = state.query.where if state.part == "where" else ()
    if conditions and conditions[-1].comparison in EQUALITIES and 0 < len(conditions[-1].values) < MAX_VALUES:
        yield BY_WORD["ALSO"]


def _later_clauses(state: Prefix) -> Iterator[Action]:
    query, part = state.query, state.part
    if part in ("items", "with"):
        if len(query.with_tables) < MAX_WITH:
            yield BY_WORD["WITH"]
        yield BY_WORD["WHERE"]
    # Where dialects are strict, a query that one value is compared with has one row: no groups, and nothing
    # to sort.
    single = state.strict and state.nested and state.outer[-1].comparison not in MEMBERSHIP
    if part in ("items", "with", "where") and not (single or (state.strict and state.shows_rows)):
        yield BY_WORD["GROUP"]
    if part == "group":
        yield BY_WORD["HAVING"]
    if part != "order" and state.left is None and not single:
        yield BY_WORD["ORDER"]
    if not state.nested and state.left is None and part != "order" and not state.shows_rows:
        yield from words(*(f"set {each}" for each in SetOperation))
    yield BY_WORD["END"]


def _offer_tables(state: Prefix) -> Iterator[Action]:
    present = state.world.schema.closure(state.query.tables())
    yield from (choice for choice in state.world.tables if choice.key not in present)


def _offer_comparisons(state: Prefix) -> Iterator[Action]:
    yield from words(*EQUALITIES, *ORDERED)
    if state.part == "where" and len(state.outer) < MAX_DEPTH:
        yield from words(*MEMBERSHIP)
    if state.part == "where":
        yield from words(*NULLS)
        assert state.item is not None
        operand = state.item.term.operand
        if isinstance(operand, ColumnRef) and state.world.schema.column(operand).type in (
            ColumnType.TEXT,
            *_texts(state),
        ):
            yield from words(Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)


def _texts(state: Prefix) -> tuple[ColumnType, ...]:
    return (ColumnType.DATE, ColumnType.NUMBER) if state.world.schema.dialect in LOOSE else ()


def _offer_values(state: Prefix) -> Iterator[Action]:
    assert state.item is not None
    world, operand = state.world, state.item.term.operand
    kind = kind_of(state, state.item)
    found = (
        [value for value in world.values if value.key[0] == operand]
        if state.item.term.aggregate is None
        else []
    )
    numbers = [number for number in world.numbers if not state.strict or _fits(number.key, kind, state)]
    same = [
        each
        for each in state.query.where
        if (each.item, each.comparison) == (state.item, state.comparison) and len(each.values) == 1
    ]
    taken = {*state.values, *(each.values[0] for each in same)}
    yield from (choice for choice in (*found, *numbers) if Value(value_of(choice)) not in taken)
    if (
        state.comparison in (*EQUALITIES, *ORDERED)
        and state.comparison != Comparison.BETWEEN
        and not state.values
    ):
        if len(state.outer) < MAX_DEPTH:
            yield BY_WORD["SELECT"]
        if state.item.term.aggregate is None:
            yield from (
                choice
                for choice in world.columns
                if choice.key != operand and world.schema.column(choice.key).type == kind
            )


def _fits(text: str, kind: ColumnType, state: Prefix) -> bool:
    """Tell whether a constant can be read as a value of a type."""
    if kind == ColumnType.NUMBER:
        return text.removeprefix("-").replace(".", "", 1).isdecimal()
    operand = state.item.term.operand if state.item else None
    return kind != ColumnType.DATE or (
        isinstance(operand, ColumnRef) and is_dated(text, state.world.schema.column(operand))
    )


def _offer_columns(state: Prefix) -> Iterator[Action]:
    yield from state.world.columns


def _offer_groups(state: Prefix) -> Iterator[Action]:
    yield from (choice for choice in state.world.columns if choice.key not in state.query.group)
    yield from _parts(state)


def _offer_having(state: Prefix) -> Iterator[Action]:
    yield from words(*Aggregate)


def _offer_orders(state: Prefix) -> Iterator[Action]:
    query = state.query
    aggregated = any(term.aggregate for item in query.items for term in item.terms)
    shown = {
        item.term.operand for item in query.items if item.term.aggregate is None and item.operator is None
    }
    if state.strict and query.distinct:  # sorting by what is not shown would be ambiguous
        yield from (choice for choice in state.world.columns if choice.key in shown)
    else:
        yield from _terms(state) if query.group or aggregated else _columns_of(state, state.wanted)


def _offer_directions(state: Prefix) -> Iterator[Action]:
    yield from words("ASC", "DESC")
    if not (state.strict and state.query.distinct):
        yield from _operators(state, state.query.order[-1].item)


def _offer_limits(state: Prefix) -> Iterator[Action]:
    yield from words("UNLIMITED", "ONE")
    if len(state.query.order) < MAX_ORDERS:
        yield BY_WORD["ALSO"]
    yield from (
        number
        for number in state.world.numbers
        if str(number.key).isdecimal() and 1 < int(number.key) < 10_000
    )


def _offer_keys(state: Prefix) -> Iterator[Action]:
    yield from open_keys(state)


def open_keys(state: Prefix) -> dict[Action, ForeignKey]:
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


def _telling(state: Prefix, key: ForeignKey, keys: Sequence[ForeignKey]) -> Action | None:
    """Return the column that tells a key from the others between the same tables."""
    sources = len({each.source for each in keys})
    ref = key.source if sources == len(keys) else key.target
    return state.world.column_choices.get(ref)


OFFERS: dict[str, Callable[[Prefix], Iterator[Action]]] = {
    "SELECT": _offer_select,
    "OPERAND": _offer_operands,
    "SECOND": _offer_second,
    "NEXT": _offer_next,
    "TABLE": _offer_tables,
    "CONDITION": _offer_columns,
    "COMPARE": _offer_comparisons,
    "VALUE": _offer_values,
    "GROUP": _offer_groups,
    "HAVING": _offer_having,
    "ORDER": _offer_orders,
    "DIRECTION": _offer_directions,
    "LIMIT": _offer_limits,
    "VIA": _offer_keys,
    "PART": _offer_parted,
}
