"""How often one caller may call the API, and how the caller is told."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from searchapp.api.models import ApiKey
from searchapp.throttling import Rate, TooManyRequests, count_request

if TYPE_CHECKING:
    from rest_framework.views import APIView


_RATE = "searchapp_rate"


class CallerThrottle(BaseThrottle):
    """One rate for each key or account, a lower one for each address that has neither."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request. Raises TooManyRequests where the caller is over its rate."""
        key = request.auth if isinstance(request.auth, ApiKey) else None
        try:
            setattr(request._request, _RATE, count_request(request._request, key=key))
        except TooManyRequests as error:
            setattr(request._request, _RATE, error.rate)
            raise
        return True


class RateMiddleware:
    """Tells with each answer of the API how many calls are left, and for how long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response with its headers, where the call was counted."""
        response = self.get_response(request)
        rate: Rate | None = getattr(request, _RATE, None)
        if rate is not None:
            response.headers["RateLimit-Limit"] = str(rate.limit)
            response.headers["RateLimit-Remaining"] = str(rate.remaining)
            response.headers["RateLimit-Reset"] = str(rate.seconds)
        return response
