"""Histograms that all processes add to, kept in Redis: a process that ends takes nothing with it."""

import json
import logging
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import HistogramMetricFamily
from redis.exceptions import RedisError

from searchapp.throttling import patient_redis

log = logging.getLogger(__name__)

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper bounds, in seconds."""
_KEY = "searchapp:metrics"
_SUM = "sum"


@dataclass(frozen=True)
class Histogram:
    """Times of something, by labels whose values are few."""

    name: str
    help: str
    labels: tuple[str, ...]

    def observe(self, seconds: float, *values: str) -> None:
        """Add a time. Where Redis is away nothing is counted."""
        bucket = bisect_left(BUCKETS, seconds)
        try:
            with patient_redis().pipeline(transaction=False) as pipe:
                pipe.hincrby(_KEY, self._field(values, str(bucket)), 1)
                pipe.hincrbyfloat(_KEY, self._field(values, _SUM), seconds)
                pipe.execute()
        except RedisError as error:
            log.debug("Nothing is counted, as Redis is away: %s", error)

    def _field(self, values: tuple[str, ...], part: str) -> str:
        return json.dumps([self.name, *values, part])


REQUESTS = Histogram("searchapp_request_seconds", "How long requests take to answer.", ("kind", "status"))
STAGES = Histogram("searchapp_job_stage_seconds", "How long stages of jobs run.", ("kind", "stage"))
HISTOGRAMS = {histogram.name: histogram for histogram in (REQUESTS, STAGES)}


def families() -> Iterator[HistogramMetricFamily]:
    """What was counted. Raises RedisError."""
    counted: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for field, value in patient_redis().hgetall(_KEY).items():
        name, *values, part = json.loads(field)
        counted[name][tuple(values)][part] = float(value)
    for name, histogram in HISTOGRAMS.items():
        family = HistogramMetricFamily(name, histogram.help, labels=histogram.labels)
        for values, parts in sorted(counted[name].items()):
            family.add_metric(values, buckets=_cumulated(parts), sum_value=parts.get(_SUM, 0.0))
        yield family


def _cumulated(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """The buckets as Prometheus counts them: each with all that were quicker."""
    total, buckets = 0.0, []
    for place, bound in enumerate((*map(str, BUCKETS), "+Inf")):
        total += parts.get(str(place), 0.0)
        buckets.append((bound, total))
    return buckets
