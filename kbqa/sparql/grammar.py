"""The grammar of SPARQL as states: FORM → HEAD → RELATION → TAIL → CONTINUE as in SPARKLE (section 3), and what follows.

A query grows edge by edge. A *head* is an entity, a class or a variable; a *relation* leaves it, forwards or backwards;
a *tail* is a new variable, or something that the question mentions. Then come columns, order and limit. Whatever a state
offers can be written down; `holds` asks the graph which of it still has an answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal

from kbqa.decoding.choices import Choice, Kind
from kbqa.decoding.vocabulary import Vocabulary
from kbqa.sparql.constraints import LiveGraph
from kbqa.sparql.dates import DATE_TYPES, dated_value, is_dated
from kbqa.sparql.query import RDF_TYPE, Aggregate, Average, Comparison, Edge, Filter, Having, Item, Node, Period, Query, Term, Variable

MAX_VARIABLES, MAX_EDGES, MAX_COLUMNS = 8, 7, 6

KEYWORDS = (
    "ASK", "NONE", "END", "NOT", "CLOSE", "OR", "NEW", "AVERAGE", "ALL", "HAVING", "ASC", "DESC", "STOP", "ONE", "UNLIMITED",
    *(str(each) for each in Aggregate), *(str(each) for each in Comparison),
)  # fmt: skip
STEPS = ("HEAD", "RELATION", "TAIL", "OR", "VALUE", "COLUMN", "OF", "COMPARE", "ORDER", "LIMIT")
VOCABULARY = Vocabulary(KEYWORDS, STEPS, MAX_VARIABLES)

_AGGREGATES = tuple(Aggregate)
_ORDERED = (Comparison.LESS, Comparison.GREATER, Comparison.AT_MOST, Comparison.AT_LEAST)


def keyword(word: str) -> Choice:
    """Return the choice of a keyword."""
    return Choice(Kind.KEYWORD, word)


@dataclass(frozen=True)
class World:
    """A question's view of a graph: what it may mention, and the graph to ask."""

    graph: LiveGraph
    entities: tuple[Choice, ...] = ()
    classes: tuple[Choice, ...] = ()
    values: tuple[Choice, ...] = ()
    numbers: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class SparqlState:
    """A prefix of a query. `head`, `relation` and so on are what has been chosen of an unfinished part.

    A state that `insists` does not offer that the question has no answer. `inside` is true in a negated part; variables that it
    introduced, from `opened` on, are `hidden` after it.
    """

    world: World = field(compare=False, repr=False)
    step: str = "HEAD"
    query: Query = field(default_factory=Query)
    introduced: tuple[Choice, ...] = ()
    asks: bool = False
    answerable: bool = True
    insists: bool = False
    inside: bool = False
    negated: bool = False
    opened: int = 0
    hidden: frozenset[int] = frozenset()
    head: Choice | None = None
    relation: Choice | None = None
    aggregate: Aggregate | None = None
    comparison: Comparison | None = None
    part: str = "column"
    item: Item | None = None

    def choices(self) -> Sequence[Choice]:
        """Return what the grammar allows here."""
        return _OFFERS[self.step](self)

    def holds(self, choices: Sequence[Choice]) -> list[bool]:
        """Tell for each choice whether the graph has an answer to a query that goes on with it."""
        check = _CHECKS.get(self.step)
        return [True] * len(choices) if check is None else check(self, choices)

    def then(self, choice: Choice) -> "SparqlState":
        """Return the state after a choice."""
        return _FOLLOWS[self.step](self, choice)

    def variables(self) -> list[Choice]:
        """Return the variables as choices, each read as what introduced it."""
        return [variable_choice(index, by) for index, by in enumerate(self.introduced) if index not in self.hidden]

    def node(self, choice: Choice) -> Node:
        """Return a choice as a part of a triple."""
        if choice.kind == Kind.VARIABLE:
            return Variable(choice.key)
        if choice.key == "NEW" and choice.kind == Kind.KEYWORD:
            return Variable(len(self.introduced))
        return term_of(choice)

    def edge(self, tail: Choice) -> Edge:
        """Return the edge from the chosen head over the chosen relation to a tail."""
        assert self.head is not None
        assert self.relation is not None
        return self._edge(self.relation, tail)

    def _edge(self, relation: Choice, tail: Choice) -> Edge:
        assert self.head is not None
        ends = self.node(self.head), self.node(tail)
        subject, target = ends if relation.kind == Kind.FORWARD else ends[::-1]
        return Edge(subject, relation.key, target)

    def membership(self, choice: Choice) -> Edge:
        """Return the edge that makes the chosen head a member of a class."""
        assert self.head is not None
        return Edge(self.node(self.head), RDF_TYPE, choice.key)

    def with_edge(self, edge: Edge) -> Query:
        """Return the query with an edge more, in the negated part if that is open."""
        if not self.inside:
            return replace(self.query, edges=(*self.query.edges, edge))
        *closed, last = self.query.negations if not self.negated else (*self.query.negations, ())
        return replace(self.query, negations=(*closed, (*last, edge)))

    def with_filter(self, comparison: Comparison, value: Term | Average | Period) -> Query:
        """Return the query with the chosen head compared to a value."""
        assert self.head is not None
        return replace(self.query, filters=(*self.query.filters, Filter(Variable(self.head.key), comparison, value)))


