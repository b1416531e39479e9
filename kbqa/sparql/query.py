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


_XSD = "http://www.w3.org/2001/XMLSchema#"
_DECIMAL = f"{_XSD}decimal"
_NUMBERS = frozenset(f"{_XSD}{name}" for name in ("integer", "decimal", "double", "float"))
NUMERAL = "^ *([-+]?[0-9]+([.][0-9]+)?) *[^0-9.,]{0,12}$"
"""A number with a unit at most behind it, as SPARQL and Python read it; the first group is the number."""


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


_COUNTS = (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)


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
    The texts of the variables that are `numerals` are compared, ordered and summed up as numbers.
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
    numerals: frozenset[Variable] = frozenset()

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
    parts += _filters(query, query.filters)
    parts += [f"FILTER isNumeric({number_of(str(variable))})" for variable in _counted_on(query)]
    parts += [f"FILTER NOT EXISTS {{ {_chained(group)} }}" for group in query.negations]
    parts += [f"OPTIONAL {{ {' '.join(_edge_parts(edge))} }}" for edge in query.optionals]
    return separator.join(parts)


def _joined(query: Query) -> list[str]:
    """The edges of every solution, and the branches.

    Each branch repeats the edges that all have, so that its conditions see the variables that these bind.
    """
    common, branches, begun = _edges(query.edges), list[str](), len(query.edges)
    for branch in query.branches:
        conditions = _filters(query, branch.filters, len(query.filters))
        parts = [*common, *_edges(branch.edges, begun), *conditions]
        branches.append(f"{{ {' '.join(parts)} }}")
        begun += len(branch.edges)
    return [" UNION ".join(branches)] if branches else common


def _edges(edges: Sequence[Edge], begun: int = 0) -> list[str]:
    return [part for number, edge in enumerate(edges, start=begun) for part in _edge_parts(edge, number)]


def _filters(query: Query, filters: Sequence[Filter], begun: int = 0) -> list[str]:
    numbered = enumerate(filters, start=begun)
    return [part for number, condition in numbered for part in _filter_parts(query, condition, number)]


def _counted_on(query: Query) -> list[Variable]:
    """The numerals that must be numbers: of what is summed up, and of what only the first are shown."""
    items = [item for item in (*query.columns, query.having and query.having.item) if item]
    needed = {item.variable for item in items if item.aggregate not in (None, *_COUNTS)}
    if query.order and (query.limit is not None or query.order.aggregate not in (None, *_COUNTS)):
        needed.add(query.order.variable)
    missing = {edge.object for edge in query.optionals}
    return sorted((needed & query.numerals) - missing, key=str)  # type: ignore[arg-type]


def number_of(variable: str) -> str:
    """The number that a text says, as SPARQL: of "1,358" 1358, of "172 cm" 172; an error of other texts."""
    plain = f'REPLACE(STR({variable}), ",([0-9]{{3}})", "$1")'
    return f'<{_DECIMAL}>(REPLACE({plain}, "{NUMERAL}", "$1"))'


def query_text(query: Query, *, limit: int | None = None) -> str:
    """The query as SPARQL, one clause a line; with `limit`, over only so many solutions of its edges."""
    body = "\n".join(f"  {line}" for line in pattern_text(query, "\n", limit=limit).split("\n"))
    if not query.columns:
        return f"ASK {{\n{body}\n}}"
    keeps_all = (query.order and not query.branches) or any(item.aggregate for item in query.columns)
    columns = " ".join(_column_text(query, column) for column in query.columns)
    lines = [f"SELECT {'' if keeps_all else 'DISTINCT '}{columns} WHERE {{", body, "}"]
    if query.grouped:
        lines.append(f"GROUP BY {' '.join(map(str, query.grouped))}")
    if having := query.having:
        lines.append(f"HAVING ({_item_text(query, having.item)} {having.comparison} {having.value})")
    if query.order:
        lines.append(f"ORDER BY {order_text(query, query.order)}")
    if query.limit is not None:
        lines.append(f"LIMIT {query.limit}")
    return "\n".join(lines)


def order_text(query: Query, order: Item) -> str:
    """What a query sorts its solutions by."""
    return f"{'DESC' if query.descending else 'ASC'}({_item_text(query, order)})"


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


def _filter_parts(query: Query, condition: Filter, number: int) -> list[str]:
    variable, comparison, value = condition.variable, condition.comparison, condition.value
    compared = _as_number(query, variable)
    if isinstance(value, Average):
        mean, averaged = f"?mean{number}", f"?each{number}"
        subject = f"?of{number}" if isinstance(value.edge.subject, Variable) else str(value.edge.subject)
        triple = f"{subject} {value.edge.predicate} {averaged} ."
        if variable in query.numerals:
            triple = f"{triple} FILTER isNumeric({number_of(averaged)})"
            averaged = number_of(averaged)
        return [
            f"{{ SELECT (AVG({averaged}) AS {mean}) WHERE {{ {triple} }} }}",
            f"FILTER ({compared} {comparison} {mean})",
        ]
    if isinstance(value, Period):
        within = f"STRSTARTS(STR({variable}), {Literal(value.value)})"
        return [f"FILTER ({within if comparison == Comparison.EQUAL else f'!{within}'})"]
    if comparison == Comparison.CONTAINS:
        return [f"FILTER CONTAINS(LCASE(STR({variable})), LCASE({_plain(value)}))"]
    is_number = isinstance(value, Literal) and value.datatype.value in _NUMBERS
    return [f"FILTER ({compared if is_number else variable} {comparison} {value})"]


def _as_number(query: Query, variable: Variable) -> str:
    return number_of(str(variable)) if variable in query.numerals else str(variable)


def _plain(term: Term) -> str:
    return str(Literal(term.value))


def _item_text(query: Query, item: Item) -> str:
    if item.variable is None:
        of = "*"
    else:
        of = str(item.variable) if item.aggregate in _COUNTS else _as_number(query, item.variable)
    if item.aggregate is None:
        return of
    if item.aggregate == Aggregate.COUNT_DISTINCT:
        return f"COUNT(DISTINCT {of})"
    return f"{item.aggregate}({of})"


def _column_text(query: Query, item: Item) -> str:
    if item.aggregate is None:
        return str(item.variable)
    name = f"{item.aggregate.lower()}{'' if item.variable is None else f'_x{item.variable.index}'}"
    return f"({_item_text(query, item)} AS ?{name})"
