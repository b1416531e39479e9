"""Terms as people read them: with names in place of IRIs."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.stores.base import RdfTerm, Solutions


@dataclass(frozen=True)
class Cell:
    """A term as it is shown: its name, the IRI where it has one, and its datatype or language."""

    text: str
    iri: str = ""
    kind: str = ""


def shown_rows(solutions: Solutions, graph: LiveGraph) -> list[list[Cell]]:
    """The rows of an answer, with names in place of IRIs. Raises StoreError."""
    terms = dict.fromkeys(term for row in solutions.rows for term in row if isinstance(term, NamedNode))
    names = graph.store_names(list(terms))
    return [[_cell(term, names) for term in row] for row in solutions.rows]


def _cell(term: RdfTerm | None, names: Mapping[NamedNode, str]) -> Cell:
    if term is None:
        return Cell("")
    if isinstance(term, NamedNode):
        return Cell(names[term], term.value, "iri")
    if isinstance(term, Literal):
        return Cell(term.value, kind=term.language or term.datatype.value.rsplit("#", 1)[-1])
    return Cell(str(term), kind="blank")