def variable_choice(index: int, introduced_by: Choice) -> Choice:
    """Return a variable as a choice."""
    return Choice(Kind.VARIABLE, index, introduced_by=introduced_by)


def term_of(choice: Choice) -> Term:
    """Return what an entity, a class, a value or a number stands for in the graph."""
    key: Term = choice.key[1] if choice.kind == Kind.VALUE else choice.key
    return key


# --- what each step offers ---------------------------------------------------------------------------------------------


def _offer_heads(state: SparqlState) -> Sequence[Choice]:
    world, query = state.world, state.query
    if not query.edges:
        start = [*world.entities, *world.classes, *world.values]
        none = [] if state.insists else [keyword("NONE")]
        return start if state.asks else [*none, keyword("ASK"), *start]
    if state.negated:
        return state.variables()
    if state.inside:
        own = [each for each in state.variables() if each.key >= state.opened]
        return [keyword("CLOSE"), *(own if len(query.edges) + len(query.negations[-1]) < MAX_EDGES else [])]
    found = [keyword("END")]
    if _constant_end(query.edges[-1]) is not None and not query.filters and not query.negations:
        found.append(keyword("OR"))
    if len(query.edges) + len(query.filters) < MAX_EDGES:
        found += state.variables()
        found += [] if query.negations else [keyword("NOT")]
    return found


def _offer_relations(state: SparqlState) -> Sequence[Choice]:
    assert state.head is not None
    head, graph = state.head, state.world.graph
    if head.kind in (Kind.ENTITY, Kind.VALUE):
        return graph.relations_of(term_of(head))
    found = list(graph.relations_after(state.introduced[head.key]))
    introduced_by = state.introduced[head.key]
    if introduced_by.kind != Kind.CLASS:
        found += state.world.classes
        found += [] if state.inside else map(keyword, Comparison)
    return found


def _offer_tails(state: SparqlState) -> Sequence[Choice]:
    assert state.relation is not None
    assert state.head is not None
    relation, head = state.relation, state.head
    found = [keyword("NEW")] if len(state.introduced) < MAX_VARIABLES and not _followed(state, relation) else []
    found += state.world.entities
    if relation.kind == Kind.FORWARD:
        found += [value for value in state.world.values if value.key[0] == relation.key]
    found += [each for each in state.variables() if each.key != head.key or head.kind != Kind.VARIABLE]
    if state.asks and relation.kind == Kind.FORWARD:
        found += state.world.numbers
    return found


def _followed(state: SparqlState, relation: Choice) -> bool:
    """Tell whether the relation was followed from the same head to a variable before: once more says nothing, and multiplies the solutions."""
    assert state.head is not None
    head = state.node(state.head)
    ends = [(edge.subject, edge.object) if relation.kind == Kind.FORWARD else (edge.object, edge.subject) for edge in state.query.edges
            if edge.predicate == relation.key]  # fmt: skip
    return not state.inside and any(one == head and isinstance(other, Variable) for one, other in ends)


def _offer_alternatives(state: SparqlState) -> Sequence[Choice]:
    edge = state.query.edges[-1]
    used = {_constant_end(edge), *edge.alternatives}
    same = [value for value in state.world.values if value.key[0] == edge.predicate]
    return [choice for choice in (*state.world.entities, *same) if term_of(choice) not in used]


