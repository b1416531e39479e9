"""Questions for a schema, made from questions that people asked of other schemas.

A pattern is a question with holes where it named tables, columns and cells, and its query. Set into another schema, where tables
connect in the same way and columns have the same types, it asks something new in words that a person chose. (GraPPa, Yu et al. 2021,
section 2.2, does this with a grammar that was taken from Spider by hand.)
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kbqa.linking.words import Word, fold, stem, words_of
from kbqa.sql.query import AllOf, Comparison, Condition, Item, Operand, Order, Query, Term, Value
from kbqa.sql.rendering import NotConnectedError, render
from kbqa.sql.schema import ColumnRef, ColumnType, ForeignKey, Schema, readable

Cells = Mapping[ColumnRef, Sequence[str]]
"""Some values of each column."""

_COMMON_SHARE = 0.08
"""In questions on what share of all databases a word must be asked to belong to no domain."""
_PARTS = (Comparison.CONTAINS, Comparison.LACKS, Comparison.STARTS, Comparison.ENDS)


class Role(StrEnum):
    """What a column must be for another to stand in its place, besides having its type."""

    PRIMARY = "primary"
    FOREIGN = "foreign"
    PLAIN = "plain"


@dataclass(frozen=True)
class Hole:
    """Where a question names something. `short` names leave the table's own words out of a column's; `plural` ones end as many do."""

    start: int
    end: int
    thing: ColumnRef | str | Value
    short: bool = False
    plural: bool = False


@dataclass(frozen=True)
class Pattern:
    """A question with holes, its query, and what of its schema that follows: how its tables connect, what its columns are."""

    question: str
    holes: tuple[Hole, ...]
    query: Query
    first: str
    keys: tuple[ForeignKey, ...]
    """In an order in which each has one end in the tables before it."""
    columns: Mapping[ColumnRef, tuple[Role, ColumnType]]

    @property
    def wording(self) -> str:
        """Return the question with its holes as marks: equal for patterns that differ in names only."""
        return "".join(part if isinstance(part, str) else f"<{type(part.thing).__name__}>" for part in self.parts())

    def parts(self) -> Iterator[str | Hole]:
        """Yield the question piece by piece."""
        place = 0
        for hole in self.holes:
            yield self.question[place : hole.start]
            yield hole
            place = hole.end
        yield self.question[place:]


def common_words(questions: Sequence[Iterable[str]]) -> set[str]:
    """Return the words that are used of any domain; `questions` are those of each database."""
    used: dict[str, int] = defaultdict(int)
    for texts in questions:
        for word in {word.text for text in texts for word in words_of(text)}:
            used[word] += 1
    return {word for word, number in used.items() if number >= max(2, _COMMON_SHARE * len(questions))}


def pattern_of(question: str, query: Query, schema: Schema, common: set[str]) -> Pattern | None:
    """Return the pattern of a question, if all that it says of its domain are names of its schema and its cells."""
    if any(each.via for each in query.queries()):
        return None
    operands = {each for part in query.queries() for each in part.operands()} | {
        each.item.term.operand for part in query.queries() for each in part.order
    }
    refs = {each for each in operands if isinstance(each, ColumnRef)}
    tables = schema.closure(sorted({name for part in query.queries() for name in part.tables()}))
    keys = _keys(tables, schema)
    if len(keys) != len(tables) - 1:
        return None
    ends = {end for key in keys for end in (key.source, key.target)}
    holes = _holes(question, query, refs, tables)
    named = {hole.thing for hole in holes or ()}
    roles = {ref: (_role(ref, schema), schema.column(ref).type) for ref in refs}
    if not holes or any(ref not in named and ref not in ends and roles[ref][0] == Role.PLAIN for ref in refs):
        return None
    inside = [word for word in words_of(question) if not any(hole.start <= word.start < hole.end for hole in holes)]
    if any(word.text not in common and not word.text.isdecimal() for word in inside):
        return None
    return Pattern(question, holes, query, tables[0], keys, roles)


def _keys(tables: Sequence[str], schema: Schema) -> tuple[ForeignKey, ...]:
    """Return a key that connects each table to one of those before it, as the schema declares it."""
    found = []
    for place, name in enumerate(tables):
        between = [key for before in tables[:place] for key in schema.keys if {key.source.table, key.target.table} == {before, name}]
        found += between[:1]
    return tuple(found)


def _role(ref: ColumnRef, schema: Schema) -> Role:
    if any(key.source == ref for key in schema.keys):
        return Role.FOREIGN
    return Role.PRIMARY if schema.column(ref).primary else Role.PLAIN


# --- where a question names what ---------------------------------------------------------------------------------------


def _holes(question: str, query: Query, refs: set[ColumnRef], tables: Iterable[str]) -> tuple[Hole, ...] | None:
    """Return the holes of a question in their order; None where a value is not found, or a name may mean two things."""
    words = words_of(question)
    taken = list[Hole]()
    for value in {value for condition in _conditions(query) for value in condition.values if _is_plain(condition)}:
        found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(value.text)}(?!\w)", question, re.IGNORECASE)]
        if not found:
            return None
        taken += [Hole(*span, value) for span in found]
    names = [(_name(ref, short=short), ref, short) for ref in refs for short in (False, True)] + [
        (fold(readable(name)), name, False) for name in tables
    ]
    mentions = [hole for text, thing, short in names for hole in _mentions(text, thing, words, short=short)]
    mentions.sort(key=lambda hole: (hole.start - hole.end, hole.short))
    for hole in mentions:
        over = [each for each in taken if each.start < hole.end and hole.start < each.end]
        if any((each.start, each.end) == (hole.start, hole.end) and _rivals(each.thing, hole.thing) for each in over):
            return None
        if not over:
            taken.append(hole)
    return tuple(sorted(taken, key=lambda hole: hole.start))


def _rivals(one: ColumnRef | str | Value, other: ColumnRef | str | Value) -> bool:
    return isinstance(one, ColumnRef) and isinstance(other, ColumnRef) and one != other


def _conditions(query: Query) -> Iterator[Condition]:
    for part in query.queries():
        yield from (*part.where, *part.having)


def _is_plain(condition: Condition) -> bool:
    return condition.item.term.aggregate is None and condition.item.operator is None


def _name(ref: ColumnRef, *, short: bool) -> str:
    """Return a column's name in words; a `short` one without the words of its table, empty where that is the same or nothing."""
    words = fold(readable(ref.column)).split()
    if not short:
        return " ".join(words)
    table = {stem(word) for word in fold(readable(ref.table)).split()}
    rest = [word for word in words if stem(word) not in table]
    return " ".join(rest) if len(rest) < len(words) else ""


