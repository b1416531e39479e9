"""A static oracle: a known query → the actions that write it, in one canonical order.

The walk begins at the constant that the question mentions first, or else at a class, and takes the query's
edges as soon as they touch what is there; classes come right after what they describe.
"""

from collections.abc import Iterator

from pyoxigraph import NamedNode

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.sparql.grammar import LinkedQuestion, SparqlState, start, term_of
from kbqa.sparql.grammar.actions import (
    BackwardPointer,
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    NumberPointer,
    ValuePointer,
    Word,
)
from kbqa.sparql.query import (
    RDF_TYPE,
    Average,
    Branch,
    Comparison,
    Edge,
    Filter,
    Having,
    Item,
    Node,
    Query,
    Variable,
)
from training.decoder.decisions import Decision


class NotWritableError(ValueError):
    """The grammar, or what was found in the question, does not reach this query."""


def decisions(query: Query | None, linked: LinkedQuestion) -> list[Decision]:
    """The decisions that write `query`; None is a question that the graph cannot answer.

    Raises NotWritableError.
    """
    if query is None:
        state = start(linked)
        return [_decision(state, Keyword(Word.NONE))]
    return list(_Walk(query, linked).steps())


def _decision(state: SparqlState, action: Action) -> Decision:
    legal = tuple(state.legal_actions())
    if action not in legal:
        raise NotWritableError(f"{action.kind} {action.key} is not offered at {state.step}.")
    return Decision(state.step, legal, legal.index(action))


