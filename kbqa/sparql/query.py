"""A SPARQL query as data: what the grammar builds action by action, and its text.

The subset: basic graph patterns with class constraints, any number of steps (property paths), comparisons,
alternatives (`VALUES`, `UNION`), what may be missing (`OPTIONAL`), negation (`FILTER NOT EXISTS`), aggregates
with grouping and HAVING, calculations, values of queries within the query, DISTINCT, ORDER BY and LIMIT, and
what is at a place of an order, in SELECT and ASK.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pyoxigraph import Literal, NamedNode

RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SUBCLASS_OF = NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")


_XSD = "http://www.w3.org/2001/XMLSchema#"
_DECIMAL = f"{_XSD}decimal"
_PLACED = "?placed"
"""What is sorted by, of what is at a query's place."""
_NUMBERS = frozenset(f"{_XSD}{name}" for name in ("integer", "decimal", "double", "float"))
NUMERAL = "^ *([-+]?[0-9]+([.][0-9]+)?) *[^0-9.,]{0,12}$"
"""A number with a unit at most behind it, as SPARQL and Python read it; the first group is the number."""


@dataclass(frozen=True)
class Variable:
    """A variable, numbered in the order of its introduction."""

    index: int

    def __str__(self) -> str:
        return f"?x{self.index}"


class Value(Variable):
    """The one value that a query within a query finds, by the number of that query."""

    def __str__(self) -> str:
        return f"?value{self.index}"


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


class Reach(StrEnum):
    """How many steps an edge takes; the words are those of property paths."""

    ONE = ""
    MANY = "+"
    """One or more. To a class, that is one to any of its subclasses, at any level."""


@dataclass(frozen=True)
class Edge:
    """A triple pattern. `alternatives` are further terms that the constant end may be."""

    subject: Node
    predicate: NamedNode
    object: Node
    alternatives: tuple[Term, ...] = ()
    reach: Reach = Reach.ONE


@dataclass(frozen=True)
class Choice:
    """A variable that is one of some terms."""

    variable: Variable
    terms: tuple[Term, ...]


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
    """A comparison of what is found with a value, or with something else that is found."""

    variable: Variable
    comparison: Comparison
    value: Term | Average | Period | Variable


@dataclass(frozen=True)
class Branch:
    """One of several patterns of which a solution fits one at least."""

    edges: tuple[Edge, ...] = ()
    filters: tuple[Filter, ...] = ()


class Operation(StrEnum):
    """What is calculated of two values."""

    DIFFERENCE = "difference"
    RATIO = "ratio"
    PERCENTAGE = "percentage"


_OPERATIONS = {
    Operation.DIFFERENCE: "ABS({left} - {right})",
    Operation.RATIO: "{left} / {right}",
    Operation.PERCENTAGE: "100.0 * {left} / {right}",
}


@dataclass(frozen=True)
class Item:
    """A column or a sort key: a variable, or an aggregate of one; None stands for whole solutions.

    With an `operation`, it is what that makes of the variable and the `operand`.
    """

    variable: Variable | None
    aggregate: Aggregate | None = None
    operation: Operation | None = None
    operand: Variable | None = None


@dataclass(frozen=True)
class Having:
    """A condition on groups."""

    item: Item
    comparison: Comparison
    value: Term | Variable


@dataclass(frozen=True)
class Query:
    """A query.

    Without columns it is an ASK. `branches` go on from `edges`, each on its own; `optionals` may be missing.
    The texts of the variables that are `numerals` are compared, ordered and summed up as numbers. `values`
    are queries that give one value each. With a `place` (1 is the first), the solutions are those that are
    there in the order: all that share what is sorted by.
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
    choices: tuple[Choice, ...] = ()
    values: tuple["Query", ...] = ()
    place: int | None = None

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
        plain = (item for item in self.columns if not item.aggregate and not item.operation)
        return tuple(item.variable for item in plain if item.variable)


def pattern_text(query: Query, separator: str = " ", *, limit: int | None = None) -> str:
    """The inside of the query's WHERE clause; with `limit`, over only so many solutions of its edges."""
    parts = [*_chosen(query), *_joined(query)]
    if limit is not None:
        parts = [f"{{ SELECT * WHERE {{ {' '.join(parts)} }} LIMIT {limit} }}"]
    parts += [_value_text(value, number) for number, value in enumerate(query.values)]
    parts += _filters(query, query.filters)
    parts += [f"FILTER isNumeric({number_of(str(variable))})" for variable in _counted_on(query)]
    parts += [f"FILTER NOT EXISTS {{ {_chained(group)} }}" for group in query.negations]
    parts += [f"OPTIONAL {{ {' '.join(_edge_parts(edge))} }}" for edge in query.optionals]
    return separator.join(parts)


def _chosen(query: Query) -> list[str]:
    return [f"VALUES {each.variable} {{ {' '.join(map(str, each.terms))} }}" for each in query.choices]


def _value_text(query: Query, number: int) -> str:
    """A query that gives one value, within another."""
    (item,) = query.columns
    inner = f"SELECT ({_item_text(query, item)} AS {Value(number)}) WHERE {{ {pattern_text(query)} }}"
    return f"{{ {' '.join([inner, *_after_pattern(query)])} }}"


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
    is_sorted = query.order and not query.branches and query.place is None
    keeps_all = is_sorted or any(item.aggregate for item in query.columns)
    columns = " ".join(_column_text(query, column) for column in query.columns)
    lines = [f"SELECT {'' if keeps_all else 'DISTINCT '}{columns} WHERE {{", body]
    lines += [f"  {line}" for line in place_text(query)]
    return "\n".join([*lines, "}", *_after_pattern(query)])


