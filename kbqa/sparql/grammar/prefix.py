"""The prefix of a query, with the choices of its unfinished part."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from pyoxigraph import NamedNode

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.sparql.grammar.actions import (
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    Head,
    Introducer,
    NumberPointer,
    RelationPointer,
    Step,
    ValuePointer,
    Word,
    term_of,
)
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import (
    Aggregate,
    Average,
    Branch,
    Comparison,
    Edge,
    Filter,
    Item,
    Node,
    Period,
    Query,
    Term,
    Variable,
)

MAX_EDGES, MAX_COLUMNS, MAX_BRANCHES = 7, 6, 3


@dataclass(frozen=True)
class LinkedQuestion:
    """A question's view of a graph: what it may mention, and the graph to ask.

    `schema` are the relations between the graph's own words that it asks for. Where it `may_fail`, the last
    condition of a query may leave nothing: the answer is none, or 0.
    """

    graph: LiveGraph
    entities: tuple[EntityPointer, ...] = ()
    classes: tuple[ClassPointer, ...] = ()
    values: tuple[ValuePointer, ...] = ()
    numbers: tuple[NumberPointer, ...] = ()
    schema: frozenset[NamedNode] = frozenset()
    may_fail: bool = False

    @property
    def candidates(self) -> tuple[Action, ...]:
        """All that can be pointed to, in the order in which the network was trained to read it."""
        return (*self.entities, *self.values, *self.classes, *self.numbers)


class Part(StrEnum):
    """The part of a query that an item, or a comparison, will belong to."""

    COLUMN = "column"
    FILTER = "filter"
    HAVING = "having"
    ORDER = "order"


@dataclass(frozen=True)
class Prefix:
    """A prefix of a query. `head`, `relation` and so on are what has been chosen of an unfinished part.

    With `allow_no_answer`, one of the first actions is that the question has none. `group` is the keyword of
    the part that is open: NOT, EITHER (alternatives) or OPTIONAL. Variables that a part introduced, from
    `opened` on, are `hidden` after it, but for those that all alternatives have; those that may be missing
    are `optional`. Of a query that has `failed`, the last condition leaves nothing.
    """

    linked: LinkedQuestion = field(compare=False, repr=False)
    step: Step = Step.HEAD
    query: Query = field(default_factory=Query)
    introduced: tuple[Introducer, ...] = ()
    asks: bool = False
    answerable: bool = True
    allow_no_answer: bool = True
    group: Word | None = None
    opened: int = 0
    hidden: frozenset[int] = frozenset()
    optional: frozenset[int] = frozenset()
    head: Head | None = None
    relation: RelationPointer | None = None
    aggregate: Aggregate | None = None
    comparison: Comparison | None = None
    part: Part = Part.COLUMN
    item: Item | None = None
    failed: bool = False

    @property
    def may_fail(self) -> bool:
        """Whether the next condition may leave nothing."""
        in_a_part = self.group is not None or bool(self.query.branches)
        return self.linked.may_fail and not self.failed and not self.asks and not in_a_part

    @property
    def has_room(self) -> bool:
        """Whether the query may have an edge or a condition more."""
        query = self.query
        conditions = len(query.filters) + sum(len(branch.filters) for branch in query.branches)
        open_edges = len(query.negations[-1]) if self.group == Word.NOT else conditions
        return len(query.every_edge) + open_edges < MAX_EDGES

    def variables(self) -> list[VariablePointer]:
        """The variables that may be used, each read as what introduced it."""
        return [
            VariablePointer(index, introduced_by=by)
            for index, by in enumerate(self.introduced)
            if index not in self.hidden
        ]

    def certain(self) -> list[VariablePointer]:
        """The variables that every solution has."""
        return [variable for variable in self.variables() if variable.key not in self.optional]

    def shared(self) -> set[int]:
        """The variables that all alternatives have."""
        common = _variables_of(self.query.edges)
        return common | set.intersection(*(_variables_of(branch.edges) for branch in self.query.branches))

    def node(self, action: Action) -> Node:
        """An action as a part of a triple. Raises ValueError for what can be none."""
        if isinstance(action, VariablePointer):
            return Variable(action.key)
        if action == Keyword(Word.NEW):
            return Variable(len(self.introduced))
        return term_of(action)

    def edge(self, relation: RelationPointer, tail: Action) -> Edge:
        """The edge from the chosen head over a relation to a tail."""
        assert self.head is not None
        ends = self.node(self.head), self.node(tail)
        subject, target = ends if isinstance(relation, ForwardPointer) else ends[::-1]
        return Edge(subject, relation.key, target)

    def membership(self, action: ClassPointer) -> Edge:
        """The edge that makes the chosen head a member of a class."""
        assert self.head is not None
        return self.linked.graph.membership(self.node(self.head), action.key)

    def head_variable(self) -> Variable:
        """The chosen head, where it is a variable."""
        assert isinstance(self.head, VariablePointer)
        return Variable(self.head.key)

    def joined(self) -> tuple[Edge, ...]:
        """The edges that a solution of the open part has."""
        query = self.query
        of_part = query.branches[-1].edges if self.group == Word.EITHER else query.optionals
        return (*query.edges, *of_part)

    def with_edge(self, edge: Edge) -> Query:
        """The query with an edge more, in the part that is open."""
        query = self.query
        if self.group == Word.NOT:
            *closed, last = query.negations
            return replace(query, negations=(*closed, (*last, edge)))
        if self.group == Word.EITHER:
            *earlier, branch = query.branches
            return replace(query, branches=(*earlier, replace(branch, edges=(*branch.edges, edge))))
        if self.group == Word.OPTIONAL:
            return replace(query, optionals=(*query.optionals, edge))
        return replace(query, edges=(*query.edges, edge))

    def with_filter(self, value: Term | Average | Period) -> Query:
        """The query with the chosen head compared to a value, in the part that is open."""
        assert self.comparison is not None
        query, condition = self.query, Filter(self.head_variable(), self.comparison, value)
        if self.group == Word.EITHER:
            *earlier, branch = query.branches
            return replace(query, branches=(*earlier, replace(branch, filters=(*branch.filters, condition))))
        return replace(query, filters=(*query.filters, condition))

    def looked_for(self, query: Query) -> Query:
        """The part that must have a solution, of a query that goes on from here.

        That is the open alternative for itself, and what may be missing, once.
        """
        if self.group == Word.EITHER:
            branch = query.branches[-1]
            return Query((*query.edges, *branch.edges), branch.filters, numerals=query.numerals)
        if self.group == Word.OPTIONAL:
            return replace(query, edges=(*query.edges, query.optionals[-1]), optionals=())
        return query


def _variables_of(edges: tuple[Edge, ...]) -> set[int]:
    return {end.index for edge in edges for end in (edge.subject, edge.object) if isinstance(end, Variable)}


def has_nothing(query: Query) -> bool:
    """Whether no edge was chosen yet that all solutions have."""
    return not query.edges and not query.branches


def open_branch(query: Query) -> Query:
    """The query with an alternative more, which is empty."""
    return replace(query, branches=(*query.branches, Branch()))
