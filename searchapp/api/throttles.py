"""How often one caller may call the API."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from searchapp.api.models import ApiKey
from searchapp.throttling import count_request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class CallerThrottle(BaseThrottle):
    """One rate for each key or account, a lower one for each address that has neither."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request. Raises TooManyRequests where the caller is over its rate."""
        count_request(request, key=request.auth if isinstance(request.auth, ApiKey) else None)
        return True
