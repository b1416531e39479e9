"""Terms as people read them: with names in place of IRIs and of blank nodes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kbqa.sparql.answer.blank_nodes import BlankTexts
from kbqa.sparql.answer.namesakes import told_apart
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import RDF_TYPE
from kbqa.sparql.stores.base import RdfTerm, Solutions

_TOLD, _GROUPS, _NAMESAKES = 200, 10, 40
"""Of how many rows the first things say what they are, of how many names, and of how many of each."""


@dataclass(frozen=True)
class Cell:
    """A term as it is shown: its name, the IRI where it has one, its datatype or language, and its unit.

    `iri` is what its page is asked for by: of a blank node, `_:` and what the store calls it.
    """

    text: str
    iri: str = ""
    kind: str = ""
    unit: str = ""
    about: str = ""
    """Of a thing among answers, its class, and what tells it from another of its name."""

    @property
    def with_unit(self) -> str:
        """Its text, with its unit where it has one."""
        has_one = not self.unit or not self.text or self.text.endswith(self.unit)
        return self.text if has_one else f"{self.text} {self.unit}"


def shown_rows(solutions: Solutions, graph: LiveGraph, units: Sequence[str] = ()) -> list[list[Cell]]:
    """The rows of an answer, with names in place of IRIs, and the `units` of its columns.

    Raises StoreError.
    """
    terms = dict.fromkeys(term for row in solutions.rows for term in row)
    blank = BlankTexts((term for term in terms if isinstance(term, BlankNode)), graph)
    shown = {term: blank.only_value(term) or term if isinstance(term, BlankNode) else term for term in terms}
    inner = [part for term in terms if isinstance(term, Triple) for part in _within(term)]
    named = [term for term in (*shown.values(), *inner) if isinstance(term, NamedNode)]
    names = graph.store_names(list(dict.fromkeys(named)))
    cells = {term: _cell(stands_for, names, blank) for term, stands_for in shown.items()}
    of_columns = [*units, *[""] * (len(solutions.variables) - len(units))]
    return [
        [
            replace(cells[term], unit=unit) if unit else cells[term]
            for term, unit in zip(row, of_columns, strict=True)
        ]
        for row in solutions.rows
    ]


def with_classes(rows: Sequence[Sequence[Cell]], graph: LiveGraph) -> list[list[Cell]]:
    """Rows of which the first things say their classes, and what tells those of one name apart.

    Raises StoreError.
    """
    cells = [cell for row in rows[:_TOLD] for cell in row[:1] if cell.kind == "iri"]
    named: dict[str, dict[NamedNode, None]] = defaultdict(dict)
    for cell in cells:
        named[cell.text][NamedNode(cell.iri)] = None
    groups = [list(things)[:_NAMESAKES] for things in named.values() if len(things) > 1][:_GROUPS]
    classes = _classes([NamedNode(cell.iri) for cell in cells], graph)
    apart = told_apart(groups, graph)

    def about(cell: Cell) -> str:
        iri = NamedNode(cell.iri)
        class_name, other = classes.get(iri, ""), apart.get(iri, "")
        return ", ".join(dict.fromkeys(filter(None, (class_name, other))))

    return [
        [
            replace(cell, about=about(cell)) if not place and cell.kind == "iri" else cell
            for place, cell in enumerate(row)
        ]
        if number < _TOLD
        else [*row]
        for number, row in enumerate(rows)
    ]


def _classes(things: Sequence[NamedNode], graph: LiveGraph) -> dict[NamedNode, str]:
    """The name of the class of each thing; of several, of the smallest that is known. Raises StoreError."""
    if not things:
        return {}
    values = " ".join(map(str, dict.fromkeys(things)))
    rows = graph.store.select(f"SELECT ?e ?c WHERE {{ VALUES ?e {{ {values} }} ?e {RDF_TYPE} ?c }}").rows
    counts = {known.iri: known.count for known in graph.profile.classes}
    pairs = [(e, c) for e, c in rows if isinstance(e, NamedNode) and isinstance(c, NamedNode) and c in counts]
    smallest = dict(sorted(pairs, key=lambda pair: -counts[pair[1]]))
    return {thing: graph.profile.texts[known] for thing, known in smallest.items()}


def _cell(term: RdfTerm | None, names: Mapping[NamedNode, str], blank: BlankTexts) -> Cell:
    if term is None:
        return Cell("")
    if isinstance(term, NamedNode):
        return Cell(names[term], term.value, "iri")
    if isinstance(term, Literal):
        return Cell(term.value, kind=term.language or term.datatype.value.rsplit("#", 1)[-1])
    if isinstance(term, BlankNode):
        return Cell(blank.text(term), str(term), "blank")
    if isinstance(term, Triple):
        parts = [_cell(part, names, blank).text for part in _parts(term)]
        return Cell(f"« {' '.join(parts)} »", kind="triple")
    return Cell(str(term), kind="blank")


def _within(triple: Triple) -> Iterator[RdfTerm]:
    """The terms of a triple, and of those within it."""
    for part in _parts(triple):
        yield from _within(part) if isinstance(part, Triple) else (part,)


def _parts(triple: Triple) -> tuple[RdfTerm, RdfTerm, RdfTerm]:
    return triple.subject, triple.predicate, triple.object
