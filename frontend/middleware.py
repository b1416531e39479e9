"""Guards around the pages: a content security policy, and answers to known errors."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from frontend.views.errors import known_error_page
from searchapp.outages import known_error
from searchapp.throttling import TooManyRequests, count_request

Respond = Callable[[HttpRequest], HttpResponseBase]

# The admin and the API's documentation bring scripts of their own, which this policy would stop.
_OWN_SCRIPTS = ("/admin/", "/api/docs/")
_API, _HEALTH = "/api/", "/health"
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class ContentSecurityPolicyMiddleware:
    """Lets pages load from this site alone: the code that is shown must never run."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response with the header added."""
        response = self.get_response(request)
        if not request.path.startswith(_OWN_SCRIPTS):
            response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response


class ThrottleMiddleware:
    """Counts the pages that a caller asks for; the API counts its calls by itself, which knows the keys."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view, or a page that says when to come again."""
        if request.path != _HEALTH and not request.path.startswith(_API):
            try:
                count_request(request)
            except TooManyRequests as error:
                return known_error_page(request, error)
        return self.get_response(request)


class KnownErrorMiddleware:
    """Answers errors of the tree, and outages of PostgreSQL or Redis, by a page that says what to do."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of a known error; None lets any other exception go on."""
        error = known_error(exception)
        return known_error_page(request, error) if error is not None else None
