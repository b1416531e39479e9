"""The server of the protocol: tools with their arguments, and errors that tell an agent what to do."""

import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from asgiref.sync import sync_to_async
from mcp.server import Server, ServerRequestContext
from mcp.server.mcpserver.tools import Tool
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ToolDescription
from pydantic import ValidationError

from agent_tools.instructions import INSTRUCTIONS
from agent_tools.tools import TOOLS
from searchapp.errors import RETRY_AFTER_SECONDS, InvalidInput, SearchappError
from searchapp.outages import known_error

log = logging.getLogger(__name__)


@cache
def tools() -> Mapping[str, Tool]:
    """The tools by their names, with the schemas of their arguments."""
    found = [Tool.from_function(function, structured_output=False) for function in TOOLS]
    return {tool.name: tool for tool in found}


def server() -> Server[Any]:
    """A server of all tools; it keeps nothing between calls."""
    return Server(
        "searchapp",
        title="Searchapp",
        version="1",
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
    )


async def _list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    return ListToolsResult(
        tools=[
            ToolDescription(
                name=tool.name, description=tool.description, input_schema=tool.parameters, annotations=reads
            )
            for tool in tools().values()
        ]
    )


async def _call_tool(_: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
    try:
        # In the thread of the request, which has the connection to the database.
        answer = await sync_to_async(called, thread_sensitive=True)(params.name, params.arguments or {})
    except SearchappError as error:
        return _result({"error": error.message, **_advice(error)}, is_error=True)
    return _result(answer)


def called(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool answers. Raises errors of the tree."""
    tool = tools().get(name)
    if tool is None:
        raise InvalidInput(f"There is no tool {name!r}. There are: {', '.join(tools())}.", field="name")
    given = _checked(tool, arguments)
    try:
        answer: dict[str, Any] = tool.fn(**given)
    except Exception as error:
        known = known_error(error)
        if known is not None:
            raise known from error
        log.exception("The tool %s failed.", name)
        raise SearchappError("Something went wrong in the server; its log says what.") from error
    return answer


def _checked(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a tool as it takes them. Raises InvalidInput, which names what is wrong."""
    known = tool.parameters["properties"]
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise InvalidInput(
            f"{tool.name} has no argument {unknown[0]!r}. It has: {', '.join(known)}.", field=unknown[0]
        )
    try:
        return tool.fn_metadata.validate_arguments(dict(arguments))
    except ValidationError as error:
        wrong = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
        message = "; ".join(f"{field}: {text}" for field, text in wrong)
        raise InvalidInput(
            f"The arguments of {tool.name} are wrong. {message}.", field=wrong[0][0]
        ) from error


def _advice(error: SearchappError) -> dict[str, Any]:
    """What helps, as data: an argument to change, or to wait."""
    changes = {"argument": error.field} if error.field else {}
    return {**changes, "retry_after_seconds": RETRY_AFTER_SECONDS} if error.transient else changes


def _result(answer: dict[str, Any], *, is_error: bool = False) -> CallToolResult:
    # Cells hold whatever a database holds; halves of surrogate pairs are no text in UTF-8.
    text = json.dumps(answer, ensure_ascii=False, default=str).encode("utf-8", "replace").decode()
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=json.loads(text),
        is_error=is_error,
    )
