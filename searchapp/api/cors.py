"""What scripts of other sites may read (CORS): never with a person's session, only with a key or nothing."""

from collections.abc import Callable, Collection

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

_PREFLIGHT_SECONDS = 600
_READABLE = ", ".join(
    (
        "Retry-After",
        "RateLimit-Limit",
        "RateLimit-Remaining",
        "RateLimit-Reset",
        "X-Result-Cut",
        "X-Request-Id",
    )
)
_SENT = "Accept, Authorization, Content-Type, Mcp-Protocol-Version, Mcp-Session-Id, X-Request-Id"
_API = "/api/"


class CorsMiddleware:
    """Lets scripts of the origins of `API_CORS_ORIGINS` read what the API answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, with the headers that a browser asks for."""
        origins: Collection[str] = settings.API_CORS_ORIGINS
        if not origins or not request.path.startswith(_API):
            return self.get_response(request)
        asks = is_preflight(request) and allowed_origin(request, origins)
        response = HttpResponse(status=204) if asks else self.get_response(request)
        share(request, response, origins)
        return response


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks what a script may send."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def allowed_origin(request: HttpRequest, origins: Collection[str]) -> str:
    """What the browser is told of the origin of a request; empty where it is not allowed."""
    origin = request.headers.get("Origin", "")
    if not origin or ("*" not in origins and origin not in origins):
        return ""
    return "*" if "*" in origins else origin


def share(
    request: HttpRequest,
    response: HttpResponseBase,
    origins: Collection[str],
    methods: str = "GET, POST, PATCH, DELETE, OPTIONS",
) -> None:
    """Let scripts of some origins read a response."""
    if not origins:
        return
    patch_vary_headers(response, ["Origin"])
    allowed = allowed_origin(request, origins)
    if not allowed:
        return
    response.headers["Access-Control-Allow-Origin"] = allowed
    response.headers["Access-Control-Expose-Headers"] = _READABLE
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = _SENT
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
