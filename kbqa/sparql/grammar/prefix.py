"""How far a query has come, and what was chosen of its unfinished part."""

from dataclasses import dataclass, field, replace

from kbqa.decoding.actions import Action, Kind
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import (
    RDF_TYPE,
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

MAX_VARIABLES, MAX_EDGES, MAX_COLUMNS, MAX_BRANCHES = 8, 7, 6, 3

KEYWORDS = (
    "ASK",
    "NONE",
    "END",
    "NOT",
    "CLOSE",
    "OR",
    "NEW",
    "AVERAGE",
    "ALL",
    "HAVING",
    "ASC",
    "DESC",
    "STOP",
    "ONE",
    "UNLIMITED",
    *(str(each) for each in Aggregate),
    *(str(each) for each in Comparison),
    "EITHER",
    "OPTIONAL",
)
STEPS = ("HEAD", "RELATION", "TAIL", "OR", "VALUE", "COLUMN", "OF", "COMPARE", "ORDER", "LIMIT")
VOCABULARY = Vocabulary(KEYWORDS, STEPS, MAX_VARIABLES)


def variable_choice(index: int, introduced_by: Action) -> Action:
    """Return a variable as a choice."""
    return Action(Kind.VARIABLE, index, introduced_by=introduced_by)


def term_of(choice: Action) -> Term:
    """Return what an entity, a class, a value or a number stands for in the graph."""
    key: Term = choice.key[1] if choice.kind == Kind.VALUE else choice.key
    return key


@dataclass(frozen=True)
class LinkedQuestion:
    """A question's view of a graph: what it may mention, and the graph to ask."""

    graph: LiveGraph
    entities: tuple[Action, ...] = ()
    classes: tuple[Action, ...] = ()
    values: tuple[Action, ...] = ()
    numbers: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Prefix:
    """A prefix of a query. `head`, `relation` and so on are what has been chosen of an unfinished part.

    One that `insists` does not offer that the question has no answer. `group` is the keyword of the part that
    is open: NOT, EITHER (alternatives) or OPTIONAL. Variables that a part introduced, from `opened` on, are
    `hidden` after it, but for those that all alternatives have; those that may be missing are `optional`.
    """

    world: LinkedQuestion = field(compare=False, repr=False)
    step: str = "HEAD"
    query: Query = field(default_factory=Query)
    introduced: tuple[Action, ...] = ()
    asks: bool = False
    answerable: bool = True
    insists: bool = False
    group: str = ""
    opened: int = 0
    hidden: frozenset[int] = frozenset()
    optional: frozenset[int] = frozenset()
    head: Action | None = None
    relation: Action | None = None
    aggregate: Aggregate | None = None
    comparison: Comparison | None = None
    part: str = "column"
    item: Item | None = None

    @property
    def has_room(self) -> bool:
        """Tell whether the query may have an edge or a condition more."""
        query = self.query
        conditions = len(query.filters) + sum(len(branch.filters) for branch in query.branches)
        return (
            len(query.every_edge) + (len(query.negations[-1]) if self.group == "NOT" else conditions)
            < MAX_EDGES
        )

    def variables(self) -> list[Action]:
        """Return the variables as choices, each read as what introduced it."""
        return [
            variable_choice(index, by) for index, by in enumerate(self.introduced) if index not in self.hidden
        ]

    def certain(self) -> list[Action]:
        """Return the variables that every solution has."""
        return [each for each in self.variables() if each.key not in self.optional]

    def shared(self) -> set[int]:
        """Return the variables that all alternatives have."""
        common = _variables_of(self.query.edges)
        return common | set.intersection(*(_variables_of(branch.edges) for branch in self.query.branches))

    def node(self, choice: Action) -> Node:
        """Return a choice as a part of a triple."""
        if choice.kind == Kind.VARIABLE:
            return Variable(choice.key)
        if choice.key == "NEW" and choice.kind == Kind.KEYWORD:
            return Variable(len(self.introduced))
        return term_of(choice)

    def edge(self, relation: Action, tail: Action) -> Edge:
        """Return the edge from the chosen head over a relation to a tail."""
        assert self.head is not None
        ends = self.node(self.head), self.node(tail)
        subject, target = ends if relation.kind == Kind.FORWARD else ends[::-1]
        return Edge(subject, relation.key, target)

    def membership(self, choice: Action) -> Edge:
        """Return the edge that makes the chosen head a member of a class."""
        assert self.head is not None
        return Edge(self.node(self.head), RDF_TYPE, choice.key)

    def joined(self) -> tuple[Edge, ...]:
        """Return the edges that a solution of the open part has."""
        query = self.query
        return (
            (*query.edges, *query.branches[-1].edges)
            if self.group == "EITHER"
            else (*query.edges, *query.optionals)
        )

    def with_edge(self, edge: Edge) -> Query:
        """Return the query with an edge more, in the part that is open."""
        query = self.query
        if self.group == "NOT":
            *closed, last = query.negations
            return replace(query, negations=(*closed, (*last, edge)))
        if self.group == "EITHER":
            *others, branch = query.branches
            return replace(query, branches=(*others, replace(branch, edges=(*branch.edges, edge))))
        if self.group == "OPTIONAL":
            return replace(query, optionals=(*query.optionals, edge))
        return replace(query, edges=(*query.edges, edge))

    def with_filter(self, value: Term | Average | Period) -> Query:
        """Return the query with the chosen head compared to a value, in the part that is open."""
        assert self.head is not None
        assert self.comparison is not None
        query, condition = self.query, Filter(Variable(self.head.key), self.comparison, value)
        if self.group == "EITHER":
            *others, branch = query.branches
            return replace(query, branches=(*others, replace(branch, filters=(*branch.filters, condition))))
        return replace(query, filters=(*query.filters, condition))

    def looked_for(self, query: Query) -> Query:
        """Return of a query that goes on from here what must have a solution: the open alternative for
        itself, and what may be missing, once.
        """
        if self.group == "EITHER":
            branch = query.branches[-1]
            return Query((*query.edges, *branch.edges), branch.filters)
        if self.group == "OPTIONAL":
            return replace(query, edges=(*query.edges, query.optionals[-1]), optionals=())
        return query


def _variables_of(edges: tuple[Edge, ...]) -> set[int]:
    return {end.index for edge in edges for end in (edge.subject, edge.object) if isinstance(end, Variable)}


def has_nothing(query: Query) -> bool:
    """Tell whether no edge was chosen yet that all solutions have."""
    return not query.edges and not query.branches


def open_branch(query: Query) -> Query:
    """Return the query with an alternative more, which is empty."""
    return replace(query, branches=(*query.branches, Branch()))