class _Walk:
    """Writes a query; remembers which of its variables became which of the grammar's."""

    def __init__(self, query: Query, linked: LinkedQuestion) -> None:
        self.query, self.linked, self.state = query, linked, start(linked)
        self.indices: dict[Variable, int] = {}

    def steps(self) -> Iterator[Decision]:
        query = self.query
        if not query.columns:
            yield self._take(Keyword(Word.ASK))
        if query.edges:
            yield from self._edges(list(query.edges))
        if query.branches:
            yield self._take(Keyword(Word.EITHER))
            for index, branch in enumerate(query.branches):
                if index:
                    yield self._take(Keyword(Word.OR))
                yield from self._branch(branch)
            yield self._take(Keyword(Word.CLOSE))
        for condition in query.filters:
            yield from self._filter(condition)
        for group in query.negations:
            yield self._take(Keyword(Word.NOT))
            yield from self._group(list(group))
            yield self._take(Keyword(Word.CLOSE))
        for edge in query.optionals:
            yield self._take(Keyword(Word.OPTIONAL))
            yield from self._attach(edge)
        yield self._take(Keyword(Word.END))
        if query.columns:
            yield from self._columns()

    def _take(self, action: Action) -> Decision:
        decision = _decision(self.state, action)
        self.state = self.state.apply(decision.legal[decision.gold])
        return decision

    def _edges(self, edges: list[Edge]) -> Iterator[Decision]:
        first = self._first(edges)
        if first.predicate == RDF_TYPE and isinstance(first.subject, Variable):
            edges.remove(first)
            yield self._take(_class(first))
            if self.indices and self.indices.get(first.subject) != 0:
                raise NotWritableError("An alternative begins with a class of another variable.")
            self.indices[first.subject] = 0
        else:
            edges.remove(first)
            constant = first.object if isinstance(first.subject, Variable) else first.subject
            yield self._take(self._pointer(constant, first))
            yield from self._leave(first, constant)
        while edges:
            edge = self._connected(self._by_class_first(edges))
            if edge is None:
                raise NotWritableError("The query has parts that are not connected.")
            edges.remove(edge)
            yield from self._attach(edge)

    def _connected(self, edges: list[Edge]) -> Edge | None:
        """The first edge that touches what is there already; None where all are apart from it."""
        for edge in edges:
            if self._known(edge.subject) or self._known(edge.object):
                return edge
        return None

    def _by_class_first(self, edges: list[Edge]) -> list[Edge]:
        return sorted(edges, key=lambda edge: edge.predicate != RDF_TYPE)

    def _first(self, edges: list[Edge]) -> Edge:
        def mentioned(edge: Edge) -> float:
            constant = edge.object if isinstance(edge.subject, Variable) else edge.subject
            if edge.predicate == RDF_TYPE or isinstance(constant, Variable):
                return float("inf")
            span = self._pointer(constant, edge).span
            return span[0] if span else 1e9

        by_mention = [(mentioned(edge), index) for index, edge in enumerate(edges)]
        position, first = min(by_mention)
        if position < float("inf") and not self._class_is_main(edges):
            return edges[first]
        for edge in edges:
            if edge.predicate == RDF_TYPE:
                return edge
        if position < float("inf"):
            return edges[first]
        raise NotWritableError("The query begins with no constant and no class.")

    def _class_is_main(self, edges: list[Edge]) -> bool:
        """Where values are texts and not entities, a query begins with the class that they describe."""
        return any(edge.predicate == RDF_TYPE for edge in edges) and not any(
            self._has_entity(edge) for edge in edges
        )

    def _has_entity(self, edge: Edge) -> bool:
        entities = {entity.key for entity in self.linked.entities}
        return edge.predicate != RDF_TYPE and not entities.isdisjoint((edge.subject, edge.object))

    def _known(self, node: Node) -> bool:
        return isinstance(node, Variable) and node in self.indices

    def _attach(self, edge: Edge) -> Iterator[Decision]:
        from_subject = self._known(edge.subject)
        head = edge.subject if from_subject else edge.object
        yield self._take(self._variable(head))
        if edge.predicate == RDF_TYPE:
            yield self._take(_class(edge))
        else:
            yield from self._leave(edge, head)

    def _leave(self, edge: Edge, head: Node) -> Iterator[Decision]:
        forward = head == edge.subject
        tail = edge.object if forward else edge.subject
        yield self._take((ForwardPointer if forward else BackwardPointer)(edge.predicate))
        if not isinstance(tail, Variable):
            yield self._take(self._pointer(tail, edge))
        elif tail in self.indices:
            yield self._take(self._variable(tail))
        else:
            self.indices[tail] = len(self.state.prefix.introduced)
            yield self._take(Keyword(Word.NEW))
        for other in edge.alternatives:
            yield self._take(Keyword(Word.OR))
            yield self._take(self._pointer(other, edge))

    def _branch(self, branch: Branch) -> Iterator[Decision]:
        """Write an alternative: on from what all have, or from its own beginning."""
        if branch.edges and not self.query.edges:
            yield from self._edges(list(branch.edges))
        else:
            yield from self._group(list(branch.edges))
        for condition in branch.filters:
            yield from self._filter(condition)

    def _group(self, edges: list[Edge]) -> Iterator[Decision]:
        while edges:
            edge = self._connected(edges)
            if edge is None:
                raise NotWritableError("A part of its own is not connected.")
            edges.remove(edge)
            yield from self._attach(edge)

    def _filter(self, condition: Filter) -> Iterator[Decision]:
        yield self._take(self._variable(condition.variable))
        yield self._take(Keyword(condition.comparison))
        if isinstance(condition.value, Average):
            yield self._take(Keyword(Word.AVERAGE))
        elif isinstance(condition.value, Variable):
            raise NotWritableError("Two values that are found are compared.")
        else:
            yield self._take(self._offered(condition.value.value))

    def _columns(self) -> Iterator[Decision]:
        query = self.query
        for item in query.columns:
            yield from self._item(item)
        if query.having:
            yield self._take(Keyword(Word.HAVING))
            yield from self._item(query.having.item)
            comparison, value = self._counted(query.having)
            yield self._take(Keyword(comparison))
            yield self._take(self._offered(value))
        if not query.order:
            if query.limit is not None:
                raise NotWritableError("LIMIT without ORDER.")
            yield self._take(Keyword(Word.STOP))
            return
        yield self._take(Keyword(Word.DESC if query.descending else Word.ASC))
        yield from self._item(query.order)
        if query.limit is None or query.limit == 1:
            yield self._take(Keyword(Word.UNLIMITED if query.limit is None else Word.ONE))
        else:
            yield self._take(self._offered(str(query.limit)))

    def _item(self, item: Item) -> Iterator[Decision]:
        if item.aggregate:
            yield self._take(Keyword(item.aggregate))
        if item.variable is None:
            yield self._take(Keyword(Word.ALL))
        else:
            yield self._take(self._variable(item.variable))

    def _counted(self, having: Having) -> tuple[Comparison, str]:
        """A condition on a count by a number that the question has: at least two is more than one."""
        named = {number.key.value for number in self.linked.numbers}
        if isinstance(having.value, Variable):
            raise NotWritableError("Groups are compared with what is found.")
        value = having.value.value
        if value in named or not value.isdecimal():
            return having.comparison, value
        shifted = {
            Comparison.AT_LEAST: (Comparison.GREATER, -1),
            Comparison.GREATER: (Comparison.AT_LEAST, 1),
        }.get(having.comparison)
        if shifted is None or str(int(value) + shifted[1]) not in named:
            raise NotWritableError(f"{value} was not found in the question.")
        return shifted[0], str(int(value) + shifted[1])

    def _variable(self, node: Node) -> Action:
        if not isinstance(node, Variable) or node not in self.indices:
            raise NotWritableError(f"{node} is used before it is bound.")
        return VariablePointer(self.indices[node])

    def _pointer(self, node: Node, edge: Edge) -> Action:
        """The candidate that stands for a constant of an edge. Raises NotWritableError."""
        for value in self.linked.values:
            if value.key == (edge.predicate, node):
                return value
        for pointer in (*self.linked.entities, *self.linked.numbers):
            if pointer.key == node:
                return pointer
        raise NotWritableError(f"{node} was not found in the question.")

    def _offered(self, text: str) -> Action:
        """The legal action that has a value. Raises NotWritableError."""
        for action in self.state.legal_actions():
            if isinstance(action, (EntityPointer, ValuePointer, NumberPointer)) and _text(action) == text:
                return action
        raise NotWritableError(f"{text} was not found in the question.")


def _text(action: EntityPointer | ValuePointer | NumberPointer) -> str:
    return action.key.value if isinstance(action, NumberPointer) else term_of(action).value


def _class(edge: Edge) -> ClassPointer:
    """The class of an edge that makes something a member of it. Raises NotWritableError."""
    if not isinstance(edge.object, NamedNode):
        raise NotWritableError("A class is not an IRI.")
    return ClassPointer(edge.object)
