"""The tools by standard input and output, for programs that start a command: handed on to a running server.

The models stay in the server: a command is there at once, and sees what its key may see.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from httpx2 import AsyncClient, HTTPError, Timeout
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from mcp_types.version import LATEST_MODERN_VERSION

from agent_tools.instructions import INSTRUCTIONS

_SECONDS = 120.0
"""The longest that an answer may take: reading, running and correcting a query."""
_CONNECT_SECONDS = 10.0

Told = TypeVar("Told")


def serve(server: str, key: str) -> None:
    """Answer messages on standard input until it ends, with the tools of the server at an address."""
    anyio.run(_serve, Remote(server, key))


class Remote:
    """The tools of a running server."""

    def __init__(self, server: str, key: str) -> None:
        self._address = f"{server.rstrip('/')}/api/mcp"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def list_tools(
        self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """The server's tools. Raises MCPError."""
        return await self._told(lambda client: client.list_tools())

    async def call_tool(self, _: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        """What a tool of the server answers; that the server is away is an answer, too."""
        try:
            return await self._told(lambda client: client.call_tool(params.name, params.arguments))
        except MCPError as error:
            return CallToolResult(content=[TextContent(type="text", text=error.error.message)], is_error=True)

    async def _told(self, ask: Callable[[Client], Awaitable[Told]]) -> Told:
        """What the server says to one message. Raises MCPError, which says what to do."""
        status: list[int] = []

        async def look(response: Any) -> None:
            status.append(response.status_code)

        try:
            async with AsyncClient(
                headers=self._headers,
                timeout=Timeout(_SECONDS, connect=_CONNECT_SECONDS),
                event_hooks={"response": [look]},
            ) as http:
                transport = streamable_http_client(self._address, http_client=http)
                async with Client(transport, mode=LATEST_MODERN_VERSION, cache=None) as client:
                    return await ask(client)
        except* (HTTPError, MCPError, OSError) as errors:
            raise MCPError(-32000, self._advice(status, errors)) from None

    def _advice(self, status: list[int], errors: BaseExceptionGroup[Any]) -> str:
        if not status:
            where = f"No server answers at {self._address}."
            return f"{where} Start it with `searchapp up`, or set SEARCHAPP_SERVER."
        known = {
            401: "The server wants a key that it knows: set SEARCHAPP_KEY to one made in its admin.",
            403: "The key's account may not read here.",
            404: f"There are no tools at {self._address}: is it Searchapp, and its newest version?",
            429: "That was too often. Try again in a minute.",
            503: "The server is busy. Try again in a few seconds.",
        }
        return known.get(status[-1], f"The server answered with status {status[-1]}: {_first(errors)}")


async def _serve(remote: Remote) -> None:
    server: Server[Any] = Server(
        "searchapp",
        title="Searchapp",
        version="1",
        instructions=INSTRUCTIONS,
        on_list_tools=remote.list_tools,
        on_call_tool=remote.call_tool,
    )
    async with stdio_server() as (receiving, sending):
        await server.run(receiving, sending, server.create_initialization_options())


def _first(errors: BaseException) -> str:
    """The first of some errors, in a line."""
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return str(errors).partition("\n")[0] or type(errors).__name__


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
