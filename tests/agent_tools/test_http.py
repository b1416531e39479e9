"""The tools by HTTP: the official client with a key, and what the door refuses."""

import json

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from httpx2 import AsyncClient
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from agent_tools.tools import TOOLS
from kbqa.questions.models import QuestionBase
from kbqa.sparql.public import Graph, GraphQuestion
from searchapp.api.models import ApiKey

ADDRESS = "/api/mcp"
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture
def key(transactional_db):
    """A key that reads, and its account."""
    account = User.objects.create_user("program")
    return ApiKey.objects.issue(user=account, name="agent", scope="read")[1], account


def talk(address, text, mode, *calls):
    """What tools there are, and what some calls of them answer."""

    async def talking():
        async with AsyncClient(headers={"Authorization": f"Bearer {text}"}, timeout=60) as http:
            transport = streamable_http_client(address, http_client=http)
            async with Client(transport, mode=mode) as client:
                names = [tool.name for tool in (await client.list_tools()).tools]
                return names, [await client.call_tool(name, arguments) for name, arguments in calls]

    return async_to_sync(talking)()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_official_client_works_with_a_key(load, key, live_server, mode):
    text, account = key
    load()
    Graph.objects.update(visibility="signed-in")
    question = {"graph": "films", "question": "Who is the director of Falcon?"}
    names, (listed, answer) = talk(
        f"{live_server.url}{ADDRESS}", text, mode, ("list_sources", {}), ("ask_graph", question)
    )
    assert names == [tool.__name__ for tool in TOOLS]
    assert listed.structured_content["sources"][0]["source"] == "graph:films"
    assert answer.structured_content["rows"][0][0]["text"] == "Marta Falcon"
    # It is the account's own question, as one that it asks on a page.
    asked: QuestionBase = GraphQuestion.objects.get()
    assert asked.asker == account


def post(client, body=PING, **headers):
    return client.post(
        ADDRESS, json.dumps(body), content_type="application/json", headers={**HEADERS, **headers}
    )


def test_the_door_is_closed_without_a_key_where_reading_is_not_open(db, settings, client):
    settings.ANONYMOUS_READ = False
    assert post(client).status_code == 401
    assert post(client, Authorization="Bearer sa_wrong").status_code == 401
    settings.ANONYMOUS_READ = True
    assert post(client).json()["result"] == {}


def test_calls_are_counted_as_those_of_the_api(db, settings, client):
    settings.THROTTLES = {**settings.THROTTLES, "anonymous": "2 per minute"}
    assert [post(client).status_code for _ in range(3)] == [200, 200, 429]


def test_scripts_of_other_sites_are_refused(db, client):
    assert post(client, Origin="https://elsewhere.example").status_code == 403
    assert post(client, Origin="http://testserver").status_code == 200


def test_only_messages_of_the_protocol_are_taken(db, client):
    assert client.get(ADDRESS).status_code == 405
    assert client.delete(ADDRESS).status_code == 405
    assert client.post(ADDRESS, "x", content_type="text/plain", headers=HEADERS).status_code == 400
    assert post(client, {"jsonrpc": "2.0", "id": 1, "method": "no/such"}).json()["error"]["code"] == -32601
    assert post(client, "x" * 2_000_000).status_code == 413
