"""Terms as people read them: with names in place of IRIs and of blank nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import BlankNode, Literal, NamedNode

from kbqa.sparql.answer.blank_nodes import BlankTexts
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.stores.base import RdfTerm, Solutions


@dataclass(frozen=True)
class Cell:
    """A term as it is shown: its name, the IRI where it has one, its datatype or language, and its unit.

    `iri` is what its page is asked for by: of a blank node, `_:` and what the store calls it.
    """

    text: str
    iri: str = ""
    kind: str = ""
    unit: str = ""

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
    names = graph.store_names([term for term in shown.values() if isinstance(term, NamedNode)])
    cells = {term: _cell(stands_for, names, blank) for term, stands_for in shown.items()}
    of_columns = [*units, *[""] * (len(solutions.variables) - len(units))]
    return [
        [
            replace(cells[term], unit=unit) if unit else cells[term]
            for term, unit in zip(row, of_columns, strict=True)
        ]
        for row in solutions.rows
    ]


def _cell(term: RdfTerm | None, names: Mapping[NamedNode, str], blank: BlankTexts) -> Cell:
    if term is None:
        return Cell("")
    if isinstance(term, NamedNode):
        return Cell(names[term], term.value, "iri")
    if isinstance(term, Literal):
        return Cell(term.value, kind=term.language or term.datatype.value.rsplit("#", 1)[-1])
    if isinstance(term, BlankNode):
        return Cell(blank.text(term), str(term), "blank")
    return Cell(str(term), kind="blank")