def _offer_values(state: SparqlState) -> Sequence[Choice]:
    world, comparison = state.world, state.comparison
    if state.part == "having":
        return world.numbers
    assert state.head is not None
    by = state.introduced[state.head.key]
    values = [value for value in world.values if value.key[0] == by.key]
    if comparison == Comparison.CONTAINS:
        return [*values, *world.numbers]
    numbers = _fitting(world.numbers, world.graph.range_of(by.key), comparison)
    if comparison == Comparison.UNEQUAL:
        return [*numbers, *values, *world.entities]
    average = [keyword("AVERAGE")] if comparison in _ORDERED and by.kind == Kind.FORWARD else []
    return [*numbers, *values, *average]


def _fitting(numbers: Sequence[Choice], datatype: str, comparison: Comparison | None) -> list[Choice]:
    """Return the numbers and dates of a question as what a property has."""
    if datatype in DATE_TYPES:
        dated = [(number, dated_value(number.key.value, datatype, comparison)) for number in numbers]
        return [replace(number, key=value) for number, value in dated if value is not None]
    return [replace(number, key=Literal(number.key.value)) if is_dated(number.key.value) else number for number in numbers]


def _offer_columns(state: SparqlState) -> Sequence[Choice]:
    query = state.query
    more = len(query.columns) < MAX_COLUMNS
    chosen = {item.variable for item in query.columns if not item.aggregate}
    found = [each for each in state.variables() if Variable(each.key) not in chosen] if more and not query.having else []
    found += map(keyword, _AGGREGATES) if more and not query.having else ()
    if query.columns:
        found += map(keyword, ("STOP", "ASC", "DESC"))
        found += [keyword("HAVING")] if not query.having and state.world.numbers and any(not item.aggregate for item in query.columns) else []
    return found


def _offer_aggregated(state: SparqlState) -> Sequence[Choice]:
    """A column is not written twice."""
    whole = [keyword("ALL")] if state.aggregate == Aggregate.COUNT else []
    there = state.query.columns if state.part == "column" else ()
    return [each for each in (*whole, *state.variables()) if _aggregated_item(state, each) not in there]


def _offer_comparisons(state: SparqlState) -> Sequence[Choice]:
    return [keyword(each) for each in Comparison if each != Comparison.CONTAINS]


def _offer_order(state: SparqlState) -> Sequence[Choice]:
    grouped = any(item.aggregate for item in state.query.columns) or state.query.having
    plain = [each for each in state.variables() if not grouped or Variable(each.key) in state.query.grouped]
    aggregates = [] if state.part == "order" and not state.query.grouped and grouped else list(map(keyword, _AGGREGATES))
    return aggregates if state.part == "having" else [*plain, *aggregates]


def _offer_limits(state: SparqlState) -> Sequence[Choice]:
    counts = [number for number in state.world.numbers if number.key.value.isdecimal() and 0 < int(number.key.value) <= 1000]
    return [keyword("ONE"), keyword("UNLIMITED"), *counts]


# --- what follows a choice -----------------------------------------------------------------------------------------------


def _after_head(state: SparqlState, choice: Choice) -> SparqlState:
    if choice.kind == Kind.KEYWORD:
        return _AFTER_HEAD_WORD[choice.key](state)
    if choice.kind == Kind.CLASS:
        edge = Edge(Variable(0), RDF_TYPE, choice.key)
        return replace(state, query=state.with_edge(edge), introduced=(choice,))
    return replace(state, step="RELATION", head=choice)


_AFTER_HEAD_WORD: dict[str, Callable[[SparqlState], SparqlState]] = {
    "ASK": lambda state: replace(state, asks=True),
    "NONE": lambda state: replace(state, step="", answerable=False),
    "END": lambda state: replace(state, step="" if state.asks else "COLUMN"),
    "NOT": lambda state: replace(state, inside=True, negated=True, opened=len(state.introduced)),
    "CLOSE": lambda state: replace(state, inside=False, hidden=frozenset(range(state.opened, len(state.introduced)))),
    "OR": lambda state: replace(state, step="OR"),
}


def _after_relation(state: SparqlState, choice: Choice) -> SparqlState:
    if choice.kind == Kind.KEYWORD:
        return replace(state, step="VALUE", comparison=Comparison(choice.key), part="filter")
    if choice.kind == Kind.CLASS:
        return replace(state, step="HEAD", query=state.with_edge(state.membership(choice)), head=None, negated=False)
    return replace(state, step="TAIL", relation=choice)