def _mentions(text: str, thing: ColumnRef | str, words: Sequence[Word], *, short: bool) -> Iterator[Hole]:
    """Yield where a question has the words of a name, in their order."""
    wanted = [stem(part) for part in text.split()]
    for place in range(len(words) - len(wanted) + 1 if wanted else 0):
        window = words[place : place + len(wanted)]
        if [stem(word.text) for word in window] == wanted:
            yield Hole(window[0].start, window[-1].end, thing, short, _is_plural(window[-1].text))


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and not word.endswith("ss")


# --- a pattern in another schema ---------------------------------------------------------------------------------------


def transplanted(pattern: Pattern, schema: Schema, cells: Cells, rng: random.Random) -> tuple[str, str] | None:
    """Return a pattern's question and SQL on another schema; None where that has no place for it."""
    tables = _placed_tables(pattern, schema, rng)
    columns = _placed_columns(pattern, schema, tables, rng) if tables else None
    values = _placed_values(pattern, columns, schema, cells, rng) if columns is not None else None
    if tables is None or columns is None or values is None:
        return None
    try:
        sql = render(_Renaming(tables, columns, values).query(pattern.query), schema).sql(dialect="sqlite")
    except NotConnectedError:
        return None
    said = [part if isinstance(part, str) else _said(part, tables, columns, values) for part in pattern.parts()]
    return re.sub(r"\b([Aa]) (?=[aeioAEIO])", r"\1n ", "".join(said)), sql


