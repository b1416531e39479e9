"""A SPARQL query as data: what the grammar builds action by action, and its text.

The subset: basic graph patterns with class constraints, comparisons, alternatives (`VALUES`, `UNION`), what
may be missing (`OPTIONAL`), negation (`FILTER NOT EXISTS`), aggregates with grouping and HAVING, DISTINCT,
ORDER BY and LIMIT, in SELECT and ASK.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyoxigraph import Literal, NamedNode

RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


@dataclass(frozen=True)
class Variable:
    """A variable, numbered in the order of its introduction."""

    index: int

    def __str__(self) -> str:
        return f"?x{self.index}"


Term = NamedNode | Literal
Node = Variable | NamedNode | Literal


class Aggregate(StrEnum):
    """A function of a group's values; each is one keyword of the decoder."""

    COUNT = "COUNT"
    COUNT_DISTINCT = "COUNT_DISTINCT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"


class Comparison(StrEnum):
    """A comparison; the words are SPARQL's operators, but for `CONTAINS`."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    GREATER = ">"
    AT_MOST = "<="
    AT_LEAST = ">="
    CONTAINS = "CONTAINS"


@dataclass(frozen=True)
class Edge:
    """A triple pattern. `alternatives` are further terms that the constant end may be."""

    subject: Node
    predicate: NamedNode
    object: Node
    alternatives: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Average:
    """The mean value of a property over all that have it, to compare one value with."""

    edge: Edge


@dataclass(frozen=True)
class Period:
    """A day, a month or a year as ISO 8601 begins its dates: what is equal to it lies within."""

    value: str


@dataclass(frozen=True)
class Filter:
    """A comparison of a variable with a value."""

    variable: Variable
    comparison: Comparison
    value: Term | Average | Period


@dataclass(frozen=True)
class Branch:
    """One of several patterns of which a solution fits one at least."""

    edges: tuple[Edge, ...] = ()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Item:
    """A column or a sort key: a variable, or an aggregate of one; None stands for whole solutions."""

    variable: Variable | None
    aggregate: Aggregate | None = None


@dataclass(frozen=True)
class Having:
    """A condition on groups."""

    item: Item
    comparison: Comparison
    value: Term


@dataclass(frozen=True)
class Query:
    """A query.

    Without columns it is an ASK. `branches` go on from `edges`, each on its own; `optionals` may be missing.
    """

    edges: tuple[Edge, ...] = ()
    filters: tuple[Filter, ...] = ()
    negations: tuple[tuple[Edge, ...], ...] = ()
    columns: tuple[Item, ...] = ()
    having: Having | None = None
    order: Item | None = None
    descending: bool = False
    limit: int | None = None
    branches: tuple[Branch, ...] = ()
    optionals: tuple[Edge, ...] = ()

    @property
    def every_edge(self) -> tuple[Edge, ...]:
        """All edges that solutions may have."""
        return (*self.edges, *(edge for branch in self.branches for edge in branch.edges), *self.optionals)

    @property
    def required(self) -> int:
        """How many edges a solution goes along at least."""
        return len(self.edges) + max((len(branch.edges) for branch in self.branches), default=0)

    @property
    def grouped(self) -> tuple[Variable, ...]:
        """The variables that solutions are grouped by: with aggregates, the plain columns."""
        items = [*self.columns]
        items += [self.order] if self.order else []
        items += [self.having.item] if self.having else []
        if not any(item.aggregate for item in items):
            return ()
        return tuple(item.variable for item in self.columns if item.variable and not item.aggregate)


def pattern_text(query: Query, separator: str = " ", *, limit: int | None = None) -> str:
    """The inside of the query's WHERE clause; with `limit`, over only so many solutions of its edges."""
    parts = _joined(query)
    if limit is not None:
        parts = [f"{{ SELECT * WHERE {{ {' '.join(parts)} }} LIMIT {limit} }}"]
    parts += _filters(query.filters)
    parts += [f"FILTER NOT EXISTS {{ {_chained(group)} }}" for group in query.negations]
    parts += [f"OPTIONAL {{ {' '.join(_edge_parts(edge))} }}" for edge in query.optionals]
    return separator.join(parts)


def _joined(query: Query) -> list[str]:
    """The edges of every solution, and the branches.

    Each branch repeats the edges that all have, so that its conditions see the variables that these bind.
    """
    common, branches, begun = _edges(query.edges), list[str](), len(query.edges)
    for branch in query.branches:
        conditions = _filters(branch.filters, len(query.filters))
        parts = [*common, *_edges(branch.edges, begun), *conditions]
        branches.append(f"{{ {' '.join(parts)} }}")
        begun += len(branch.edges)
    return [" UNION ".join(branches)] if branches else common


