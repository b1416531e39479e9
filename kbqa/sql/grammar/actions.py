"""The actions of the decoder of SQL: its steps, its keywords, and its pointers into a database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from kbqa.decoding.actions import Action, Keyword, Kind
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.linking.mentions import MentionFeatures
from kbqa.sql.query import Aggregate, AllOf, Comparison, Operand, Operator, Part, SetOperation
from kbqa.sql.schema import ColumnRef


class Step(StrEnum):
    """The kinds of decisions, in the order of their embeddings."""

    SELECT = "SELECT"
    OPERAND = "OPERAND"
    SECOND = "SECOND"
    NEXT = "NEXT"
    TABLE = "TABLE"
    CONDITION = "CONDITION"
    COMPARE = "COMPARE"
    VALUE = "VALUE"
    GROUP = "GROUP"
    HAVING = "HAVING"
    ORDER = "ORDER"
    DIRECTION = "DIRECTION"
    LIMIT = "LIMIT"
    VIA = "VIA"
    PART = "PART"
    DONE = ""
    """The query is complete: nothing is decided here, so it has no embedding."""


class Word(StrEnum):
    """The keywords that are no aggregate, comparison or part of a date."""

    NONE = "NONE"
    DISTINCT = "DISTINCT"
    END = "END"
    WITH = "WITH"
    WHERE = "WHERE"
    GROUP = "GROUP"
    HAVING = "HAVING"
    ORDER = "ORDER"
    AND = "AND"
    OR = "OR"
    ALSO = "ALSO"
    SELECT = "SELECT"
    ASC = "ASC"
    DESC = "DESC"
    UNLIMITED = "UNLIMITED"
    ONE = "ONE"
    UNION = "set UNION"
    INTERSECT = "set INTERSECT"
    EXCEPT = "set EXCEPT"
    PLUS = "operator +"
    MINUS = "operator -"
    TIMES = "operator *"
    DIVIDE = "operator /"
    COMPUTED = "COMPUTED"
    OF_EACH = "OF_EACH"
    WHICH = "WHICH"
    PLACE = "PLACE"
    EACH = "EACH"
    EMPTY = "EMPTY"


SET_OPERATIONS = {
    Word.UNION: SetOperation.UNION,
    Word.INTERSECT: SetOperation.INTERSECT,
    Word.EXCEPT: SetOperation.EXCEPT,
}
OPERATORS = {
    Word.PLUS: Operator.PLUS,
    Word.MINUS: Operator.MINUS,
    Word.TIMES: Operator.TIMES,
    Word.DIVIDE: Operator.DIVIDE,
}
WORD_OF = {operation: word for word, operation in (*SET_OPERATIONS.items(), *OPERATORS.items())}
"""The word of each set operation and operator."""
_LATEST = (
    *(Word.COMPUTED, Word.OF_EACH, Word.WHICH, Word.PLACE, Word.EACH, Word.EMPTY),
    Aggregate.SHARE,
)
KEYWORDS = (
    *(word for word in Word if word not in SET_OPERATIONS and word not in OPERATORS and word not in _LATEST),
    *(aggregate for aggregate in Aggregate if aggregate not in _LATEST),
    *Comparison,
    *SET_OPERATIONS,
    *OPERATORS,
    *Part,
    *_LATEST,
)
"""All keywords; new ones stand last, so that weights that were trained without them can be trained on.

A word of its own begins whatever else is new: weights that do not know it write what they always wrote.
"""
VOCABULARY = Vocabulary(
    tuple(word.value for word in KEYWORDS),
    tuple(step.value for step in Step if step != Step.DONE),
    variables=1,
)


class TableFeatures(NamedTuple):
    """How well a table is mentioned, in the order in which the network was trained to read it."""

    similarity: float = 0.0
    """The share of its name's words that the question has."""
    exact: float = 0.0
    """1 where it has all of them."""
    unused_2: float = 0.0
    unused_3: float = 0.0
    unused_4: float = 0.0
    has_mentioned_cell: float = 0.0
    """1 where a cell of the table is mentioned."""


class ColumnFeatures(NamedTuple):
    """How well a column is mentioned, in the order in which the network was trained to read it."""

    similarity: float = 0.0
    """The share of the words of its name, or of its description, that the question has."""
    exact: float = 0.0
    """1 where it has all of them."""
    is_number: float = 0.0
    is_date: float = 0.0
    is_primary: float = 0.0
    has_mentioned_cell: float = 0.0
    """1 where a cell of the column is mentioned."""


class NumberFeatures(NamedTuple):
    """How a constant stands in the question, in the order in which the network was trained to read it."""

    similarity: float = 0.5
    exact: float = 0.0
    quoted: float = 0.0


@dataclass(frozen=True)
class TablePointer(Action):
    """A table; in a term, its rows."""

    kind = Kind.TABLE

    key: str
    features: TableFeatures = field(default=TableFeatures(), compare=False)


@dataclass(frozen=True)
class ColumnPointer(Action):
    """A column."""

    kind = Kind.COLUMN

    key: ColumnRef
    features: ColumnFeatures = field(default=ColumnFeatures(), compare=False)


@dataclass(frozen=True)
class ValuePointer(Action):
    """A cell's value that the question may mention, with its column."""

    kind = Kind.VALUE

    key: tuple[ColumnRef, str]
    features: MentionFeatures = field(default=MentionFeatures(), compare=False)


@dataclass(frozen=True)
class NumberPointer(Action):
    """A constant of the question: a number, a date, a quotation, or a name that no cell explains."""

    kind = Kind.NUMBER

    key: str
    features: NumberFeatures = field(default=NumberFeatures(), compare=False)


def keywords(*words: str) -> Iterator[Keyword]:
    """The actions of some words."""
    return map(Keyword, words)


def operand_of(action: Action) -> Operand:
    """The operand that a column or a table stands for in a term. Raises ValueError for others."""
    match action:
        case ColumnPointer(key=ref):
            return ref
        case TablePointer(key=table):
            return AllOf(table)
    raise not_legal(action)


def limit_of(action: Action) -> int:
    """The number of rows, or the place among them, that an action means. Raises ValueError for others."""
    match action:
        case Keyword(key=Word.ONE):
            return 1
        case NumberPointer(key=number):
            return int(number)
    raise not_legal(action)


def column_of(action: Action) -> ColumnRef:
    """The column that is pointed to. Raises ValueError where it is none."""
    if isinstance(action, ColumnPointer):
        return action.key
    raise not_legal(action)


def table_of(action: Action) -> str | None:
    """The table that an action points to, or whose column it does; None for all else."""
    if isinstance(action, ColumnPointer):
        return action.key.table
    return action.key if isinstance(action, TablePointer) else None


def value_of(action: Action) -> str:
    """The text of a cell's value or of a constant. Raises ValueError for others."""
    match action:
        case ValuePointer(key=(_, value)):
            return value
        case NumberPointer(key=text):
            return text
    raise not_legal(action)


def not_legal(action: Action) -> ValueError:
    """The error of an action that its step does not allow."""
    return ValueError(f"The {action.kind} {action.key} is not legal here.")
