"""Follow-up questions: what is asked on changes the query before, where all of it can be taken so.

"and in Lisbon?" gives a condition another value, or adds one; "only the last ten", "per month" and "sorted by
price" change what is shown. A question with any word that changes nothing is one of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kbqa.linking.dates import parse_partial_date
from kbqa.linking.words import Span, words_of
from kbqa.questions import following
from kbqa.sql.answer.schema_linking import is_mention
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ValuePointer
from kbqa.sql.query import (
    EQUALITIES,
    Aggregate,
    AllOf,
    Comparison,
    Condition,
    DatePart,
    GroupKey,
    Item,
    Order,
    Part,
    Query,
    Term,
    Value,
    column_of,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, readable

_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_GROUP = re.compile(r"\b(?:per|by|(?:for|in|of|on) (?:each|every)|each|every|grouped by)\b", re.IGNORECASE)
_PART = re.compile(r"\s*(?:the )?(?P<part>month|year)s?\b", re.IGNORECASE)
_COMPARED = {
    Comparison.AT_LEAST: following.AT_LEAST,
    Comparison.AT_MOST: following.AT_MOST,
    Comparison.GREATER: following.GREATER,
    Comparison.LESS: following.LESS,
}
_COMPARISONS = {key: re.compile(rf"\b(?:{words})\s*$", re.IGNORECASE) for key, words in _COMPARED.items()}


@dataclass(frozen=True)
class Previous:
    """What was asked before: the question, the query that it was read as, and how likely that is right."""

    question: str
    query: Query
    probability: float


def followed(linked: LinkedQuestion, question: str, query: Query) -> Query | None:
    """The query that a follow-up makes of the one before; None where it is a question of its own."""
    if query.operation is not None:
        return None
    follow_up = _FollowUp(question, linked, query, set())
    for change in (_sorted, _limited, _grouped, _compared, _valued, _counted, _with_columns):
        follow_up = change(follow_up)
    rest = {word.text for word in words_of(question) if not follow_up.is_used((word.start, word.end))}
    is_changed = follow_up.query != query
    return follow_up.query if is_changed and rest <= following.FILLERS else None


@dataclass(frozen=True)
class _FollowUp:
    """A follow-up, the query as far as it was changed, and the spans that changed it."""

    question: str
    linked: LinkedQuestion
    query: Query
    used: set[Span]

    @property
    def schema(self) -> Schema:
        return self.linked.schema

    @property
    def subject(self) -> str:
        return self.query.items[0].term.operand.table

    def is_used(self, span: Span) -> bool:
        return any(start < span[1] and span[0] < end for start, end in self.used)

    def changed(self, query: Query, *spans: Span) -> "_FollowUp":
        return replace(self, query=query, used={*self.used, *spans})

    def named(self, start: int = 0) -> Iterator[tuple[Span, ColumnRef]]:
        """The columns that are named from a place on, those of the query's tables first."""
        tables = self.query.tables()
        pointers = [
            (pointer.span, pointer.key)
            for pointer in self.linked.columns
            if pointer.span and pointer.features.exact and is_mention(pointer.span, pointer.text)
        ]
        near = [entry for entry in pointers if entry[0][0] >= start and not self.is_used(entry[0])]
        reachable = [entry for entry in near if self.schema.connected(entry[1].table, self.subject)]
        longest = sorted(reachable, key=lambda entry: (entry[0][0], entry[0][0] - entry[0][1]))
        return iter(sorted(longest, key=lambda entry: (entry[0][0], entry[1].table not in tables)))

    def dates(self) -> list[ColumnRef]:
        """The columns of dates that the query is about: those of its conditions, else of its tables."""
        conditioned = [ref for ref in map(_ref, self.query.where) if ref and self.is_date(ref)]
        joined = self.schema.closure([self.subject, *self.query.tables()])
        beside = [key.target.table for key in self.schema.leaving(self.subject)]
        tables = [self.subject, *joined, *beside]
        own = [ref for table in dict.fromkeys(tables) for ref in self.schema.table(table).refs()]
        return conditioned or [ref for ref in own if self.is_date(ref)]

    def is_aggregated(self, item: Item) -> bool:
        """Whether an item is an aggregate, or a metric, which becomes one."""
        ref = column_of(item.term.operand)
        formula = self.schema.column(ref).formula if ref else None
        return item.term.aggregate is not None or bool(formula and formula.aggregate)

    def is_date(self, ref: ColumnRef) -> bool:
        return self.schema.column(ref).kind == ColumnType.DATE


def _ref(condition: Condition) -> ColumnRef | None:
    """The column that a condition compares as it is."""
    item = condition.item
    is_plain = item.operator is None and item.term.aggregate is None and condition.query is None
    return column_of(item.term.operand) if is_plain else None


