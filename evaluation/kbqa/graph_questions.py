"""Questions on a graph with known answers, read from JSON lines, and what counts as their answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.public import Answer, LiveGraph, QueryError, RdfTerm
from training.json_lines import read_as, spread
from training.sparql.published import PREFIXES, held_out

_ASKS = re.compile(r"\s*(?:(?:PREFIX\b[^<]*|BASE\s*)<[^>]*>\s*)*ASK\b", re.IGNORECASE)
_NUMBERS = {"integer", "decimal", "double", "float", "int", "long"}
Names = tuple[str, ...]
"""What an answer may be called: first its IRI or value, then its label."""


@dataclass(frozen=True)
class GraphQuestion:
    """A question on a graph: with the answers themselves, or with the SPARQL that finds them."""

    text: str
    graph: str
    """The graph that it is asked of, where a set has several."""
    answers: tuple[str, ...] | None
    sparql: str
    published: Mapping[str, Any]
    """The row as its set has it, which tells the known query in each set's own way."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "GraphQuestion":
        """The question of a row `{question, sparql?, answers?, graph?}`. Raises KeyError."""
        answers = tuple(map(str, row["answers"])) if "answers" in row else None
        return cls(str(row["question"]), str(row.get("graph", "")), answers, str(row.get("sparql", "")), row)


def read_graph_questions(
    path: Path, *, where: str = "", only_held_out: bool = False, limit: int | None = None
) -> list[GraphQuestion]:
    """The questions of a file: those with `where` (FIELD=VALUE), the held-out tenth, about `limit` of them.

    Raises MalformedFile.
    """
    field, _, value = where.partition("=")
    questions = [
        question
        for question in read_as(path, GraphQuestion.from_row)
        if not field or str(question.published.get(field)) == value
    ]
    return spread([question for question in questions if not only_held_out or held_out(question.text)], limit)


def known_answers(question: GraphQuestion, live: LiveGraph) -> list[Names] | None:
    """The names of each known answer; None where the question's SPARQL does not run on this graph."""
    if question.answers is not None:
        return [(answer,) for answer in question.answers]
    prefixes = "".join(f"PREFIX {name}: <{iri}> " for name, iri in PREFIXES.items())
    try:
        if _ASKS.match(question.sparql):
            return [(str(live.store.ask(prefixes + question.sparql)).lower(),)]
        return names_of_rows(live.store.select(prefixes + question.sparql).rows, live)
    except QueryError:
        return None


def predicted_answers(answer: Answer, live: LiveGraph) -> list[Names]:
    """The names of each row that the best reading found; "true" or "false" for a yes-or-no question."""
    best = answer.best
    if best is None:
        return []
    if best.solutions is None:
        return [(str(best.holds).lower(),)]
    return names_of_rows(best.solutions.rows, live)


def names_of_rows(rows: list[tuple[RdfTerm | None, ...]], live: LiveGraph) -> list[Names]:
    """The names of each distinct row; several columns are named together, by IRIs or by labels."""
    iris = [term for row in rows for term in row if isinstance(term, NamedNode)]
    labels = live.store_names(list(dict.fromkeys(iris)))
    return [_names_of_row([_names_of_term(term, labels) for term in row]) for row in dict.fromkeys(rows)]


def _names_of_row(terms: list[Names]) -> Names:
    if len(terms) == 1:
        return terms[0]
    return tuple(dict.fromkeys(" | ".join(names[position] for names in terms) for position in (0, -1)))


def _names_of_term(term: RdfTerm | None, labels: dict[NamedNode, str]) -> Names:
    if isinstance(term, NamedNode):
        return term.value, labels[term]
    return (literal_value(term) if isinstance(term, Literal) else str(term),)


def literal_value(term: Literal) -> str:
    """A literal's value; numbers in one form, since 3 and 3.0 are the same answer.

    >>> integer = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    >>> literal_value(Literal("3", datatype=integer)), literal_value(Literal("3.0"))
    ('3', '3.0')
    """
    try:
        return f"{float(term.value):g}" if term.datatype.value.rsplit("#", 1)[-1] in _NUMBERS else term.value
    except ValueError:
        return term.value
