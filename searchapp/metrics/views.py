"""The address that Prometheus reads."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.views import APIView

from searchapp import counting
from searchapp.api.negotiation import AnyContent
from searchapp.metrics import gauges


class Everything:
    """Whatever there is to be told, as the library collects it."""

    def collect(self) -> Iterator[Any]:
        """The families; without Redis those of the database."""
        with suppress(RedisError):
            yield from list(counting.families())
        yield from gauges.families()


class MetricsView(APIView):
    """Metrics for staff: names of sources stand in them."""

    schema = None
    permission_classes = (IsAdminUser,)
    content_negotiation_class = AnyContent

    def get(self, request: Request) -> HttpResponse:
        """All metrics in the text format of Prometheus."""
        registry = CollectorRegistry()
        registry.register(Everything())  # type: ignore[arg-type]
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