def _after_tail(state: SparqlState, choice: Choice) -> SparqlState:
    assert state.relation is not None
    introduced = state.introduced
    if choice.kind == Kind.KEYWORD:
        introduced = (*introduced, state.relation)
    return replace(state, step="HEAD", query=state.with_edge(state.edge(choice)), introduced=introduced, negated=False, head=None, relation=None)


def _after_alternative(state: SparqlState, choice: Choice) -> SparqlState:
    return replace(state, step="HEAD", query=_with_alternative(state.query, choice))


def _after_value(state: SparqlState, choice: Choice) -> SparqlState:
    assert state.comparison is not None
    if state.part == "having":
        assert state.item is not None
        query = replace(state.query, having=Having(state.item, state.comparison, choice.key))
        return replace(state, step="COLUMN", part="column", query=query, item=None, comparison=None)
    query = state.with_filter(state.comparison, _compared(state, choice))
    return replace(state, step="HEAD", query=query, head=None, comparison=None, part="column")


def _after_column(state: SparqlState, choice: Choice) -> SparqlState:
    if choice.kind == Kind.VARIABLE:
        return _with_item(state, Item(Variable(choice.key)))
    if choice.key == "STOP":
        return replace(state, step="")
    if choice.key in ("ASC", "DESC"):
        return replace(state, step="ORDER", part="order", query=replace(state.query, descending=choice.key == "DESC"))
    if choice.key == "HAVING":
        return replace(state, step="ORDER", part="having")
    return replace(state, step="OF", aggregate=Aggregate(choice.key))


def _after_order(state: SparqlState, choice: Choice) -> SparqlState:
    if choice.kind == Kind.VARIABLE:
        return _with_item(state, Item(Variable(choice.key)))
    return replace(state, step="OF", aggregate=Aggregate(choice.key))


def _after_aggregated(state: SparqlState, choice: Choice) -> SparqlState:
    return _with_item(replace(state, aggregate=None), _aggregated_item(state, choice))


def _aggregated_item(state: SparqlState, choice: Choice) -> Item:
    return Item(None if choice.kind == Kind.KEYWORD else Variable(choice.key), state.aggregate)


def _after_comparison(state: SparqlState, choice: Choice) -> SparqlState:
    return replace(state, step="VALUE", comparison=Comparison(choice.key))


def _after_limit(state: SparqlState, choice: Choice) -> SparqlState:
    limit = {"ONE": 1, "UNLIMITED": None}[choice.key] if choice.kind == Kind.KEYWORD else int(choice.key.value)
    return replace(state, step="", query=replace(state.query, limit=limit))


def _with_item(state: SparqlState, item: Item) -> SparqlState:
    if state.part == "order":
        return replace(state, step="LIMIT", query=replace(state.query, order=item))
    if state.part == "having":
        return replace(state, step="COMPARE", item=item)
    return replace(state, step="COLUMN", query=replace(state.query, columns=(*state.query.columns, item)))


def _with_alternative(query: Query, choice: Choice) -> Query:
    *before, edge = query.edges
    return replace(query, edges=(*before, replace(edge, alternatives=(*edge.alternatives, term_of(choice)))))


def _compared(state: SparqlState, choice: Choice) -> Term | Average | Period:
    assert state.head is not None
    if choice.kind != Kind.KEYWORD:
        return term_of(choice)
    variable = Variable(state.head.key)
    return Average(next(edge for edge in state.query.edges if edge.object == variable))


def _constant_end(edge: Edge) -> Term | None:
    """Return the end of an edge that is no variable, if the other one is."""
    if edge.predicate == RDF_TYPE:
        return None
    constants = [end for end in (edge.subject, edge.object) if not isinstance(end, Variable)]
    return constants[0] if len(constants) == 1 else None


# --- what the graph has answers to ---------------------------------------------------------------------------------------


