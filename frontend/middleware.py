"""Guards around the pages: policies for browsers, throttles, and answers to known errors."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from frontend.views.errors import error_page, known_error_page
from searchapp.admission import refusal
from searchapp.outages import known_error
from searchapp.rejections import Rejection
from searchapp.throttling import TooManyRequests, count_request

Respond = Callable[[HttpRequest], HttpResponseBase]

_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# What the admin's and the documentation's own libraries need besides; scripts that stand in a page never run.
# Alpine, which the admin is made with, makes functions of the texts of attributes.
_OWN_LIBRARIES = {
    "/admin/": f"{_POLICY}; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'",
    "/api/docs/": f"{_POLICY}; style-src 'self' 'unsafe-inline'",
}
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip
_API, _HEALTH = "/api/", "/health"


class PolicyMiddleware:
    """Lets pages load from this site alone, and use none of the machine's devices.

    The code that is shown must never run.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response with the headers added."""
        response = self.get_response(request)
        own = (policy for place, policy in _OWN_LIBRARIES.items() if request.path.startswith(place))
        response.headers.setdefault("Content-Security-Policy", next(own, _POLICY))
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
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


def rejected_page(request: HttpRequest, rejection: Rejection) -> HttpResponseBase:
    """The page, or the problem, of a request that the web server rejected; no middleware sees that one."""

    def page(request: HttpRequest) -> HttpResponse:
        return error_page(request, rejection.status, rejection.title, rejection.detail)

    return PolicyMiddleware(page)(request)


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
