"""Things of one name, told apart by what differs: their class, or what stands around them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from kbqa.linking.words import fold
from kbqa.questions.phrases import listed
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import RDF_TYPE

_MAX_NAMESAKES, _MAX_EDGES, _MAX_TOLD = 12, 40, 2
"""How many things of one name are looked at, how many edges of each either way, how many ends are told."""

Place = tuple[NamedNode, bool]
"""A property, and whether it leads to the thing."""


@dataclass
class _Around:
    """What stands around a thing: the ends of its edges, by property and direction."""

    ends: dict[Place, set[NamedNode]] = field(default_factory=lambda: defaultdict(set))


def namesakes_in(linked: LinkedQuestion) -> list[list[NamedNode]]:
    """The things that a question may mention which are called the same, those of each name together."""
    named: dict[str, dict[NamedNode, None]] = defaultdict(dict)
    for entity in linked.entities:
        named[fold(entity.text)][entity.key] = None
    return [list(things)[:_MAX_NAMESAKES] for things in named.values() if len(things) > 1]


def told_apart(groups: Iterable[Sequence[NamedNode]], graph: LiveGraph) -> dict[NamedNode, str]:
    """What each of several things of one name is told apart by; nothing where nothing differs.

    Raises StoreError.
    """
    found: dict[NamedNode, str] = {}
    for things in groups:
        around = _around(things, graph)
        place = _differing(around)
        if place is None:
            continue
        ends = {thing: sorted(around[thing].ends[place], key=str)[:_MAX_TOLD] for thing in things}
        names = graph.store_names([end for of_thing in ends.values() for end in of_thing])
        found |= {thing: _told(place, [names[end] for end in ends[thing]], graph) for thing in things}
    return found


def _told(place: Place, names: Sequence[str], graph: LiveGraph) -> str:
    predicate, is_towards = place
    if predicate == RDF_TYPE:
        return listed(names)
    text = "of" if is_towards else f"{graph.profile.every_text.get(predicate, '')}:".lstrip(":")
    return f"{text} {listed(names)}".strip()


def _around(things: Sequence[NamedNode], graph: LiveGraph) -> Mapping[NamedNode, _Around]:
    """What stands around each of some things. Raises StoreError."""
    around = {thing: _Around() for thing in things}
    for is_towards, edge in ((False, "?e ?p ?o"), (True, "?o ?p ?e")):
        parts = " UNION ".join(
            f"{{ SELECT * WHERE {{ VALUES ?e {{ {thing} }} {edge} FILTER isIRI(?o) }} LIMIT {_MAX_EDGES} }}"
            for thing in things
        )
        for thing, predicate, end in graph.store.select(f"SELECT ?e ?p ?o WHERE {{ {parts} }}").rows:
            if (
                isinstance(thing, NamedNode)
                and isinstance(predicate, NamedNode)
                and isinstance(end, NamedNode)
            ):
                around[thing].ends[predicate, is_towards].add(end)
    return around


def _differing(around: Mapping[NamedNode, _Around]) -> Place | None:
    """The property of all of them whose ends tell each from every other: of few ends, the class first."""
    shared = set.intersection(*(set(each.ends) for each in around.values()))
    telling = [place for place in shared if _tells_apart([each.ends[place] for each in around.values()])]
    if not telling:
        return None

    def preference(place: Place) -> tuple[bool, int, bool, str]:
        number = sum(len(each.ends[place]) for each in around.values())
        return place[0] != RDF_TYPE, number, not place[1], place[0].value

    return min(telling, key=preference)


def _tells_apart(ends: Collection[set[NamedNode]]) -> bool:
    """Whether no two things share an end."""
    return len(set.union(*ends)) == sum(map(len, ends))