def _placed_tables(pattern: Pattern, schema: Schema, rng: random.Random) -> dict[str, str] | None:
    if not schema.tables:
        return None
    placed = {pattern.first: rng.choice(schema.tables).name}
    for key in pattern.keys:
        forward = key.source.table in placed
        here, there = (key.source.table, key.target.table) if forward else (key.target.table, key.source.table)
        fitting = [
            (each.target if forward else each.source).table for each in schema.keys if (each.source if forward else each.target).table == placed[here]
        ]
        free = [name for name in fitting if name not in placed.values()]
        if not free:
            return None
        placed[there] = rng.choice(free)
    return placed


def _placed_columns(pattern: Pattern, schema: Schema, tables: Mapping[str, str], rng: random.Random) -> dict[ColumnRef, ColumnRef] | None:
    placed: dict[ColumnRef, ColumnRef] = {}
    for key in pattern.keys:
        ends = {tables[key.source.table], tables[key.target.table]}
        found = next(each for each in schema.keys if {each.source.table, each.target.table} == ends and each.source.table == tables[key.source.table])
        placed |= {key.source: found.source, key.target: found.target}
    for ref, (role, kind) in pattern.columns.items():
        if ref in placed:
            continue
        fitting = [each for each in schema.table(tables[ref.table]).refs() if _fits(each, role, kind, schema) and each not in placed.values()]
        if not fitting:
            return None
        placed[ref] = rng.choice(fitting)
    return placed


def _fits(ref: ColumnRef, role: Role, kind: ColumnType, schema: Schema) -> bool:
    found = _role(ref, schema)
    return found == role and (role != Role.PLAIN or (schema.column(ref).type == kind and readable(ref.column).split()[-1:] != ["id"]))


def _placed_values(
    pattern: Pattern, columns: Mapping[ColumnRef, ColumnRef], schema: Schema, cells: Cells, rng: random.Random
) -> dict[Value, Value] | None:
    placed: dict[Value, Value] = {}
    for condition in _conditions(pattern.query):
        operand = condition.item.term.operand
        if not _is_plain(condition) or not isinstance(operand, ColumnRef):
            continue
        found = [text for text in cells.get(columns[operand], ()) if text not in {value.text for value in placed.values()}]
        for value in condition.values:
            if value in placed:
                continue
            if not found:
                return None
            text = found.pop(rng.randrange(len(found)))
            placed[value] = Value(rng.choice(fold(text).split() or [text]) if condition.comparison in _PARTS else text)
    return placed


def _said(hole: Hole, tables: Mapping[str, str], columns: Mapping[ColumnRef, ColumnRef], values: Mapping[Value, Value]) -> str:
    thing = hole.thing
    if isinstance(thing, Value):
        return values[thing].text
    if isinstance(thing, ColumnRef):
        ref = columns[thing]
        text = (_name(ref, short=True) if hole.short else "") or readable(ref.column)
    else:
        text = readable(tables[thing])
    return _numbered(text, plural=hole.plural)


def _numbered(text: str, *, plural: bool) -> str:
    """Return a name that means one, or many."""
    if plural and not text.endswith(("s", "people", "children", "men")):
        ending = "es" if text.endswith(("ch", "sh", "x")) else "s"
        return f"{text[:-1]}ies" if text.endswith("y") and text[-2:-1] not in "aeiou" else text + ending
    if not plural and _is_plural(text.rpartition(" ")[2]):
        return f"{text[:-3]}y" if text.endswith("ies") else text[:-1]
    return text


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
            group=tuple(self.columns[ref] for ref in query.group),
            having=tuple(map(self._condition, query.having)),
            order=tuple(Order(self._item(each.item), each.descending) for each in query.order),
            right=None if query.right is None else self.query(query.right),
        )

    def _operand(self, operand: Operand) -> Operand:
        return self.columns[operand] if isinstance(operand, ColumnRef) else AllOf(self.tables[operand.table])

    def _term(self, term: Term) -> Term:
        return replace(term, operand=self._operand(term.operand))

    def _item(self, item: Item) -> Item:
        return replace(item, term=self._term(item.term), other=None if item.other is None else self._term(item.other))

    def _condition(self, condition: Condition) -> Condition:
        return replace(
            condition,
            item=self._item(condition.item),
            values=tuple(self.values.get(value, value) for value in condition.values),
            column=None if condition.column is None else self.columns[condition.column],
            query=None if condition.query is None else self.query(condition.query),
        )
