"""An answer from a graph as it is shown and kept: names in place of IRIs, nothing that needs the graph again.

Another of its readings is a query that is run when somebody chooses it; it is not decoded again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kbqa.questions.answers import (
    KeptAnswer,
    KeptReading,
    answer_fields,
    answer_json,
    reading_fields,
    reading_json,
)
from kbqa.sparql.answer.cells import Cell, shown_rows, with_classes
from kbqa.sparql.answer.explanation import steps_of, summary
from kbqa.sparql.answer.following import Previous
from kbqa.sparql.answer.picture import Pattern, Picture, PictureEdge, PictureNode, pattern_of, picture_of
from kbqa.sparql.answer.pipeline import MAX_ROWS, Answer, named_last
from kbqa.sparql.answer.reading import Reading
from kbqa.sparql.answer.wording import headings
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph, GraphQuestion, GraphVersion
from kbqa.sparql.profile import Profile
from kbqa.sparql.query import Edge, Node, Reach, Variable
from kbqa.sparql.query_json import query_from, query_json
from kbqa.sparql.stores.base import QueryError, Solutions, StoreError
from kbqa.sparql.stores.executor import run_limited


@dataclass(frozen=True)
class GraphReading(KeptReading):
    """A reading as SPARQL."""

    pattern: Pattern
    asks: bool
    """Whether it is answered with yes or no."""
    ordered: bool
    heads: tuple[str, ...] = ()
    """What its columns hold."""


@dataclass(frozen=True)
class GraphResult:
    """The result of a reading: rows of cells, or `holds` for a question with yes or no; and its picture."""

    columns: tuple[str, ...] = ()
    rows: Sequence[Sequence[Cell]] = field(default_factory=list)
    cut: bool = False
    """Whether there are more rows."""
    holds: bool | None = None
    picture: Picture | None = None


_OF_VALUES = re.compile("^(?:sum|avg|min|max)_")
"""How the columns of aggregates begin that have the unit of their values."""
_MAX_PREVIEW_ROWS, _FOUND_BEFORE = 3, 3
"""How many rows of a reading are kept that is offered in doubt, and how many a follow-up knows of."""


@dataclass(frozen=True)
class GraphAnswer(KeptAnswer[GraphReading, GraphResult]):
    """An answer from a graph."""

    ASKED = "graph"


def kept_answer(answer: Answer, graph: LiveGraph) -> GraphAnswer:
    """An answer in the form that is kept. Raises StoreError."""
    offered = () if answer.sure else answer.choices
    return GraphAnswer(
        answer.question,
        answer.answerable,
        answer.notice,
        answer.milliseconds,
        tuple(
            _reading(reading, graph, offered=number in offered)
            for number, reading in enumerate(answer.readings)
        ),
        _result_of(answer.best, graph) if answer.best else None,
        missing=answer.missing,
        sure=answer.sure,
        choices=answer.choices,
        confirmed_by=answer.confirmed.by if answer.confirmed else "",
        confirmed_at=answer.confirmed.at if answer.confirmed else "",
        follows=answer.follows,
    )


def run_reading(reading: GraphReading, version: GraphVersion, graph: LiveGraph) -> GraphResult:
    """The result of a reading in a graph now. Raises QueryError where that takes too long, StoreError.

    It runs in a process that can be ended; an endpoint has a limit of its own.
    """
    outcome: Solutions | bool
    if version.graph.source_kind != Graph.SourceKind.ENDPOINT:
        outcome = run_limited(version, reading.query, MAX_ROWS)
    elif reading.asks:
        outcome = graph.store.ask(reading.query)
    else:
        outcome = graph.store.select(reading.query, limit=MAX_ROWS)
    if isinstance(outcome, bool):
        return _result(None, outcome, reading.pattern, graph)
    solutions = outcome if reading.ordered else named_last(outcome, reading.pattern.named)
    return _result(solutions, None, reading.pattern, graph)


def kept_json(answer: GraphAnswer) -> dict[str, Any]:
    """The JSON of an answer, for its question's row."""
    return answer_json(answer) | {
        "readings": [reading_json(reading) | _reading_json(reading) for reading in answer.readings],
        "result": _result_json(answer.result) if answer.result else None,
    }


def kept_answer_of(question: GraphQuestion) -> GraphAnswer | None:
    """The answer that a question was given; None where it was forgotten, or never kept."""
    data = question.answer
    if data is None:
        return None
    return GraphAnswer(
        data["question"],
        data["answerable"],
        data["notice"],
        data["milliseconds"],
        tuple(map(_reading_from, data["readings"])),
        _result_from(data["result"]) if data["result"] else None,
        **answer_fields(data),
    )


def previous_of(question: GraphQuestion, number: int = 0) -> Previous | None:
    """What a follow-up question changes: a reading of an answered question; None where it is not kept."""
    answer = kept_answer_of(question)
    if answer is None or number >= len(answer.readings):
        return None
    reading, result = answer.readings[number], answer.result if number == 0 else None
    query = query_from(reading.data)
    if query is None:
        return None
    cells = [row[0] for row in result.rows[:_FOUND_BEFORE] if row] if result else []
    found = tuple((NamedNode(cell.iri), cell.text) for cell in cells if cell.kind == "iri")
    return Previous(question.text, query, reading.probability, found)


