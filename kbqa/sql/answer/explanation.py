"""A query in plain words, and the steps in which it was decided."""

from collections.abc import Iterator, Sequence

from kbqa.decoding.actions import Action, Keyword
from kbqa.decoding.explanation import ShownStep, shown_steps
from kbqa.linking.time_values import in_words as time_in_words
from kbqa.sql.answer.reading import Reading
from kbqa.sql.grammar.actions import ColumnPointer, NumberPointer, Step, TablePointer, ValuePointer, Word
from kbqa.sql.query import (
    Aggregate,
    AllOf,
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
)
from kbqa.sql.schema import ColumnRef, readable

_STEPS: dict[str, str] = {
    Step.SELECT: "Show",
    Step.OPERAND: "Of what",
    Step.SECOND: "And what",
    Step.NEXT: "Then",
    Step.TABLE: "Joined with",
    Step.CONDITION: "Where",
    Step.COMPARE: "How compared",
    Step.VALUE: "Compared with",
    Step.GROUP: "For each",
    Step.HAVING: "Only groups whose",
    Step.ORDER: "Sorted by",
    Step.DIRECTION: "Which way",
    Step.LIMIT: "How many",
    Step.VIA: "Joined over",
    Step.PART: "Of which date",
}
_WORDS: dict[str, str] = {
    Word.NONE: "there is no answer",
    Word.END: "the query is complete",
    Word.WITH: "join another table",
    Word.WHERE: "only rows where",
    Word.GROUP: "in groups",
    Word.HAVING: "only groups with",
    Word.ORDER: "sorted",
    Word.ALSO: "or another",
    Word.SELECT: "another query",
    Word.ASC: "upwards",
    Word.DESC: "downwards",
    Word.UNLIMITED: "all",
    Word.ONE: "the first",
    Part.YEAR: "the year",
    Part.MONTH: "the month",
    Part.QUARTER: "the quarter",
    Part.MONTH_OF_YEAR: "the month of the year",
    Part.WEEK: "the week",
    Part.DAY: "the day",
    Part.WEEKDAY: "the weekday",
    Part.HOUR: "the hour",
}
_AGGREGATES = {
    Aggregate.COUNT: "the number of",
    Aggregate.SUM: "the sum of",
    Aggregate.AVG: "the average",
    Aggregate.MIN: "the lowest",
    Aggregate.MAX: "the highest",
}
_COMPARISONS = {
    Comparison.EQUAL: "is",
    Comparison.UNEQUAL: "is not",
    Comparison.LESS: "is less than",
    Comparison.GREATER: "is more than",
    Comparison.AT_MOST: "is at most",
    Comparison.AT_LEAST: "is at least",
    Comparison.CONTAINS: "contains",
    Comparison.LACKS: "does not contain",
    Comparison.STARTS: "starts with",
    Comparison.ENDS: "ends with",
    Comparison.IN: "is among",
    Comparison.NOT_IN: "is not among",
    Comparison.BETWEEN: "is between",
    Comparison.IS_NULL: "is empty",
    Comparison.IS_NOT_NULL: "is not empty",
}
_OPERATORS = {
    Operator.PLUS: "plus",
    Operator.MINUS: "minus",
    Operator.TIMES: "times",
    Operator.DIVIDE: "divided by",
}
_SETS = {
    SetOperation.UNION: "together with",
    SetOperation.INTERSECT: "only those that are also among",
    SetOperation.EXCEPT: "without",
}


def steps_of(reading: Reading) -> list[ShownStep]:
    """The steps of a reading in words."""
    return shown_steps(reading.derivation, _STEPS, action_text)


def action_text(action: Action) -> str:
    """An action in words."""
    match action:
        case Keyword(key=key):
            word = key.removeprefix("set ").removeprefix("operator ")
            return _WORDS.get(word, word.lower())
        case ColumnPointer(key=ref):
            return f"{ref.table}.{ref.column}"
        case TablePointer(key=table):
            return table
        case ValuePointer(text=text) | NumberPointer(text=text):
            return f"“{text}”"
    return action.text


def in_words(query: Query) -> str:
    """A query as a sentence."""
    text = _select(query)
    if query.operation is not None and query.right is not None:
        text = f"{text}; {_SETS[query.operation]} {_select(query.right)}"
    return f"{text[:1].upper()}{text[1:]}."


def sub_questions(query: Query) -> list[str]:
    """The queries within a query and beside it, in words: the decomposition of a nested question."""
    texts = [_select(part) for part in list(query.queries())[1:]]
    return [f"{text[:1].upper()}{text[1:]}" for text in texts if text]


def _select(query: Query) -> str:
    items = [item_text(item) for item in query.items]
    parts = [f"{'the different ' if query.distinct else ''}{_listed(items)}"]
    tables = dict.fromkeys(readable(table) for table in query.with_tables)
    if tables:
        parts.append(f"of those with {_listed(list(tables))}")
    if query.via:
        parts.append(f"joined by {_listed([_end(via.source) for via in query.via])}")
    if query.where:
        parts.append(f"where {_conditions(query.where)}")
    if query.group:
        parts.append(f"for each {_listed([_named(key).removeprefix('the ') for key in query.group])}")
    if query.having:
        parts.append(f"if {_conditions(query.having)}")
    if query.order:
        parts.append(_order(query.order, query.limit))
    return " ".join(parts)


def _order(orders: Sequence[Order], limit: int | None) -> str:
    keys = [
        f"{item_text(order.item)}, {'highest' if order.descending else 'lowest'} first" for order in orders
    ]
    cut = f", only the first {limit if limit != 1 else 'one'}" if limit is not None else ""
    return f"sorted by {_listed(keys)}{cut}"


def item_text(item: Item) -> str:
    """A column, an aggregate or a calculation in words."""
    if item.operator is None or item.other is None:
        return _term(item.term)
    return f"{_term(item.term)} {_OPERATORS[item.operator]} {_term(item.other)}"


def _term(term: Term) -> str:
    table = readable(term.operand.table)
    if isinstance(term.operand, AllOf):
        name = f"rows of {table}" if term.aggregate else f"everything about {table}"
    else:
        name = f"{_named(term.operand)} of {table}"
    if term.aggregate is None:
        return name
    return f"{_AGGREGATES[term.aggregate]} {'different ' if term.distinct else ''}{name}"


def _end(ref: ColumnRef) -> str:
    return f"{readable(ref.column)} of {readable(ref.table)}"


def _named(key: GroupKey) -> str:
    if isinstance(key, DatePart):
        return f"{_WORDS[key.part]} of {readable(key.column.column)}"
    return readable(key.column)


def _conditions(conditions: Sequence[Condition]) -> str:
    return "".join(_joined(conditions))


def _joined(conditions: Sequence[Condition]) -> Iterator[str]:
    for index, condition in enumerate(conditions):
        yield ("" if index == 0 else " or " if condition.follows_or else " and ") + _condition(condition)


def _condition(condition: Condition) -> str:
    compared = f"{item_text(condition.item)} {_COMPARISONS[condition.comparison]}"
    if condition.query is not None:
        return f"{compared} ({_select(condition.query)})"
    if condition.column is not None:
        return f"{compared} {_end(condition.column)}"
    if not condition.values:
        return compared
    separator = " and " if condition.comparison == Comparison.BETWEEN else " or "
    return f"{compared} {separator.join(f'“{time_in_words(value.text)}”' for value in condition.values)}"


def _listed(parts: Sequence[str]) -> str:
    if not parts:
        return "nothing"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
