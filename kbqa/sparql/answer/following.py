"""Follow-up questions on graphs: what is asked on changes the query before, where all of it can be taken so.

"And of Lisbon?" puts another thing in the place of one, or asks for it, too; "only the last ten", "how many
are they?", "and the population?" and "sorted by price" change what is shown. A question with any word that
changes nothing is one of its own; in that, "it" and "she" are what was asked for before, or found.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pyoxigraph import Literal, NamedNode

from kbqa.linking.words import Span, fold, stem, words_of
from kbqa.questions import following
from kbqa.sparql.answer.people import PEOPLE
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.actions import EntityPointer, ForwardPointer, ValuePointer
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.profile import PredicateProfile
from kbqa.sparql.query import RDF_TYPE, Aggregate, Edge, Filter, Item, Query, Term, Variable

_FILLERS = following.FILLERS | frozenset(("any", "they", "each", "do", "does", "did", "have", "has"))
_PRONOUN = re.compile(r"\b(?P<word>its|his|hers?|their|he|she|him|it|they|them)\b(?P<own>'s)?", re.IGNORECASE)
_OWNING = frozenset(("its", "his", "her", "hers", "their"))
_OF_PEOPLE = frozenset(("he", "she", "him", "his", "her", "hers"))
_Pointer = TypeVar("_Pointer", EntityPointer, ValuePointer)
_LAST = ("last", "bottom")
_BY_DATE = ("last", "latest", "newest", "first", "oldest", "earliest")


@dataclass(frozen=True)
class Previous:
    """What was asked before: the question, the query that it was read as, and how likely that is right.

    `found` are the first things that it found: their IRIs and names.
    """

    question: str
    query: Query
    probability: float
    found: tuple[tuple[NamedNode, str], ...] = ()


def followed(linked: LinkedQuestion, question: str, query: Query) -> Query | None:
    """The query that a follow-up makes of the one before; None where it is a question of its own.

    Raises StoreError.
    """
    if not query.columns or query.branches:
        return None
    follow_up = _FollowUp(question, linked, query, frozenset())
    for change in (_sorted, _limited, _counted, _swapped, _valued, _shown):
        follow_up = change(follow_up)
    rest = {word.text for word in words_of(question) if not follow_up.is_used((word.start, word.end))}
    if follow_up.query == query or not rest <= _FILLERS:
        return None
    return follow_up.query if linked.graph.answers([follow_up.query])[0] else None


def with_names(question: str, previous: Previous, graph: LiveGraph) -> str:
    """A question with the name of what was asked for, or found, in the place of "it" or "she".

    As it stands where nothing, or several things, may be meant. Raises StoreError.
    """
    match = _PRONOUN.search(question)
    if match is None:
        return question
    word = match["word"].lower()
    name = _meant(word, previous, graph)
    if not name:
        return question
    owning = "'s" if word in _OWNING else ""
    return f"{question[: match.start()]}{name}{owning}{question[match.end() :]}"


def _meant(word: str, previous: Previous, graph: LiveGraph) -> str:
    """The name of what a pronoun stands for: the only thing found, or the only one that was asked about."""
    found = previous.found
    named = list(_things(previous.query))
    if len(found) == 1 and (word in _OF_PEOPLE) == _is_person(found[0][0], graph):
        return found[0][1]
    if len(named) == 1 and (word in _OF_PEOPLE) == _is_person(named[0], graph):
        return graph.store_names(named)[named[0]]
    return found[0][1] if len(found) == 1 else ""


def _is_person(thing: NamedNode, graph: LiveGraph) -> bool:
    rows = graph.store.select(f"SELECT ?c WHERE {{ {thing} {RDF_TYPE} ?c }}").rows
    texts = (graph.profile.texts.get(row[0], "") for row in rows if isinstance(row[0], NamedNode))
    return any(PEOPLE.intersection(fold(text).split()) for text in texts)


def _things(query: Query) -> Iterator[NamedNode]:
    """The things that a query names, but for classes."""
    for edge in query.every_edge:
        ends = (edge.subject,) if edge.predicate == RDF_TYPE else (edge.subject, edge.object)
        yield from (end for end in ends if isinstance(end, NamedNode))


@dataclass(frozen=True)
class _FollowUp:
    """A follow-up, the query as far as it was changed, and the spans that changed it."""

    question: str
    linked: LinkedQuestion
    query: Query
    used: frozenset[Span]

    @property
    def graph(self) -> LiveGraph:
        return self.linked.graph

    @property
    def main(self) -> Variable | None:
        """The first column that stands for itself."""
        return next((item.variable for item in self.query.columns if not item.aggregate), None)

    @property
    def next_variable(self) -> Variable:
        ends = (end for edge in self.query.every_edge for end in (edge.subject, edge.object))
        inner = (
            end for group in self.query.negations for edge in group for end in (edge.subject, edge.object)
        )
        indices = [end.index for end in (*ends, *inner) if isinstance(end, Variable)]
        return Variable(max(indices, default=-1) + 1)

    def is_used(self, span: Span) -> bool:
        return any(start < span[1] and span[0] < end for start, end in self.used)

    def changed(self, query: Query, *spans: Span) -> "_FollowUp":
        return replace(self, query=query, used=self.used.union(spans))

    def holds(self, query: Query) -> bool:
        """Whether a query's pattern has a solution."""
        return self.graph.holds([replace(query, having=None, order=None, limit=None)])[0]

    def properties(self, begin: int = 0) -> Iterator[tuple[Span, PredicateProfile]]:
        """The properties that are named whole from a place on, the longest names first."""
        words = [word for word in words_of(self.question) if word.start >= begin]
        stems = [stem(word.text) for word in words]
        known = sorted(self.graph.profile.predicates, key=lambda each: (-len(each.text), -each.count))
        for each in known:
            wanted = [stem(part) for part in fold(each.text).split() if part not in ("has", "is")]
            for start in range(len(stems) - len(wanted) + 1):
                span = words[start].start, words[start + len(wanted) - 1].end
                if wanted and stems[start : start + len(wanted)] == wanted and not self.is_used(span):
                    yield span, each


