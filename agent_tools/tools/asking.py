"""The tool for a question of which the agent does not know who can answer it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field

from agent_tools.sources import KINDS, Kind, name_of, source_called
from agent_tools.tools.code import search_code
from agent_tools.tools.databases import ask_database
from agent_tools.tools.graphs import ask_graph
from searchapp.errors import InvalidInput, SearchappError

MAX_ASKED = 8
"""How many graphs and databases one question is put to."""
_ROWS, _HITS = 10, 3


def ask(
    question: Annotated[str, Field(min_length=1, max_length=2_000, description="A question in English.")],
    source: Annotated[
        str,
        Field(
            max_length=200,
            description="Whom to ask: code:NAME, graph:NAME or db:NAME; without it, all of them.",
        ),
    ] = "",
) -> dict[str, Any]:
    """Answer a question from any source; the likeliest answer comes first, each with the query behind it.

    Ask one source by name where you know which can answer: it is quicker and surer.
    """
    asked = [source_called(source)] if source else _everybody()
    answers = [_answer(kind, each, question) for kind, each in asked]
    answers.sort(key=lambda answer: (not answer.get("answered"), -answer.get("certainty", 0.0)))
    code = {} if source else {"code": search_code(question, limit=_HITS)["results"]}
    return {"answers": answers, **code}


def _everybody() -> list[tuple[Kind, Any]]:
    """The graphs and databases that can be asked. Raises InvalidInput where they are many."""
    kinds = (KINDS["db"], KINDS["graph"])
    found = [(kind, source) for kind in kinds for source in kind.sources().filter(serving__isnull=False)]
    if len(found) > MAX_ASKED:
        names = ", ".join(name_of(kind, source) for kind, source in found[:30])
        raise InvalidInput(
            f"There are {len(found)} graphs and databases: say which to ask. They are: {names}.",
            field="source",
        )
    return found


_ASK: Mapping[str, Callable[[str, str], dict[str, Any]]] = {
    "code": lambda name, question: search_code(f"repo:{name} {question}"),
    "graph": lambda name, question: ask_graph(name, question, limit=_ROWS),
    "db": lambda name, question: ask_database(name, question, limit=_ROWS),
}


def _answer(kind: Kind, source: Any, question: str) -> dict[str, Any]:
    """The answer of one source; that it cannot answer now is one, too."""
    try:
        return {"source": name_of(kind, source), **_ASK[kind.prefix](source.key, question)}
    except InvalidInput:
        raise
    except SearchappError as error:
        return {"source": name_of(kind, source), "answered": False, "advice": error.message}
