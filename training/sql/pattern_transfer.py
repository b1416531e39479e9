"""Pattern transfer: questions for a schema, made from questions that people asked of other schemas.

Data augmentation in the manner of GraPPa (Yu et al. 2021). A pattern is a template
(`training/synthetic/delexicalisation.py`) and its query. It is set into a schema where tables connect in the
same way and columns have the same types.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kbqa.linking.words import fold
from kbqa.sql.joins import NotConnectedError
from kbqa.sql.query import (
    AllOf,
    Comparison,
    Condition,
    DatePart,
    Expression,
    GroupKey,
    Item,
    Operand,
    Order,
    Query,
    Term,
    Value,
    columns_of,
)
from kbqa.sql.rendering import render
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema, readable
from training.synthetic.delexicalisation import Name, Slot, Template, numbered, short_name, template_of

Cells = Mapping[ColumnRef, Sequence[str]]
"""Some values of each column."""
Thing = ColumnRef | str | Value
"""What a question names: a column, a table or a constant."""

_PARTS = (Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)


class Role(StrEnum):
    """What a column must be for another to stand in its place, besides having its type."""

    PRIMARY = "primary"
    FOREIGN = "foreign"
    PLAIN = "plain"


@dataclass(frozen=True)
class Pattern:
    """A template, its query, how its tables connect, and what its columns are."""

    template: Template[Thing]
    query: Query
    first: str
    keys: tuple[ForeignKey, ...]
    """In an order in which each has one end in the tables before it."""
    columns: Mapping[ColumnRef, tuple[Role, ColumnType]]


def pattern_of(question: str, query: Query, schema: Schema, common: set[str]) -> Pattern | None:
    """The pattern of a question, if all that it says of its domain are names and cells of its schema."""
    if any(part.via for part in query.queries()):
        return None
    operands = {operand for part in query.queries() for operand in part.operands()}
    operands |= {ordered.item.term.operand for part in query.queries() for ordered in part.order}
    refs = {ref for operand in operands for ref in columns_of(operand)}
    tables = schema.closure(sorted({name for part in query.queries() for name in part.tables()}))
    keys = _keys(tables, schema)
    if len(keys) != len(tables) - 1:
        return None
    conditions = [condition for condition in _conditions(query) if _is_plain(condition)]
    values: dict[str, Thing] = {value.text: value for condition in conditions for value in condition.values}
    template = template_of(question, _names(refs, tables), values, common, _are_rivals)
    ends = {end for key in keys for end in (key.source, key.target)}
    roles = {ref: (_role(ref, schema), schema.column(ref).type) for ref in refs}
    if template is None:
        return None
    told = {*ends, *(slot.thing for slot in template.slots)}
    if any(ref not in told and roles[ref][0] == Role.PLAIN for ref in refs):
        return None
    return Pattern(template, query, tables[0], keys, roles)


def _names(refs: set[ColumnRef], tables: Sequence[str]) -> Iterator[Name[Thing]]:
    """What columns and tables may be called."""
    for ref in refs:
        yield Name(fold(readable(ref.column)), ref)
        yield Name(short_name(readable(ref.column), readable(ref.table)), ref, short=True)
    for table in tables:
        yield Name(fold(readable(table)), table)


def _are_rivals(one: Thing, other: Thing) -> bool:
    return isinstance(one, ColumnRef) and isinstance(other, ColumnRef) and one != other


def _keys(tables: Sequence[str], schema: Schema) -> tuple[ForeignKey, ...]:
    """A declared key for each table that connects it to one of those before it."""
    keys = []
    for index, name in enumerate(tables):
        between = [
            key
            for before in tables[:index]
            for key in schema.keys
            if {key.source.table, key.target.table} == {before, name}
        ]
        keys += between[:1]
    return tuple(keys)


def _role(ref: ColumnRef, schema: Schema) -> Role:
    if any(key.source == ref for key in schema.keys):
        return Role.FOREIGN
    return Role.PRIMARY if schema.column(ref).primary else Role.PLAIN


def _conditions(query: Query) -> Iterator[Condition]:
    for part in query.queries():
        yield from part.conditions


def _is_plain(condition: Condition) -> bool:
    return condition.item.term.aggregate is None and condition.item.operator is None


# --- a pattern in another schema


def transferred(pattern: Pattern, schema: Schema, cells: Cells, rng: random.Random) -> tuple[str, str] | None:
    """A pattern's question and SQL on another schema; None where that has no place for it."""
    tables = _placed_tables(pattern, schema, rng)
    columns = _placed_columns(pattern, schema, tables, rng) if tables else None
    values = _placed_values(pattern, columns, schema, cells, rng) if columns is not None else None
    if tables is None or columns is None or values is None:
        return None
    try:
        sql = render(_Renaming(tables, columns, values).query(pattern.query), schema).sql(dialect="sqlite")
    except NotConnectedError:
        return None
    return pattern.template.filled(lambda slot: _said(slot, tables, columns, values)), sql