def _sorted(follow_up: _FollowUp) -> _FollowUp:
    """`sorted by price, highest first`."""
    match, main = following.SORT.search(follow_up.question), follow_up.main
    if match is None or main is None or follow_up.query.grouped:
        return follow_up
    ways = [*following.DOWN.finditer(follow_up.question), *following.UP.finditer(follow_up.question)]
    descending = bool(following.DOWN.search(follow_up.question))
    for span, known in follow_up.properties(match.end()):
        query, variable = _with_property(follow_up, main, known.predicate)
        query = replace(query, order=Item(variable), descending=descending)
        if variable not in {item.variable for item in query.columns}:
            query = replace(query, columns=(*query.columns, Item(variable)))
        if follow_up.holds(query):
            return follow_up.changed(query, match.span(), span, *(way.span() for way in ways))
    return follow_up


def _with_property(follow_up: _FollowUp, main: Variable, predicate: NamedNode) -> tuple[Query, Variable]:
    """A query with the property of a variable, and what stands for its value."""
    query = follow_up.query
    for edge in query.edges:
        if edge.subject == main and edge.predicate == predicate and isinstance(edge.object, Variable):
            return query, edge.object
    variable = follow_up.next_variable
    numerals = query.numerals | ({variable} if follow_up.graph.has_numerals(predicate) else set())
    return replace(query, edges=(*query.edges, Edge(main, predicate, variable)), numerals=numerals), variable


def _limited(follow_up: _FollowUp) -> _FollowUp:
    """`only the last ten`."""
    for match in following.LIMIT.finditer(follow_up.question):
        end, number = match["end"].lower(), following.whole_number(match["number"] or "")
        if follow_up.is_used(match.span("end")):
            continue
        ordered = _ordered(follow_up, end)
        if ordered is None:
            continue
        span = match.span() if number is not None else match.span("end")
        return follow_up.changed(replace(ordered, limit=number or 1), span)
    return follow_up


def _ordered(follow_up: _FollowUp, end: str) -> Query | None:
    """A query in which one end of its rows comes first; None where nothing says which."""
    query, main = follow_up.query, follow_up.main
    if query.order is not None and end not in ("latest", "newest", "oldest", "earliest"):
        return replace(query, descending=query.descending != (end in _LAST))
    counts = [item for item in query.columns if item.aggregate]
    if counts:
        return replace(query, order=counts[0], descending=end not in _LAST)
    if main is None or end not in _BY_DATE:
        return None
    dated = [known for known in follow_up.graph.profile.predicates if set(known.ranges) & set(DATE_TYPES)]
    for known in dated:
        made, variable = _with_property(follow_up, main, known.predicate)
        if follow_up.holds(made):
            return replace(made, order=Item(variable), descending=end in ("last", "latest", "newest"))
    return None


def _counted(follow_up: _FollowUp) -> _FollowUp:
    """`how many are they?`."""
    match, main = following.COUNT.search(follow_up.question), follow_up.main
    if match is None or main is None or follow_up.query.grouped or follow_up.query.having:
        return follow_up
    counted = Item(main, Aggregate.COUNT_DISTINCT)
    query = replace(follow_up.query, columns=(counted,), order=None, limit=None, optionals=())
    return follow_up.changed(query, match.span())


def _swapped(follow_up: _FollowUp) -> _FollowUp:
    """`and of Lisbon?`, where a thing stands in the place of another, or is one condition more."""
    for span, candidates in _by_span(follow_up, follow_up.linked.entities):
        for entity in candidates:
            query = _with_thing(follow_up, entity.key)
            if query is not None:
                return follow_up.changed(query, span)
    return follow_up