def _check_heads(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    """Only OR needs looking ahead: there must be another thing to choose from."""
    return [choice.key != "OR" or any(_check_alternatives(state, _offer_alternatives(state))) for choice in choices]


def _check_relations(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    """A question whether something is so may have the answer no: what it asserts need not hold."""
    if state.asks:
        return [choice.kind != Kind.KEYWORD or bool(_offer_values(replace(state, comparison=Comparison(choice.key)))) for choice in choices]
    found = dict.fromkeys(choices, False)
    for choice in choices:
        if choice.kind == Kind.KEYWORD:
            after = _after_relation(state, choice)
            found[choice] = any(_check_values(after, _offer_values(after)))
    classes = [choice for choice in choices if choice.kind == Kind.CLASS]
    found |= zip(classes, _check_edges(state, [state.membership(each) for each in classes]), strict=True)
    relations = [choice for choice in choices if choice.kind in (Kind.FORWARD, Kind.BACKWARD)]
    if state.inside:
        found |= {choice: _has_tail(_after_relation(state, choice)) for choice in relations}
    else:
        new = keyword("NEW")
        again = [each for each in relations if _followed(state, each)]
        found |= {choice: _has_tail(_after_relation(state, choice)) for choice in again}
        first = [each for each in relations if each not in again]
        found |= zip(first, state.world.graph.holds([state.with_edge(state._edge(each, new)) for each in first]), strict=True)
    return [found[choice] for choice in choices]


def _has_tail(state: SparqlState) -> bool:
    return any(_check_tails(state, state.choices()))


def _check_tails(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    if state.asks:
        return [True] * len(choices)
    return _check_edges(state, [state.edge(choice) for choice in choices])


def _check_edges(state: SparqlState, edges: Sequence[Edge]) -> list[bool]:
    """Tell which edges the query may be given: those that it lacks, and with which it has a solution."""
    holds = state.world.graph.holds([state.with_edge(edge) for edge in edges])
    return [each and edge not in state.query.edges for edge, each in zip(edges, holds, strict=True)]


def _check_alternatives(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    *before, edge = state.query.edges
    swapped = []
    for choice in choices:
        term = term_of(choice)
        ends = (edge.subject, term) if isinstance(edge.subject, Variable) else (term, edge.object)
        swapped.append(replace(state.query, edges=(*before, Edge(ends[0], edge.predicate, ends[1]))))
    extended = [replace(edge, alternatives=(*edge.alternatives, term_of(choice))) for choice in choices]
    return [each and more not in before for more, each in zip(extended, state.world.graph.holds(swapped), strict=True)]


def _check_values(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    if state.asks:
        return [True] * len(choices)
    assert state.comparison is not None
    if state.part == "having":
        assert state.item is not None
        conditions = [replace(state.query, having=Having(state.item, state.comparison, choice.key)) for choice in choices]
        return state.world.graph.answers(conditions)
    return state.world.graph.holds([state.with_filter(state.comparison, _compared(state, choice)) for choice in choices])


def _check_aggregated(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    """A sum or mean needs numbers."""
    if state.aggregate not in (Aggregate.SUM, Aggregate.AVG):
        return [True] * len(choices)
    return state.world.graph.numeric(state.query, [Variable(choice.key) for choice in choices])


def _check_aggregates(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    sums = {str(Aggregate.SUM), str(Aggregate.AVG)}
    return [choice.key not in sums or any(_check_aggregated(_after_order(state, choice), state.variables())) for choice in choices]


def _check_comparisons(state: SparqlState, choices: Sequence[Choice]) -> list[bool]:
    after = [_after_comparison(state, choice) for choice in choices]
    return [any(_check_values(each, _offer_values(each))) for each in after]


_OFFERS: dict[str, Callable[[SparqlState], Sequence[Choice]]] = {
    "HEAD": _offer_heads, "RELATION": _offer_relations, "TAIL": _offer_tails, "OR": _offer_alternatives, "VALUE": _offer_values,
    "COLUMN": _offer_columns, "OF": _offer_aggregated, "COMPARE": _offer_comparisons, "ORDER": _offer_order, "LIMIT": _offer_limits,
}  # fmt: skip
_FOLLOWS: dict[str, Callable[[SparqlState, Choice], SparqlState]] = {
    "HEAD": _after_head, "RELATION": _after_relation, "TAIL": _after_tail, "OR": _after_alternative, "VALUE": _after_value,
    "COLUMN": _after_column, "OF": _after_aggregated, "COMPARE": _after_comparison, "ORDER": _after_order, "LIMIT": _after_limit,
}  # fmt: skip
_CHECKS: dict[str, Callable[[SparqlState, Sequence[Choice]], list[bool]]] = {
    "HEAD": _check_heads, "RELATION": _check_relations, "TAIL": _check_tails, "OR": _check_alternatives, "VALUE": _check_values,
    "OF": _check_aggregated, "COLUMN": _check_aggregates, "ORDER": _check_aggregates, "COMPARE": _check_comparisons,
}  # fmt: skip


def start(world: World, *, insists: bool = False) -> SparqlState:
    """Return the state before the first choice."""
    return SparqlState(world, insists=insists)