def _sorted(follow_up: _FollowUp) -> _FollowUp:
    """`sorted by price, highest first`."""
    match, query = following.SORT.search(follow_up.question), follow_up.query
    if match is None:
        return follow_up
    ways = [
        found.span()
        for found in (
            *following.DOWN.finditer(follow_up.question),
            *following.UP.finditer(follow_up.question),
        )
    ]
    descending = bool(following.DOWN.search(follow_up.question))
    span, ref = next(follow_up.named(match.end()), (None, None))
    item = next((each for each in query.items if ref is not None and _is_of(each, ref)), None)
    is_near = ref is not None and ref.table in follow_up.schema.closure(query.tables())
    if item is None and ref is not None and is_near and not query.group:
        item = Item(Term(ref))
    if item is None or span is None:
        return follow_up
    order = (Order(item, descending),)
    return follow_up.changed(replace(query, order=order), match.span(), span, *ways)


def _is_of(item: Item, ref: ColumnRef) -> bool:
    return item.operator is None and column_of(item.term.operand) == ref


def _limited(follow_up: _FollowUp) -> _FollowUp:
    """`only the last ten`."""
    query = follow_up.query
    for match in following.LIMIT.finditer(follow_up.question):
        number = following.whole_number(match["number"] or "")
        is_name = number is None and any(span[0] <= match.start() < span[1] for span, _ in follow_up.named())
        if is_name or follow_up.is_used(match.span("end")):
            continue
        order = _order(follow_up, match["end"].lower())
        span = match.span() if number is not None else match.span("end")
        return follow_up.changed(replace(query, order=order, limit=number or 1), span)
    return follow_up


def _order(follow_up: _FollowUp, end: str) -> tuple[Order, ...]:
    """The order in which one end of the rows comes first."""
    orders, is_last = follow_up.query.order, end in ("last", "bottom")
    by_date = end in ("latest", "newest", "oldest", "earliest")
    if orders and not by_date:
        return tuple(replace(order, descending=order.descending != is_last) for order in orders)
    if end in ("top", "bottom") or follow_up.query.group:
        aggregates = [item for item in follow_up.query.items if follow_up.is_aggregated(item)]
        return tuple(Order(item, descending=not is_last) for item in aggregates[:1])
    dates = follow_up.dates()
    if dates:
        return (Order(Item(Term(dates[0])), descending=end in ("last", "latest", "newest")),)
    keys = [column.name for column in follow_up.schema.table(follow_up.subject).columns if column.primary]
    refs = [ColumnRef(follow_up.subject, name) for name in keys[:1]]
    return tuple(Order(Item(Term(ref)), descending=is_last) for ref in refs)


def _grouped(follow_up: _FollowUp) -> _FollowUp:
    """`per month`."""
    for match in _GROUP.finditer(follow_up.question):
        if follow_up.is_used(match.span()):
            continue
        key, span = _group_key(follow_up, match.end())
        if key is not None:
            aggregates = tuple(item for item in follow_up.query.items if follow_up.is_aggregated(item))
            counted = (Item(Term(AllOf(follow_up.subject), Aggregate.COUNT)),)
            query = replace(
                follow_up.query,
                items=(Item(Term(key)), *(aggregates or counted)),
                group=(key,),
                order=(),
                limit=None,
                distinct=False,
            )
            return follow_up.changed(query, match.span(), span)
    return follow_up


def _group_key(follow_up: _FollowUp, start: int) -> tuple[GroupKey | None, Span]:
    if part := _PART.match(follow_up.question, start):
        dates = follow_up.dates()
        key = DatePart(dates[0], Part(part["part"].upper())) if dates else None
        return key, part.span("part")
    span, ref = next(follow_up.named(start), (None, None))
    if ref is not None and span is not None and not follow_up.question[start : span[0]].strip(" the"):
        return ref, span
    return None, (0, 0)


def _compared(follow_up: _FollowUp) -> _FollowUp:
    """`older than 40`, `in 2024`."""
    for pointer in follow_up.linked.numbers:
        span = pointer.span
        if span is None or follow_up.is_used(span) or not any(map(str.isdigit, pointer.key)):
            continue
        before = follow_up.question[: span[0]]
        found = [(key, match) for key, words in _COMPARISONS.items() if (match := words.search(before))]
        comparison, match = found[0] if found else (None, None)
        spans = [span, *([match.span()] if match else [])]
        follow_up = _with_number(follow_up, pointer.key, comparison, spans)
    return follow_up