def _reading(reading: Reading, graph: LiveGraph, *, offered: bool) -> GraphReading:
    """A reading in the form that is kept; with the beginning of its result if it is `offered`."""
    query, preview = reading.query, _preview(reading, graph) if offered and reading.ran else None
    return GraphReading(
        reading.text,
        reading.words or summary(reading.derivation),
        reading.probability,
        tuple(steps_of(reading.derivation)),
        pattern_of(query),
        reading.holds is not None if reading.confirmed else not query.columns,
        query.order is not None,
        headings(query, graph.profile),
        unused=reading.unused,
        found=_sentence(reading, preview) if preview else "",
        preview=preview,
        data=None if reading.confirmed else query_json(query),
    )


def _preview(reading: Reading, graph: LiveGraph) -> GraphResult:
    """The beginning of what a reading found, without a picture. Raises StoreError."""
    found = reading.solutions
    if found is None:
        return GraphResult(holds=reading.holds)
    cut = found.cut or len(found.rows) > _MAX_PREVIEW_ROWS
    first = replace(found, rows=found.rows[:_MAX_PREVIEW_ROWS])
    rows = shown_rows(first, graph, units_of(found.variables, pattern_of(reading.query), graph.profile))
    return GraphResult(found.variables, with_classes(rows, graph), cut)


def _sentence(reading: Reading, preview: GraphResult) -> str:
    """What a reading that is offered found, in a few words."""
    if preview.holds is not None:
        return "Yes." if preview.holds else "No."
    number = len(reading.solutions.rows) if reading.solutions else 0
    if not number:
        return "Nothing was found."
    more = " and more" if reading.solutions and reading.solutions.cut else ""
    return f"{number:,}{more} answer{'s' if number != 1 else ''}."


def _result_of(reading: Reading, graph: LiveGraph) -> GraphResult:
    return _result(reading.solutions, reading.holds, pattern_of(reading.query), graph)


def _result(
    solutions: Solutions | None, holds: bool | None, pattern: Pattern, graph: LiveGraph
) -> GraphResult:
    try:
        picture = picture_of(pattern, graph)
    except (StoreError, QueryError):
        picture = None
    if solutions is None:
        return GraphResult(holds=holds, picture=picture)
    rows = shown_rows(solutions, graph, units_of(solutions.variables, pattern, graph.profile))
    return GraphResult(solutions.variables, with_classes(rows, graph), solutions.cut, holds, picture)


def units_of(columns: Sequence[str], pattern: Pattern, profile: Profile) -> list[str]:
    """The unit of each column whose values, or whose sum, mean or extremes, a property's name tells it of."""
    units = {str(edge.object).strip("?"): profile.units.get(edge.predicate, "") for edge in pattern.edges}
    return [units.get(_OF_VALUES.sub("", column), "") for column in columns]


def _reading_json(reading: GraphReading) -> dict[str, Any]:
    pattern = reading.pattern
    return {
        "select": pattern.select,
        "edges": [
            [
                *map(str, (edge.subject, edge.predicate, edge.object)),
                list(map(str, edge.alternatives)),
                edge.reach,
            ]
            for edge in pattern.edges
        ],
        "answers": sorted(pattern.answers),
        "doubtful": pattern.doubtful,
        "asks": reading.asks,
        "ordered": reading.ordered,
        "heads": reading.heads,
        "preview": _result_json(reading.preview) if reading.preview else None,
    }


def _reading_from(data: Mapping[str, Any]) -> GraphReading:
    pattern = Pattern(
        data["select"],
        tuple(map(_edge, data["edges"])),
        frozenset(data["answers"]),
        data.get("doubtful", 0),
    )
    preview = data.get("preview")
    return GraphReading(
        **reading_fields(data),
        pattern=pattern,
        asks=data["asks"],
        ordered=data["ordered"],
        heads=tuple(data.get("heads", ())),
        preview=_result_from(preview) if preview else None,
    )


def _edge(data: Sequence[Any]) -> Edge:
    subject, predicate, value, alternatives, *reach = data
    others = tuple(map(_node, alternatives))
    return Edge(_node(subject), _node(predicate), _node(value), others, *map(Reach, reach))  # type: ignore[arg-type]


def _node(text: str) -> Node:
    """A variable, or a term as N-Triples write it."""
    if text.startswith("?"):
        return Variable(int(text.removeprefix("?x")))
    if text.startswith("<"):
        return NamedNode(text[1:-1])
    value = next(iter(parse(f"<a:s> <a:p> {text} .", format=RdfFormat.N_TRIPLES))).object
    assert isinstance(value, Literal)
    return value


def _result_json(result: GraphResult) -> dict[str, Any]:
    return {
        "columns": list(result.columns),
        "rows": [[list(asdict(cell).values()) for cell in row] for row in result.rows],
        "cut": result.cut,
        "holds": result.holds,
        "picture": asdict(result.picture) if result.picture else None,
    }


def _result_from(data: Mapping[str, Any]) -> GraphResult:
    return GraphResult(
        tuple(data["columns"]),
        [[Cell(*cell) for cell in row] for row in data["rows"]],
        data["cut"],
        data["holds"],
        _picture_from(data["picture"]) if data["picture"] else None,
    )


def _picture_from(data: Mapping[str, Any]) -> Picture:
    return Picture(
        tuple(PictureNode(**node) for node in data["nodes"]),
        tuple(PictureEdge(**edge) for edge in data["edges"]),
        data["cut"],
    )
