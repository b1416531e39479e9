"""The tools by standard input and output, handed on to a server."""

import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from mcp import Client, StdioServerParameters

from searchapp.api.models import ApiKey

ROOT = Path(__file__).parents[2]


def talk(server, key, name, **arguments):
    """What a tool answers that the command offers."""

    async def talking():
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "agent_tools.stdio", server, key], cwd=str(ROOT)
        )
        async with Client(command) as client:
            return await client.call_tool(name, arguments)

    return async_to_sync(talking)()


def test_a_command_hands_the_tools_on(load, live_server):
    load()
    key = ApiKey.objects.issue(user=User.objects.create_user("program"), name="agent", scope="read")[1]
    result = talk(live_server.url, key, "run_sparql", graph="films", query="ASK { ?s ?p ?o }")
    assert result.structured_content == {"holds": True}


@pytest.mark.parametrize(
    ("address", "says"), [("", "set SEARCHAPP_KEY"), ("http://127.0.0.1:1", "searchapp up")]
)
def test_what_is_wrong_with_the_server_is_told(transactional_db, live_server, address, says):
    result = talk(address or live_server.url, "sa_wrong", "list_sources")
    assert result.is_error
    assert says in result.content[0].text