def _with_number(
    follow_up: _FollowUp, text: str, comparison: Comparison | None, spans: Sequence[Span]
) -> _FollowUp:
    query = follow_up.query
    said = [(span, ref) for span, ref in follow_up.named() if _takes(follow_up, ref, text)]
    old = [ref for ref in map(_ref, query.where) if ref and _takes(follow_up, ref, text)]
    dates = follow_up.dates() if parse_partial_date(text) else []
    if "old" in follow_up.question or "young" in follow_up.question:
        old += [
            ref for ref in follow_up.schema.table(follow_up.subject).refs() if readable(ref.column) == "age"
        ]
    ref = said[0][1] if said else next(iter([*old, *dates]), None)
    if ref is None:
        return follow_up
    used = [*spans, *(span for span, named in said[:1])]
    before = next((each for each in query.where if _ref(each) == ref), None)
    default = before.comparison if before and len(before.values) == 1 else Comparison.EQUAL
    condition = Condition(Item(Term(ref)), comparison or default, (Value(text),))
    where = _with_condition(query.where, condition, before)
    return follow_up if where is None else follow_up.changed(replace(query, where=where), *used)


def _takes(follow_up: _FollowUp, ref: ColumnRef, text: str) -> bool:
    """Whether a column has values such as a number or date."""
    kind, is_number = follow_up.schema.column(ref).kind, _DECIMAL.fullmatch(text) is not None
    if kind == ColumnType.NUMBER:
        return is_number
    return kind == ColumnType.DATE and parse_partial_date(text) is not None


def _valued(follow_up: _FollowUp) -> _FollowUp:
    """`and in Lisbon?`."""
    by_column: dict[ColumnRef, list[tuple[Span, str]]] = {}
    for span, candidates in _by_span(follow_up):
        chosen = min(candidates, key=lambda value: _distance(follow_up, value.key[0]))
        by_column.setdefault(chosen.key[0], []).append((span, chosen.key[1]))
    for ref, said in by_column.items():
        query = follow_up.query
        is_not = bool(following.NOT.search(follow_up.question[: said[0][0][0]]))
        before = next(
            (each for each in query.where if _ref(each) == ref and each.comparison in EQUALITIES), None
        )
        texts = [text for _, text in said]
        if before is not None and following.MORE.search(follow_up.question) and not is_not:
            texts = [*(value.text for value in before.values), *texts]
        comparison = Comparison.UNEQUAL if is_not else Comparison.EQUAL
        condition = Condition(Item(Term(ref)), comparison, tuple(Value(text) for text in texts))
        where = _with_condition(query.where, condition, before)
        if where is None:
            return follow_up
        negation = following.NOT.search(follow_up.question[: said[0][0][0]])
        spans = [span for span, _ in said] + ([negation.span()] if negation else [])
        follow_up = follow_up.changed(replace(query, where=where), *spans)
    return follow_up


def _by_span(follow_up: _FollowUp) -> Iterator[tuple[Span, list[ValuePointer]]]:
    """The values that are mentioned where nothing else was, the longest first."""
    values = [
        value
        for value in follow_up.linked.values
        if value.span
        and value.features.similarity >= following.MIN_SIMILARITY
        and not follow_up.is_used(value.span)
    ]
    spans = sorted({value.span for value in values if value.span}, key=lambda span: span[0] - span[1])
    taken: list[Span] = []
    for span in spans:
        if not any(span[0] < end and start < span[1] for start, end in taken):
            taken.append(span)
            yield span, [value for value in values if value.span == span]


def _distance(follow_up: _FollowUp, ref: ColumnRef) -> int:
    """How far a column is from what the query is about: conditioned, of its tables, connected, or not."""
    query = follow_up.query
    if any(_ref(condition) == ref for condition in query.where):
        return 0
    if ref.table in query.tables():
        return 1
    return 2 if follow_up.schema.connected(ref.table, follow_up.subject) else 3


def _with_condition(
    where: Sequence[Condition], condition: Condition, before: Condition | None
) -> tuple[Condition, ...] | None:
    """Conditions with one in place of another, or added; None where it would join an OR."""
    if before is None:
        return None if any(each.follows_or for each in where) else (*where, condition)
    new = replace(condition, follows_or=before.follows_or)
    return tuple(new if each is before else each for each in where)


def _counted(follow_up: _FollowUp) -> _FollowUp:
    """`how many are there?`."""
    match, query = following.COUNT.search(follow_up.question), follow_up.query
    if match is None or query.group or query.having or query.distinct:
        return follow_up
    counted = Item(Term(AllOf(follow_up.subject), Aggregate.COUNT))
    return follow_up.changed(replace(query, items=(counted,), order=(), limit=None), match.span())


def _with_columns(follow_up: _FollowUp) -> _FollowUp:
    """`and their age`."""
    query = follow_up.query
    if query.group or query.distinct or any(map(follow_up.is_aggregated, query.items)):
        return follow_up
    for span, ref in follow_up.named():
        if not follow_up.is_used(span) and Item(Term(ref)) not in follow_up.query.items:
            items = (*follow_up.query.items, Item(Term(ref)))
            follow_up = follow_up.changed(replace(follow_up.query, items=items), span)
    return follow_up
