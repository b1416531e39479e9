"""The tools by HTTP ("streamable HTTP" of the protocol), with the API's keys, permissions and throttles.

Each message is answered by itself, in JSON: nothing is kept between two of them, so that any process
answers any message, and no connection stays open.
"""

from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from searchapp.api.negotiation import AnyContent
from searchapp.api.permissions import Readers

MAX_BODY_BYTES = 1_000_000
"""Of a message; the longest query is far shorter."""
# What the request was already judged by, or what is not the protocol's.
_OWN_HEADERS = frozenset({"authorization", "cookie", "connection", "transfer-encoding"})


class McpView(APIView):
    """Tools for agents: the Model Context Protocol by HTTP."""

    schema = None
    http_method_names = ("post", "options")
    permission_classes = (Readers,)
    content_negotiation_class = AnyContent

    def post(self, request: Request) -> HttpResponse:
        """Answer one message of the protocol."""
        _check_origin(request._request)
        return async_to_sync(_answered)(_scope(request._request), request._request.body)


def _check_origin(request: HttpRequest) -> None:
    """Refuse scripts of other sites, as the protocol asks for. Raises PermissionDenied."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.get_host():
        raise PermissionDenied("Scripts of other sites may not use the tools.")


def _scope(request: HttpRequest) -> dict[str, Any]:
    """The request as ASGI describes it."""
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in request.headers.items()
        if name.lower() not in _OWN_HEADERS
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
    }


async def _answered(scope: dict[str, Any], body: bytes) -> HttpResponse:
    """The protocol's answer to a request."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from agent_tools.server import server

    response = HttpResponse()
    received = iter(({"type": "http.request", "body": body, "more_body": False},))

    async def receive() -> dict[str, Any]:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            response.status_code = message["status"]
            del response.headers["Content-Type"]
            for name, value in message["headers"]:
                response.headers[name.decode("latin-1")] = value.decode("latin-1")
        else:
            response.write(message.get("body", b""))

    manager = StreamableHTTPSessionManager(
        server(), json_response=True, stateless=True, max_request_body_size=MAX_BODY_BYTES
    )
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    return response
