"""What people read in place of blank nodes: a label, a value with its unit, or what else they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.profile import local_text
from kbqa.sparql.query import RDF_TYPE
from kbqa.sparql.stores.base import RdfTerm

MOST_HELD = 12
"""The most edges of a blank node that are read."""
_DEPTH, _LONGEST = 3, 120
_UNNAMED = "unnamed"
_VALUE = frozenset(("value", "amount", "quantity", "price", "magnitude"))
_UNIT = frozenset(("unit", "currency"))
_PARTS: Sequence[tuple[frozenset[str], str]] = tuple(
    (frozenset(words.split()), before)
    for words, before in (
        ("given first", ", "),
        ("middle", " "),
        ("family last surname", " "),
        ("street road", ", "),
        ("house building number", " "),
        ("postal postcode zip", ", "),
        ("city locality town municipality", ", "),
        ("region state province", ", "),
        ("country", ", "),
        ("latitude lat", ", "),
        ("longitude long lng", ", "),
        ("altitude", ", "),
        ("start begin beginning begins from", ", "),
        ("end ends until to", " – "),
    )
)
"""The parts of names, addresses, places and periods in their order: words of what leads to them, and what
stands before them."""
_ELSEWHERE = len(_PARTS)


@dataclass(frozen=True)
class Held:
    """What a blank node holds: the words of a property, and the text of the value."""

    about: str
    text: str

    @property
    def words(self) -> frozenset[str]:
        """The words of the property."""
        return frozenset(self.about.lower().split())

    @property
    def place(self) -> int:
        """Where it stands among the parts of an address or the like."""
        return next((index for index, (words, _) in enumerate(_PARTS) if words & self.words), _ELSEWHERE)


class BlankTexts:
    """The texts of blank nodes, and of those that they hold."""

    def __init__(self, nodes: Iterable[BlankNode], graph: LiveGraph) -> None:
        """Read what the nodes hold. Raises StoreError."""
        self._profile = graph.profile
        self._held = _held_by(nodes, graph)
        values = (value for edges in self._held.values() for _, value in edges)
        self._names = graph.store_names([value for value in values if isinstance(value, NamedNode)])

    def only_value(self, node: BlankNode) -> Literal | NamedNode | None:
        """The one value that a node has besides its class, if it is no blank node again."""
        edges = self._described(node)
        value = edges[0][1] if len(edges) == 1 else None
        return value if isinstance(value, Literal | NamedNode) else None

    def text(self, node: BlankNode, depth: int = 0) -> str:
        """What a node is called."""
        if label := self._label(node):
            return label
        held = [
            Held(self._about(predicate), self._value(value, depth))
            for predicate, value in self._described(node)
        ]
        return _shortened(_said(held) if held else self._class(node))

    def _described(self, node: BlankNode) -> list[tuple[NamedNode, RdfTerm]]:
        edges = self._held.get(node, ())
        return [(predicate, value) for predicate, value in edges if predicate != RDF_TYPE]

    def _label(self, node: BlankNode) -> str:
        found = {
            predicate: value for predicate, value in self._held.get(node, ()) if isinstance(value, Literal)
        }
        labels = (found[label].value for label in self._profile.labels if label in found)
        return next((label for label in labels if label.strip()), "")

    def _class(self, node: BlankNode) -> str:
        classes = (value for _, value in self._held.get(node, ()) if isinstance(value, NamedNode))
        return next((self._names[known] for known in classes), _UNNAMED)

    def _about(self, predicate: NamedNode) -> str:
        return self._profile.every_text.get(predicate) or local_text(predicate.value)

    def _value(self, value: RdfTerm, depth: int) -> str:
        if isinstance(value, BlankNode):
            return self.text(value, depth + 1) if depth < _DEPTH else "…"
        if isinstance(value, NamedNode):
            return self._names[value]
        return value.value if isinstance(value, Literal) else str(value)


def _held_by(
    nodes: Iterable[BlankNode], graph: LiveGraph
) -> Mapping[BlankNode, Sequence[tuple[NamedNode, RdfTerm]]]:
    """The edges of blank nodes, and of those that they lead to. Raises StoreError."""
    held: dict[BlankNode, Sequence[tuple[NamedNode, RdfTerm]]] = {}
    wanted = list(dict.fromkeys(nodes))
    for _ in range(_DEPTH + 1 if wanted else 0):
        found = graph.store.held_by(wanted, MOST_HELD)
        held |= found
        values = (value for edges in found.values() for _, value in edges)
        inner = (value for value in values if isinstance(value, BlankNode) and value not in held)
        wanted = list(dict.fromkeys(inner))
    return held


def _said(held: Sequence[Held]) -> str:
    """What a node is called that holds something: its only value, a measure, an address, or all it holds."""
    if len(held) == 1:
        return held[0].text
    if measure := _measure(held):
        return measure
    ordered = sorted(held, key=lambda part: (part.place, part.about, part.text))
    if ordered[-1].place < _ELSEWHERE:
        return _in_a_row(ordered)
    return "; ".join(f"{part.about}: {part.text}" for part in ordered)


def _measure(held: Sequence[Held]) -> str:
    """A value and its unit, where a node holds just these."""
    units = [part for part in held if part.words & _UNIT]
    values = [part for part in held if part.words & _VALUE and part not in units]
    is_measure = len(held) == len(units) + len(values) and len(units) == len(values) == 1
    return f"{values[0].text} {units[0].text}" if is_measure else ""


def _in_a_row(parts: Sequence[Held]) -> str:
    """The parts of an address or the like: Main Street 5, Porto."""
    text = parts[0].text
    for part in parts[1:]:
        text += f"{_PARTS[part.place][1]}{part.text}"
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
