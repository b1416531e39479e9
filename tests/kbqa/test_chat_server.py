"""A server of chat completions is the operator's own choice; whom it names is not."""

import gc

import pytest

from kbqa.language_model import ChatServer, ServerConfig, ServerError
from tests.http_server import Reply, Request, local_server


@pytest.fixture
def redirecting():
    """A server that answers with the status that its path begins with, and redirects elsewhere."""

    def answer(request: Request) -> Reply:
        return Reply(status=int(request.path.split("/")[1]), headers={"Location": "/200/elsewhere"})

    with local_server(answer) as server:
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(redirecting, status):
    with pytest.raises(ServerError, match=str(status)):
        ChatServer(ServerConfig(f"{redirecting.address}/{status}", "m", key="hush")).complete([])
    assert [request.path for request in redirecting.requests] == [f"/{status}/chat/completions"]


@pytest.mark.filterwarnings("error")
def test_no_connection_stays_open(redirecting):
    server = ChatServer(ServerConfig(f"{redirecting.address}/200", "m"))
    with pytest.raises(ServerError, match="not one of chat completions"):
        server.complete([])
    gc.collect()
    assert not [
        each for each in gc.get_objects() if type(each).__name__ == "HTTPConnectionPool" and each.connections
    ]
