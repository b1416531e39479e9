"""The actions of the decoder of SPARQL: its steps, its keywords, and its pointers into a graph."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from kbqa.decoding.actions import Action, Kind, VariablePointer
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.linking.mentions import MentionFeatures
from kbqa.sparql.query import Aggregate, Comparison, Period, Term

MAX_VARIABLES = 8


class Step(StrEnum):
    """The kinds of decisions, in the order of their embeddings."""

    HEAD = "HEAD"
    RELATION = "RELATION"
    TAIL = "TAIL"
    OR = "OR"
    VALUE = "VALUE"
    COLUMN = "COLUMN"
    OF = "OF"
    COMPARE = "COMPARE"
    ORDER = "ORDER"
    LIMIT = "LIMIT"
    DONE = ""
    """The query is complete: nothing is decided here, so it has no embedding."""


class Word(StrEnum):
    """The keywords that are neither aggregates nor comparisons."""

    ASK = "ASK"
    NONE = "NONE"
    END = "END"
    NOT = "NOT"
    CLOSE = "CLOSE"
    OR = "OR"
    NEW = "NEW"
    AVERAGE = "AVERAGE"
    ALL = "ALL"
    HAVING = "HAVING"
    ASC = "ASC"
    DESC = "DESC"
    STOP = "STOP"
    ONE = "ONE"
    UNLIMITED = "UNLIMITED"
    EITHER = "EITHER"
    OPTIONAL = "OPTIONAL"


_TRAINED_LATER = (Word.EITHER, Word.OPTIONAL)
"""Words whose embeddings come after those of all others."""
KEYWORDS = (
    *(word for word in Word if word not in _TRAINED_LATER),
    *Aggregate,
    *Comparison,
    *_TRAINED_LATER,
)
VOCABULARY = Vocabulary(
    tuple(word.value for word in KEYWORDS),
    tuple(step.value for step in Step if step != Step.DONE),
    MAX_VARIABLES,
)


class FlagFeatures(NamedTuple):
    """How well true or false of a property is mentioned: as `MentionFeatures`, but which of both it is."""

    similarity: float
    exact: float
    truth: float
    words: float
    frequency: float
    coverage: float = 0.0


@dataclass(frozen=True)
class EntityPointer(Action):
    """An entity that the question may mention."""

    kind = Kind.ENTITY

    key: NamedNode
    features: MentionFeatures = field(default=MentionFeatures(), compare=False)


@dataclass(frozen=True)
class ClassPointer(Action):
    """A class of the graph."""

    kind = Kind.CLASS

    key: NamedNode
    features: MentionFeatures = field(default=MentionFeatures(), compare=False)


@dataclass(frozen=True)
class ValuePointer(Action):
    """A value that the question may mention, with the predicate that leads to it."""

    kind = Kind.VALUE

    key: tuple[NamedNode, Literal]
    features: MentionFeatures | FlagFeatures = field(default=MentionFeatures(), compare=False)


@dataclass(frozen=True)
class NumberPointer(Action):
    """A number, a date or a quotation of the question, as it is compared with what the graph has."""

    kind = Kind.NUMBER

    key: Literal | Period


@dataclass(frozen=True)
class RelationPointer(Action):
    """A predicate that is followed, one way or the other."""

    key: NamedNode


@dataclass(frozen=True)
class ForwardPointer(RelationPointer):
    """A predicate that is followed from subject to object."""

    kind = Kind.FORWARD


@dataclass(frozen=True)
class BackwardPointer(RelationPointer):
    """A predicate that is followed from object to subject."""

    kind = Kind.BACKWARD


Head = EntityPointer | ValuePointer | VariablePointer
"""The end that a relation leaves."""
Introducer = ClassPointer | RelationPointer
"""The class of a variable, or the relation that leads to it."""


def term_of(action: Action) -> Term:
    """The term that an entity, a class, a value or a number stands for. Raises ValueError for others."""
    match action:
        case ValuePointer(key=(_, value)):
            return value
        case EntityPointer(key=iri) | ClassPointer(key=iri):
            return iri
        case NumberPointer(key=Literal() as number):
            return number
    raise not_legal(action)


def not_legal(action: Action) -> ValueError:
    """The error of an action that its step does not allow."""
    return ValueError(f"The {action.kind} {action.key} is not legal here.")
