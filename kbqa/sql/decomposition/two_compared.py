"""A number beside the same with another value: growth from one year to another, more here than there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from kbqa.linking.words import Span
from kbqa.sql.decomposition.base import IN_PERCENT, NOUNS, VERBS, Whole, only_number, without
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import NumberPointer, ValuePointer, value_of
from kbqa.sql.query import EQUALITIES, Aggregate, Condition, Item, Operator, Query, Term, Value
from kbqa.sql.schema import ColumnType

_QUESTION = r"^(?:(?:what|how (?:much|large|big)) (?:is|was|were) |show |give (?:me )?)?(?:the )?"
_ASKS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"^(?:by )?(?:what|which|how (?:much|many)) ?(?:percent(?:age)?|%)? ?(?:points )?"
        rf"(?:did|does|do|has|have) (?:the )?(?P<what>.+?) {VERBS}\b(?P<rest>.*)$",
        rf"{_QUESTION}(?:percent(?:age)?|relative|absolute|total)? ?{NOUNS} (?:in|of) (?:the )?(?P<what>.+?)"
        r"(?P<rest>(?: (?:for|in|of) (?:each|every)\b.*| (?:per|by)\b.*)?)$",
        rf"{_QUESTION}(?P<what>.+?) (?:percent(?:age)? )?{NOUNS}\b(?P<rest>.*)$",
    )
)
"""Questions for a change of `what`, once the two times are taken out of them; `rest` names groups."""
_MORE = re.compile(
    r"^how (?:many|much) (?P<side>more|fewer|less) (?P<what>.+?) than (?P<other>.+)$", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"^,? ?(?:to|and|until|till|through|vs\.?|versus|compared (?:to|with)) (?:the )?$", re.IGNORECASE
)

_BEFORE = re.compile(r"\b(?:from|between|of|in|,)? ?(?:the )?$", re.IGNORECASE)
_AS_PERCENT = re.compile(r",? ?\b(?:in|as (?:a )?) ?(?:percent(?:age)?|%)", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:number|count|total|sum|average|mean|amount)\b", re.IGNORECASE)
Constant = ValuePointer | NumberPointer


@dataclass(frozen=True)
class _Pair:
    """Two constants that a question names one after the other, and the span of both with their words."""

    first: Constant
    second: Constant
    span: Span


def two_compared(question: str, linked: LinkedQuestion) -> Whole | None:
    """How much a number changes from one time to another, or is more with one value than with another.

    The part is the question for the second time, or for the first value.
    """
    return _more(question, linked) or _change(question, linked)


def _change(question: str, linked: LinkedQuestion) -> Whole | None:
    for pair in _pairs(question, linked):
        rest = without(question, pair.span).rstrip("?. ")
        plain = _AS_PERCENT.sub("", rest)
        match = next((found for form in _ASKS if (found := form.match(plain)) is not None), None)
        if match is not None:
            said = question[slice(*pair.second.span)] if pair.second.span else ""
            operator = Operator.CHANGE if IN_PERCENT.search(question) else Operator.MINUS
            compose = partial(_compose, linked, pair.second, pair.first, operator)
            return Whole((_asked(match, said, linked),), compose)
    return None


def _asked(match: re.Match[str], time: str, linked: LinkedQuestion) -> str:
    """The question for a number at one time."""
    what, rest = match["what"], match["rest"]
    counted = {table.text for table in linked.tables if table.features.exact}
    if what.casefold() in counted or what.casefold().removesuffix("s") in counted:
        return f"How many {what} are there in {time}{rest}?"
    total = "" if _NUMBERED.match(what) else "total "
    return f"What is the {total}{what} in {time}{rest}?"


def _pairs(question: str, linked: LinkedQuestion) -> Iterator[_Pair]:
    """The pairs of constants of the question with `to`, `and` or the like between them."""
    constants: list[Constant] = [*linked.numbers, *linked.values]
    for one, other in combinations(sorted(constants, key=lambda each: each.span or (0, 0)), 2):
        if one.span is None or other.span is None or type(one) is not type(other):
            continue
        if _BETWEEN.match(question[one.span[1] : other.span[0]]):
            before = _BEFORE.search(question[: one.span[0]])
            yield _Pair(one, other, (before.start() if before else one.span[0], other.span[1]))


def _more(question: str, linked: LinkedQuestion) -> Whole | None:
    match = _MORE.match(question.strip().rstrip("?. "))
    if match is None:
        return None
    here = [each for each in _exact(linked) if each.span and each.span[1] <= match.end("what")]
    there = [each for each in _exact(linked) if each.span and match.start("other") <= each.span[0]]
    alike = ((one, other) for one in here for other in there if _are_alike(one, other))
    first, second = next(alike, (None, None))
    if first is None or second is None:
        return None
    is_less = match["side"].lower() != "more"
    compose = partial(_compose, linked, first, second, Operator.MINUS, turned=is_less)
    return Whole((f"{question[:8]} {match['what']}?",), compose)


def _exact(linked: LinkedQuestion) -> list[Constant]:
    return [*(value for value in linked.values if value.features.exact), *linked.numbers]


def _are_alike(one: Constant, other: Constant) -> bool:
    if isinstance(one, ValuePointer) and isinstance(other, ValuePointer):
        return one.key[0] == other.key[0]
    return type(one) is type(other)


def _compose(
    linked: LinkedQuestion,
    read: Constant,
    other: Constant,
    operator: Operator,
    queries: Sequence[Query],
    *,
    turned: bool = False,
) -> Iterator[Query]:
    """The number of a reading beside the same with another value, or `turned` the other way round."""
    (query,) = queries
    item = only_number(query) or _summed(query, linked)
    if item is None or query.limit is not None or query.having:
        return
    asked = value_of(read)
    for condition in query.where:
        is_one = condition.comparison in EQUALITIES[:1] and [each.text for each in condition.values] == [
            asked
        ]
        if is_one and not any(each.follows_or for each in query.where):
            rest = tuple(each for each in query.where if each != condition)
            both = [_only(item.term, condition, value) for value in (asked, value_of(other))]
            compared = Item(both[turned], operator, both[not turned])
            items = tuple(
                compared if each.term.operand == item.term.operand else each for each in query.items
            )
            yield replace(query, items=items, where=rest, distinct=False)


def _only(term: Term, condition: Condition, value: str) -> Term:
    return replace(term, only=(replace(condition, values=(Value(value),), follows_or=False),))


def _summed(query: Query, linked: LinkedQuestion) -> Item | None:
    """The sum of the one column of numbers that a query shows row by row."""
    if len(query.items) != 1 or query.group or query.operation is not None:
        return None
    item = query.items[0]
    refs = [ref for ref in linked.schema.refs() if ref == item.term.operand]
    if item.term.aggregate is None and refs and linked.schema.column(refs[0]).kind == ColumnType.NUMBER:
        return Item(Term(refs[0], Aggregate.SUM))
    return None