def _after_pattern(query: Query) -> list[str]:
    """The clauses behind a query's pattern, in their order."""
    clauses, order, is_placed = list[str](), query.order, query.place is not None
    if query.grouped:
        beside = [str(Value(index)) for index in _values_of_groups(query)] + ([_PLACED] if is_placed else [])
        clauses.append(f"GROUP BY {' '.join([*map(str, query.grouped), *beside])}")
    conditions = []
    if having := query.having:
        conditions.append(f"({_item_text(query, having.item)} {having.comparison} {having.value})")
    if order and is_placed and query.grouped:
        conditions.append(f"({_item_text(query, order)} = {_PLACED})")
    if conditions:
        clauses.append(f"HAVING {' '.join(conditions)}")
    if order and not is_placed:
        clauses.append(f"ORDER BY {order_text(query, order)}")
    if query.limit is not None and not is_placed:
        clauses.append(f"LIMIT {query.limit}")
    return clauses


def _values_of_groups(query: Query) -> list[int]:
    """The values that groups are compared with, which are the same for all of them."""
    value = query.having.value if query.having else None
    return [value.index] if isinstance(value, Value) else []


def place_text(query: Query) -> list[str]:
    """The patterns by which a query keeps what is at its place in the order, and all that shares it."""
    if query.place is None or query.order is None:
        return []
    key, direction = _item_text(query, query.order), "DESC" if query.descending else "ASC"
    plain = [Item(variable) for variable in query.grouped] or [*query.columns]
    every = replace(query, columns=(*plain, query.order), order=None, limit=None, place=None)
    columns = " ".join(str(item.variable) for item in plain)
    distinct = "" if query.grouped else "DISTINCT "
    select = f"SELECT {distinct}{columns} ({key} AS {_PLACED}) WHERE {{ {pattern_text(every)} }}"
    every_text = " ".join([select, *_after_pattern(every)])
    ordered = f"ORDER BY {direction}({_PLACED}) OFFSET {query.place - 1} LIMIT 1"
    placed = f"{{ SELECT {_PLACED} WHERE {{ {{ {every_text} }} }} {ordered} }}"
    return [placed] if query.grouped else [placed, f"FILTER ({key} = {_PLACED})"]


def order_text(query: Query, order: Item) -> str:
    """What a query sorts its solutions by."""
    return f"{'DESC' if query.descending else 'ASC'}({_item_text(query, order)})"


def _edge_parts(edge: Edge, number: int = 0) -> list[str]:
    predicate = "a" if edge.predicate == RDF_TYPE else str(edge.predicate)
    if edge.reach == Reach.MANY:
        return [_path_text(edge)]
    if not edge.alternatives:
        return [f"{edge.subject} {predicate} {edge.object} ."]
    constant_subject = not isinstance(edge.subject, Variable)
    constant, other = (edge.subject, edge.object) if constant_subject else (edge.object, edge.subject)
    chosen = f"?any{number}"
    values = f"VALUES {chosen} {{ {' '.join(map(str, (constant, *edge.alternatives)))} }}"
    subject, target = (chosen, other) if constant_subject else (other, chosen)
    return [values, f"{subject} {predicate} {target} ."]


def _path_text(edge: Edge) -> str:
    """An edge of any number of steps. A member of several subclasses is one solution."""
    if edge.predicate != RDF_TYPE:
        return f"{edge.subject} {edge.predicate}{edge.reach} {edge.object} ."
    triple = f"{edge.subject} a/{SUBCLASS_OF}* {edge.object} ."
    member = edge.subject
    return f"{{ SELECT DISTINCT {member} WHERE {{ {triple} }} }}" if isinstance(member, Variable) else triple


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
    if isinstance(value, Variable):
        return [f"FILTER ({compared} {comparison} {_as_number(query, value)})"]
    if comparison == Comparison.CONTAINS:
        return [f"FILTER CONTAINS(LCASE(STR({variable})), LCASE({_plain(value)}))"]
    is_number = isinstance(value, Literal) and value.datatype.value in _NUMBERS
    return [f"FILTER ({compared if is_number else variable} {comparison} {value})"]


def _as_number(query: Query, operand: Variable) -> str:
    return number_of(str(operand)) if operand in query.numerals else str(operand)


def _plain(term: Term) -> str:
    return str(Literal(term.value))


def _item_text(query: Query, item: Item) -> str:
    if item.variable is None:
        of = "*"
    elif item.operation and item.operand:
        left, right = _as_number(query, item.variable), _as_number(query, item.operand)
        return _OPERATIONS[item.operation].format(left=left, right=right)
    else:
        of = str(item.variable) if item.aggregate in _COUNTS else _as_number(query, item.variable)
    if item.aggregate is None:
        return of
    if item.aggregate == Aggregate.COUNT_DISTINCT:
        return f"COUNT(DISTINCT {of})"
    return f"{item.aggregate}({of})"


def _column_text(query: Query, item: Item) -> str:
    if item.operation:
        return f"({_item_text(query, item)} AS ?{item.operation})"
    if item.aggregate is None:
        return str(item.variable)
    name = f"{item.aggregate.lower()}{'' if item.variable is None else f'_x{item.variable.index}'}"
    return f"({_item_text(query, item)} AS ?{name})"
