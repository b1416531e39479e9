"""Guards around the pages: a content security policy, and answers to known errors."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from frontend.views.errors import known_error_page
from searchapp.admission import refusal
from searchapp.outages import known_error

Respond = Callable[[HttpRequest], HttpResponseBase]

# The admin and the API's documentation bring scripts of their own, which this policy would stop.
_OWN_SCRIPTS = ("/admin/", "/api/docs/")
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


class KnownErrorMiddleware:
    """Answers errors of the tree, outages, and requests without a place by a page that says what to do."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """The page of a request that the web server had no place for, instead of the view's."""
        error = refusal(request)
        return known_error_page(request, error) if error is not None else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of a known error; None lets any other exception go on."""
        error = known_error(exception)
        return known_error_page(request, error) if error is not None else None


class NoNullMiddleware:
    """Refuses null characters in addresses: no text of the database has one that a view could look for."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view; 404 for such a path, 400 for such a parameter."""
        if "\0" in request.path:
            raise Http404
        if any("\0" in text for name, values in request.GET.lists() for text in (name, *values)):
            raise BadRequest("A parameter has a null character.")
        return self.get_response(request)
