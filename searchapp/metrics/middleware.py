"""How long each request took, by its kind."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from searchapp.admission import KINDS, Work
from searchapp.counting import REQUESTS


class MetricsMiddleware:
    """Counts requests with the time until their answer begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view."""
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        kind = KINDS.get(match.url_name or "", Work.PAGES) if match else Work.PAGES
        # Whoever watches health would fill the histogram with that.
        if kind is not Work.HEALTH:
            REQUESTS.observe(time.perf_counter() - started, str(kind), f"{response.status_code // 100}xx")
        return response