def _edges(edges: Sequence[Edge], begun: int = 0) -> list[str]:
    return [part for number, edge in enumerate(edges, start=begun) for part in _edge_parts(edge, number)]


def _filters(filters: Sequence[Filter], begun: int = 0) -> list[str]:
    numbered = enumerate(filters, start=begun)
    return [part for number, condition in numbered for part in _filter_parts(condition, number)]


def query_text(query: Query, *, limit: int | None = None) -> str:
    """The query as SPARQL, one clause a line; with `limit`, over only so many solutions of its edges."""
    body = "\n".join(f"  {line}" for line in pattern_text(query, "\n", limit=limit).split("\n"))
    if not query.columns:
        return f"ASK {{\n{body}\n}}"
    keeps_all = (query.order and not query.branches) or any(item.aggregate for item in query.columns)
    columns = " ".join(map(_column_text, query.columns))
    lines = [f"SELECT {'' if keeps_all else 'DISTINCT '}{columns} WHERE {{", body, "}"]
    if query.grouped:
        lines.append(f"GROUP BY {' '.join(map(str, query.grouped))}")
    if having := query.having:
        lines.append(f"HAVING ({_item_text(having.item)} {having.comparison} {having.value})")
    if query.order:
        lines.append(f"ORDER BY {'DESC' if query.descending else 'ASC'}({_item_text(query.order)})")
    if query.limit is not None:
        lines.append(f"LIMIT {query.limit}")
    return "\n".join(lines)


def _edge_parts(edge: Edge, number: int = 0) -> list[str]:
    predicate = "a" if edge.predicate == RDF_TYPE else str(edge.predicate)
    if not edge.alternatives:
        return [f"{edge.subject} {predicate} {edge.object} ."]
    constant_subject = not isinstance(edge.subject, Variable)
    constant, other = (edge.subject, edge.object) if constant_subject else (edge.object, edge.subject)
    chosen = f"?any{number}"
    values = f"VALUES {chosen} {{ {' '.join(map(str, (constant, *edge.alternatives)))} }}"
    subject, target = (chosen, other) if constant_subject else (other, chosen)
    return [values, f"{subject} {predicate} {target} ."]


def _chained(edges: Sequence[Edge]) -> str:
    """Edges, each within the one before.

    Engines then look them up one by one; otherwise they join all of them for every row.
    """
    first, *rest = edges
    written = " ".join(_edge_parts(first))
    return f"{written} FILTER EXISTS {{ {_chained(rest)} }}" if rest else written


def _filter_parts(condition: Filter, number: int) -> list[str]:
    variable, comparison, value = condition.variable, condition.comparison, condition.value
    if isinstance(value, Average):
        mean, averaged = f"?mean{number}", f"?each{number}"
        subject = f"?of{number}" if isinstance(value.edge.subject, Variable) else str(value.edge.subject)
        triple = f"{subject} {value.edge.predicate} {averaged} ."
        return [
            f"{{ SELECT (AVG({averaged}) AS {mean}) WHERE {{ {triple} }} }}",
            f"FILTER ({variable} {comparison} {mean})",
        ]
    if isinstance(value, Period):
        within = f"STRSTARTS(STR({variable}), {Literal(value.value)})"
        return [f"FILTER ({within if comparison == Comparison.EQUAL else f'!{within}'})"]
    if comparison == Comparison.CONTAINS:
        return [f"FILTER CONTAINS(LCASE(STR({variable})), LCASE({_plain(value)}))"]
    return [f"FILTER ({variable} {comparison} {value})"]


def _plain(term: Term) -> str:
    return str(Literal(term.value))


def _item_text(item: Item) -> str:
    if item.aggregate is None:
        return str(item.variable)
    of = "*" if item.variable is None else str(item.variable)
    if item.aggregate == Aggregate.COUNT_DISTINCT:
        return f"COUNT(DISTINCT {of})"
    return f"{item.aggregate}({of})"


def _column_text(item: Item) -> str:
    if item.aggregate is None:
        return str(item.variable)
    name = f"{item.aggregate.lower()}{'' if item.variable is None else f'_x{item.variable.index}'}"
    return f"({_item_text(item)} AS ?{name})"
