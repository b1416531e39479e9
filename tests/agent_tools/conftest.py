"""Sample sources of each kind, and the protocol's official client within this process."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from mcp import Client

from agent_tools.server import server
from searchapp.visibility import SYSTEM, Reader, reading_as
from tests.kbqa.conftest import load
from tests.kbqa.sql.conftest import connect, shop_file

__all__ = ["connect", "load", "shop_file"]

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call() -> Call:
    """A function that calls a tool as a reader, and gives its answer; of `fails=True`, the error's."""

    def run(name: str, *, fails: bool = False, reader: Reader = SYSTEM, **arguments: Any) -> dict[str, Any]:
        async def called() -> Any:
            async with Client(server()) as client:
                return await client.call_tool(name, arguments)

        with reading_as(reader):
            result = async_to_sync(called)()
        assert result.is_error is fails, result.content[0].text
        answer: dict[str, Any] = result.structured_content
        return answer

    return run


@pytest.fixture
def sample(load: Any, connect: Any, index: Any, tmp_path: Any) -> None:
    """A repository, a graph and a database."""
    from tests.conftest import FILES, write_files

    index(write_files(tmp_path / "code", FILES), name="project")
    load()
    connect()
