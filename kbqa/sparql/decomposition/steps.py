"""Any number of steps: all evolutions of, below it at any level, where it eventually flows to.

A property is followed over many steps only where it is a hierarchy of this graph: some of what it leads to it
leads on from, and nowhere does it lead back.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pyoxigraph import NamedNode

from kbqa.linking.words import fold, stem
from kbqa.sparql.decomposition.joining import answer_of, is_plain
from kbqa.sparql.decomposition.parts import Composed, Part, Reader, composed
from kbqa.sparql.grammar.actions import ForwardPointer
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import RDF_TYPE, Aggregate, Edge, Item, Query, Reach, Variable

_ANY_LEVEL = re.compile(
    r",?\s*\b(?:at (?:any|every|all) (?:level|depth)s?|(?:directly (?:or|and) )?indirectly(?: or directly)?|"
    r"eventually|ultimately|transitively|recursively|somewhere|in the end|over any number of steps|"
    r"no matter how (?:deep|far|many steps)|however (?:deep|far|many steps))\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\ball (?:of )?(?:the )?(?!\w+ (?:and|or) )(?=\w+(?: \w+){0,2} (?:of|from|in|under|below)\b)"
)
_KINSHIP = (
    (re.compile(r"\bdescendants?\b", re.IGNORECASE), "children"),
    (re.compile(r"\bancestors?\b", re.IGNORECASE), "parents"),
)
_NEAREST = re.compile(r"\b(?:child(?:ren)?|sons?|daughters?|direct(?:ly)?|immediate(?:ly)?)\b", re.IGNORECASE)
_SAMPLED = 20_000
_UP = frozenset(
    ("broader", "parent", "part", "subclass", "superclass", "located", "within", "reports", "member")
)
_DOWN = frozenset(("narrower", "child", "children", "contains", "has"))
_SAID_UP = re.compile(r"\b(?:above|over|superordinate|broader|higher)\b", re.IGNORECASE)
_SAID_DOWN = re.compile(
    r"\b(?:below|under|beneath|inside|within|narrower|lower|subordinate)\b", re.IGNORECASE
)


def any_number_of_steps(question: str, reader: Reader) -> Iterator[Composed]:
    """Which concepts are below X at any level? First: which are below X?"""
    is_composed = False
    for simpler, is_said in _simpler(question, reader.graph):
        for part in reader.read(simpler):
            query = with_many_steps(part.query, reader.graph, needs_tree=not is_said)
            if query is not None:
                is_composed = True
                yield composed(query, [part], "over any number of steps", trust=0.9 if is_said else 0.8)
        if is_said and not is_composed:
            yield from _by_direction(simpler, reader)


def _simpler(question: str, graph: LiveGraph) -> Iterator[tuple[str, bool]]:
    """The question for one step, and whether many steps are asked for by words that say so."""
    said = _ANY_LEVEL.sub("", question)
    for pattern, nearest in _KINSHIP:
        if stem(pattern.pattern.strip("\\b").removesuffix("s?")) not in graph.profile.stems:
            said = pattern.sub(nearest, said)
    if said != question:
        yield _tidy(said), True
    elif (match := _ALL.search(question)) and not _NEAREST.search(question):
        yield _tidy(question[: match.start()] + "the " + question[match.end() :]), False


def _tidy(question: str) -> str:
    return re.sub(r"\s+(?=[?.!,])", "", " ".join(question.split()))


def with_many_steps(query: Query, graph: LiveGraph, *, needs_tree: bool = False) -> Query | None:
    """A query that goes any number of steps where it goes one from or to a thing; None where it may not.

    With `needs_tree`, only backwards along a property of which each thing has one value at most, where
    more than one step is to be found: all that comes from a thing.
    """
    hierarchies = [edge for edge in query.edges if _may_go_on(edge, graph, needs_tree=needs_tree)]
    if len(hierarchies) != 1:
        return None
    (edge,) = hierarchies
    if sum(each.predicate == edge.predicate for each in query.edges) > 1:
        return _over_a_chain(query, edge)
    edges = tuple(replace(each, reach=Reach.MANY) if each == edge else each for each in query.edges)
    return replace(query, edges=edges, columns=tuple(map(_counted_once, query.columns)))


def _over_a_chain(query: Query, edge: Edge) -> Query | None:
    """What is at the end of several steps along one property, at the end of any number of them."""
    answer = answer_of(query)
    if answer is None or not is_plain(query) or any(each.predicate != edge.predicate for each in query.edges):
        return None
    found = Variable(0)
    is_backwards = isinstance(edge.object, NamedNode)
    ends = (found, edge.object) if is_backwards else (edge.subject, found)
    return Query((Edge(ends[0], edge.predicate, ends[1], reach=Reach.MANY),), columns=(Item(found),))


def _may_go_on(edge: Edge, graph: LiveGraph, *, needs_tree: bool) -> bool:
    ends = [end for end in (edge.subject, edge.object) if isinstance(end, NamedNode)]
    if edge.predicate == RDF_TYPE or not ends or edge.alternatives or not is_hierarchy(edge.predicate, graph):
        return False
    return not needs_tree or (
        isinstance(edge.object, NamedNode)
        and _has(graph, f"?b {edge.predicate} {edge.object} . ?c {edge.predicate} ?b")
        and not _has(graph, f"{_sample(edge.predicate)} ?a {edge.predicate} ?c FILTER (?b != ?c)")
    )


def is_hierarchy(predicate: NamedNode, graph: LiveGraph) -> bool:
    """Whether a property leads on from where it leads to, and nowhere straight back."""
    sample = _sample(predicate)
    leads_on = _has(graph, f"{sample} ?b {predicate} ?c")
    return leads_on and not _has(graph, f"{sample} ?b {predicate} ?a")


def _sample(predicate: NamedNode) -> str:
    return f"{{ SELECT ?a ?b WHERE {{ ?a {predicate} ?b }} LIMIT {_SAMPLED} }}"


def _has(graph: LiveGraph, pattern: str) -> bool:
    return graph.has_solution(f"SELECT * WHERE {{ {pattern} }}")


def _counted_once(item: Item) -> Item:
    is_count = item.aggregate == Aggregate.COUNT and item.variable is not None
    return replace(item, aggregate=Aggregate.COUNT_DISTINCT) if is_count else item


def _by_direction(question: str, reader: Reader) -> Iterator[Composed]:
    """What is below a thing, or above it, by a property that says which way it goes."""
    down, up = _SAID_DOWN.search(question), _SAID_UP.search(question)
    named = reader.named(question)
    if not named or bool(down) == bool(up):
        return
    thing, graph = named[0].thing, reader.graph
    for relation in graph.relations_of(thing):
        words = set(fold(relation.text).split())
        forward = isinstance(relation, ForwardPointer)
        goes_up = not words.isdisjoint(_UP) if forward else not words.isdisjoint(_DOWN)
        goes_down = not words.isdisjoint(_DOWN) if forward else not words.isdisjoint(_UP)
        if (goes_down if down else goes_up) and is_hierarchy(relation.key, graph):
            found = Variable(0)
            ends = (thing, found) if forward else (found, thing)
            edge = Edge(ends[0], relation.key, ends[1], reach=Reach.MANY)
            is_count = question.lower().startswith("how many")
            column = Item(found, Aggregate.COUNT_DISTINCT if is_count else None)
            part = Part(Query((edge,), columns=(column,)), 0.9)
            yield composed(part.query, [part], f"{relation.text}, over any number of steps")
            return
