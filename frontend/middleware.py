"""Two guards around the pages: a content security policy, and a page instead of a stack trace when a service
is away.
"""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from redis.exceptions import ConnectionError as RedisConnectionError

from frontend.views.errors import service_outage

Respond = Callable[[HttpRequest], HttpResponseBase]

# The admin and the API's documentation bring scripts of their own, which this policy would stop.
_OWN_SCRIPTS = ("/admin/", "/api/docs/")
_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"


class ContentSecurityPolicyMiddleware:
    """Lets pages load from this site alone: found code is shown, and must never run."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header."""
        response = self.get_response(request)
        if not request.path.startswith(_OWN_SCRIPTS):
            response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response


class ServiceOutageMiddleware:
    """Answers 503 with advice while PostgreSQL or Redis is away."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn an outage into an answer; other exceptions go on."""
        if isinstance(exception, OperationalError | InterfaceError | RedisConnectionError):
            return service_outage(request)
        return None