def _with_thing(follow_up: _FollowUp, thing: NamedNode) -> Query | None:
    query = follow_up.query
    if thing in set(_things(query)):
        return None
    for known in reversed(list(dict.fromkeys(_things(query)))):
        swapped = replace(query, edges=tuple(_with_end(edge, known, thing) for edge in query.edges))
        if swapped != query and follow_up.holds(swapped):
            return swapped
    return _with_condition(follow_up, thing)


def _with_end(edge: Edge, known: Term, other: Term) -> Edge:
    """An edge with another thing, or value, in the place of one."""
    if edge.predicate == RDF_TYPE:
        return edge
    subject = other if edge.subject == known and isinstance(other, NamedNode) else edge.subject
    return replace(edge, subject=subject, object=other if edge.object == known else edge.object)


def _with_condition(follow_up: _FollowUp, thing: NamedNode) -> Query | None:
    """A query whose rows also have to do with a thing, where just one property can say so."""
    query, main = follow_up.query, follow_up.main
    if main is None or not following.begins_as_follow_up(follow_up.question):
        return None
    edges = [
        Edge(thing, each.key, main) if isinstance(each, ForwardPointer) else Edge(main, each.key, thing)
        for each in follow_up.graph.relations_of(thing)
    ]
    made = [replace(query, edges=(*query.edges, edge)) for edge in edges if edge not in query.edges]
    found = [each for each, holds in zip(made, follow_up.graph.holds(made), strict=True) if holds]
    return found[0] if len(found) == 1 else None


def _valued(follow_up: _FollowUp) -> _FollowUp:
    """`and green?`, where a text or number stands in the place of another of the same property."""
    for span, candidates in _by_span(follow_up, follow_up.linked.values):
        for value in candidates:
            predicate, literal = value.key
            query = _with_value(follow_up.query, predicate, literal)
            if query is None and follow_up.main is not None:
                edge = Edge(follow_up.main, predicate, literal)
                query = replace(follow_up.query, edges=(*follow_up.query.edges, edge))
            if query is not None and query != follow_up.query and follow_up.holds(query):
                return follow_up.changed(query, span)
    return follow_up


def _with_value(query: Query, predicate: NamedNode, literal: Literal) -> Query | None:
    """A query with another value of a property that it compares; None where it compares none."""
    for edge in query.edges:
        if edge.predicate == predicate and isinstance(edge.object, Literal):
            return replace(query, edges=tuple(_with_end(each, edge.object, literal) for each in query.edges))
    variables = {edge.object for edge in query.edges if edge.predicate == predicate}
    compared = [
        each for each in query.filters if each.variable in variables and isinstance(each.value, Literal)
    ]
    if not compared:
        return None
    new = Filter(compared[0].variable, compared[0].comparison, literal)
    return replace(query, filters=tuple(new if each is compared[0] else each for each in query.filters))


def _by_span(follow_up: _FollowUp, pointers: Sequence[_Pointer]) -> Iterator[tuple[Span, list[_Pointer]]]:
    """What is mentioned where nothing else was, the longest mentions first."""
    near = [
        each
        for each in pointers
        if each.span
        and each.features.similarity >= following.MIN_SIMILARITY
        and not follow_up.is_used(each.span)
    ]
    taken: list[Span] = []
    for span in sorted({each.span for each in near if each.span}, key=lambda span: span[0] - span[1]):
        if not any(span[0] < end and start < span[1] for start, end in taken):
            taken.append(span)
            yield span, [each for each in near if each.span == span]


def _shown(follow_up: _FollowUp) -> _FollowUp:
    """`and the population?`: another property of what was asked about, or one more beside what is shown."""
    main, query = follow_up.main, follow_up.query
    if main is None or query.grouped:
        return follow_up
    for span, known in follow_up.properties():
        for made in (_beside(follow_up, main, known), _in_place(query, main, known)):
            if made is not None and made != query and follow_up.holds(made):
                return follow_up.changed(made, span)
    return follow_up


def _beside(follow_up: _FollowUp, main: Variable, known: PredicateProfile) -> Query | None:
    """A query that shows a property of its rows, too."""
    query, variable = _with_property(follow_up, main, known.predicate)
    if len(query.edges) == len(follow_up.query.edges):
        return None
    return replace(query, columns=(*query.columns, Item(variable)))


def _in_place(query: Query, main: Variable, known: PredicateProfile) -> Query | None:
    """A query that shows another property of the thing whose property it shows."""
    for edge in query.edges:
        if edge.object == main and edge.predicate != RDF_TYPE and isinstance(edge.subject, NamedNode):
            new = Edge(edge.subject, known.predicate, main)
            numerals = query.numerals - {main} | ({main} if known.numerals else set())
            edges = tuple(new if each is edge else each for each in query.edges if each.predicate != RDF_TYPE)
            return replace(query, edges=edges, numerals=frozenset(numerals))
    return None
