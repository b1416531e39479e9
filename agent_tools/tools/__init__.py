"""The tools by what they work on; `TOOLS` lists them in the order in which agents are shown them."""

from collections.abc import Callable
from typing import Any

from agent_tools.tools.asking import ask
from agent_tools.tools.catalogue import describe_source, list_sources
from agent_tools.tools.code import read_code, search_code, similar_code
from agent_tools.tools.databases import ask_database, run_sql
from agent_tools.tools.graphs import ask_graph, run_sparql

TOOLS: tuple[Callable[..., dict[str, Any]], ...] = (
    list_sources,
    describe_source,
    ask,
    search_code,
    read_code,
    similar_code,
    ask_graph,
    run_sparql,
    ask_database,
    run_sql,
)

__all__ = ["TOOLS"]
