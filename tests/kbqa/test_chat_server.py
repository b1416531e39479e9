"""A server of chat completions is the operator's own choice; whom it names is not."""

import gc
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kbqa.language_model import ChatServer, ServerConfig, ServerError


@pytest.fixture
def redirecting():
    """Yield the address of a server that redirects, and the paths that it was asked for."""
    asked = list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(int(self.path.split("/")[1]))
            self.send_header("Location", "/200/elsewhere")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(redirecting, status):
    url, asked = redirecting
    with pytest.raises(ServerError, match=str(status)):
        ChatServer(ServerConfig(f"{url}/{status}", "m", key="hush")).complete([])
    assert asked == [f"/{status}/chat/completions"]


@pytest.mark.filterwarnings("error")
def test_no_connection_stays_open(redirecting):
    url, _ = redirecting
    server = ChatServer(ServerConfig(f"{url}/200", "m"))
    with pytest.raises(ServerError, match="not one of chat completions"):
        server.complete([])
    gc.collect()
    assert not [
        each for each in gc.get_objects() if type(each).__name__ == "HTTPConnectionPool" and each.connections
    ]
