"""Tools for knowledge graphs: ask in words, run SPARQL."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from agent_tools.bounds import MAX_CHARACTERS, Limit, Offset, cut, cut_rows, page_of
from agent_tools.sources import GraphName, asker, graph_called
from kbqa.sparql.public import Cell, GraphAnswer, kept_answer_of, run_query, served, services, with_prefixes
from searchapp.errors import InvalidInput

_RESULTS = "application/sparql-results+json, text/turtle;q=0.5"
_OTHER_READINGS = 3


def ask_graph(
    graph: GraphName,
    question: Annotated[str, Field(min_length=1, description="A question in English.")],
    limit: Limit = 20,
) -> dict[str, Any]:
    """Answer a question from a knowledge graph, with the SPARQL that it was answered by.

    `certainty` is the probability that the query means what was asked: below 0.5, look at `other_readings`,
    and run one with `run_sparql`. Values that are nodes have an IRI. Where `next_offset` is there, run the
    query with `run_sparql` from it on.
    """
    source = graph_called(graph)
    _, kept = services.ask(source, question, remember_for=asker())
    answer = kept_answer_of(kept)
    assert answer is not None
    return graph_answer(answer, source.prefixes, limit)


def graph_answer(answer: GraphAnswer, prefixes: Mapping[str, str], limit: int) -> dict[str, Any]:
    """An answer from a graph as agents are told it."""
    queries = [with_prefixes(reading.query, prefixes) for reading in answer.readings]
    others = [
        {"sparql": query, "words": reading.words, "probability": round(reading.probability, 3)}
        for query, reading in zip(queries, answer.readings, strict=True)
    ]
    best, result = answer.best, answer.result
    notice = {"notice": answer.notice} if answer.notice else {}
    if best is None or result is None:
        advice = "This graph does not seem to have the answer; describe_source tells what is in it."
        return {"answered": False, "advice": advice, "other_readings": others[:_OTHER_READINGS], **notice}
    rows = cut_rows([[_shown(cell) for cell in row] for row in result.rows[:limit]])
    return {
        "answered": True,
        "certainty": round(best.probability, 3),
        "sparql": queries[0],
        **({} if result.holds is None else {"holds": result.holds}),
        "columns": [column.strip("?") for column in result.columns],
        **page_of(rows, 0, name="rows", more=result.cut or len(result.rows) > limit),
        "other_readings": others[1 : _OTHER_READINGS + 1],
        **notice,
    }


def run_sparql(
    graph: GraphName,
    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200_000,
            description="SELECT, ASK, CONSTRUCT or DESCRIBE. Prefixes that describe_source lists need not be "
            "declared.",
        ),
    ],
    offset: Offset = 0,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Run a SPARQL query that reads. `describe_source` tells which classes and properties there are.

    Pages are stable only where the query has an ORDER BY.
    """
    version = served(graph_called(graph)).version
    result = run_query(version, query, _RESULTS, limit=offset + limit)
    if "results+json" not in result.content_type:
        text = result.body.decode(errors="replace")
        return {"triples": text[:MAX_CHARACTERS], "complete": not result.cut and len(text) <= MAX_CHARACTERS}
    table = json.loads(result.body)
    if "boolean" in table:
        return {"holds": table["boolean"]}
    columns = table["head"]["vars"]
    found = [[_term(row.get(name)) for name in columns] for row in table["results"]["bindings"]]
    if offset and offset >= len(found):
        raise InvalidInput(f"The query has {len(found):,} rows.", field="offset")
    rows = found[offset : offset + limit]
    return {"columns": columns, **page_of(cut_rows(rows), offset, name="rows", more=result.cut)}


def _shown(cell: Cell) -> Any:
    return {"text": cut(cell.text), "iri": cell.iri} if cell.iri else cell.with_unit


def _term(term: Mapping[str, str] | None) -> str | None:
    """A term of SPARQL's results in JSON, as its value; an IRI in angle brackets, a blank node with `_:`."""
    if term is None:
        return None
    marks = {"uri": "<{}>", "bnode": "_:{}"}
    return marks.get(term["type"], "{}").format(term["value"])