def _placed_tables(pattern: Pattern, schema: Schema, rng: random.Random) -> dict[str, str] | None:
    if not schema.tables:
        return None
    placed = {pattern.first: rng.choice(schema.tables).name}
    for key in pattern.keys:
        forward = key.source.table in placed
        here, there = _ends(key, forward=forward)
        ends = [_ends(candidate, forward=forward) for candidate in schema.keys]
        free = [end for start, end in ends if start == placed[here] and end not in placed.values()]
        if not free:
            return None
        placed[there] = rng.choice(free)
    return placed


def _ends(key: ForeignKey, *, forward: bool) -> tuple[str, str]:
    """The tables that a key leads from and to, or backwards."""
    source, target = key.source.table, key.target.table
    return (source, target) if forward else (target, source)


def _placed_columns(
    pattern: Pattern, schema: Schema, tables: Mapping[str, str], rng: random.Random
) -> dict[ColumnRef, ColumnRef] | None:
    placed: dict[ColumnRef, ColumnRef] = {}
    for key in pattern.keys:
        ends = (tables[key.source.table], tables[key.target.table])
        counterpart = next(candidate for candidate in schema.keys if _ends(candidate, forward=True) == ends)
        placed |= {key.source: counterpart.source, key.target: counterpart.target}
    for ref, (role, kind) in pattern.columns.items():
        if ref in placed:
            continue
        fitting = [
            candidate
            for candidate in schema.table(tables[ref.table]).refs()
            if _fits(candidate, role, kind, schema) and candidate not in placed.values()
        ]
        if not fitting:
            return None
        placed[ref] = rng.choice(fitting)
    return placed


def _fits(ref: ColumnRef, role: Role, kind: ColumnType, schema: Schema) -> bool:
    actual = _role(ref, schema)
    return actual == role and (
        role != Role.PLAIN
        or (schema.column(ref).type == kind and readable(ref.column).split()[-1:] != ["id"])
    )


def _placed_values(
    pattern: Pattern, columns: Mapping[ColumnRef, ColumnRef], schema: Schema, cells: Cells, rng: random.Random
) -> dict[Value, Value] | None:
    placed: dict[Value, Value] = {}
    for condition in _conditions(pattern.query):
        operand = condition.item.term.operand
        if not _is_plain(condition) or not isinstance(operand, ColumnRef):
            continue
        texts = [
            text
            for text in cells.get(columns[operand], ())
            if text not in {value.text for value in placed.values()}
        ]
        for value in condition.values:
            if value in placed:
                continue
            if not texts:
                return None
            text = texts.pop(rng.randrange(len(texts)))
            if condition.comparison in _PARTS:
                text = rng.choice(fold(text).split() or [text])
            placed[value] = Value(text)
    return placed


def _said(
    slot: Slot[Thing],
    tables: Mapping[str, str],
    columns: Mapping[ColumnRef, ColumnRef],
    values: Mapping[Value, Value],
) -> str:
    thing = slot.thing
    if isinstance(thing, Value):
        return values[thing].text
    if isinstance(thing, ColumnRef):
        ref = columns[thing]
        text = readable(ref.column)
        if slot.short:
            text = short_name(text, readable(ref.table)) or text
    else:
        text = readable(tables[thing])
    return numbered(text, plural=slot.plural)


@dataclass(frozen=True)
class _Renaming:
    tables: Mapping[str, str]
    columns: Mapping[ColumnRef, ColumnRef]
    values: Mapping[Value, Value]

    def query(self, query: Query) -> Query:
        return replace(
            query,
            items=tuple(map(self._item, query.items)),
            with_tables=tuple(self.tables[name] for name in query.with_tables),
            where=tuple(map(self._condition, query.where)),
            which=tuple(map(self._condition, query.which)),
            group=tuple(map(self._group_key, query.group)),
            having=tuple(map(self._condition, query.having)),
            order=tuple(Order(self._item(ordered.item), ordered.descending) for ordered in query.order),
            each=tuple(self.columns[ref] for ref in query.each),
            right=None if query.right is None else self.query(query.right),
        )

    def _operand(self, operand: Operand) -> Operand:
        if isinstance(operand, Expression):
            return Expression(self.columns[operand.left], operand.operator, self.columns[operand.right])
        return AllOf(self.tables[operand.table]) if isinstance(operand, AllOf) else self._group_key(operand)

    def _group_key(self, key: GroupKey) -> GroupKey:
        return (
            DatePart(self.columns[key.column], key.part) if isinstance(key, DatePart) else self.columns[key]
        )

    def _term(self, term: Term) -> Term:
        return replace(term, operand=self._operand(term.operand))

    def _item(self, item: Item) -> Item:
        other = None if item.other is None else self._term(item.other)
        return replace(item, term=self._term(item.term), other=other)

    def _condition(self, condition: Condition) -> Condition:
        return replace(
            condition,
            item=self._item(condition.item),
            values=tuple(self.values.get(value, value) for value in condition.values),
            column=None if condition.column is None else self.columns[condition.column],
            query=None if condition.query is None else self.query(condition.query),
        )
