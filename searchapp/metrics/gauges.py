"""What the database says at the moment when it is asked."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from searchapp.jobs.models import Job
from searchapp.visibility import sources_by_kind

Collect = Callable[[], Iterator[GaugeMetricFamily]]
_collectors: dict[str, Collect] = {}


def register_gauges(name: str, collect: Collect) -> None:
    """Declare gauges of an application; called once, from its `ready()`."""
    _collectors[name] = collect


def families() -> Iterator[GaugeMetricFamily]:
    """The gauges of the ground, and of all applications."""
    yield _jobs()
    yield _waiting()
    yield _ages()
    for collect in _collectors.values():
        yield from collect()


def _jobs() -> GaugeMetricFamily:
    family = GaugeMetricFamily("searchapp_jobs", "Jobs by kind and state.", labels=("kind", "state"))
    for row in Job.objects.values("kind", "state").annotate(number=Count("id")).order_by("kind", "state"):
        family.add_metric((row["kind"], row["state"]), row["number"])
    return family


def _waiting() -> GaugeMetricFamily:
    family = GaugeMetricFamily("searchapp_queue_seconds", "How long the oldest job in the queue has waited.")
    since = Job.objects.filter(state=Job.State.QUEUED).aggregate(since=Min("enqueued"))["since"]
    family.add_metric((), (timezone.now() - since).total_seconds() if since else 0.0)
    return family


def _ages() -> GaugeMetricFamily:
    """The age of what is served of each source, from the newest job on it that succeeded."""
    family = GaugeMetricFamily(
        "searchapp_source_age_seconds", "Time since a source was last read.", labels=("kind", "source")
    )
    ended = Job.objects.filter(state=Job.State.SUCCEEDED, finished__isnull=False)
    newest: dict[str, Any] = dict(
        ended.order_by("subject", "-finished").distinct("subject").values_list("subject", "finished")
    )
    now = timezone.now()
    for kind, model in sources_by_kind().items():
        sources: QuerySet[Any] = model.objects.all()
        for source in sources.filter(deleting=False):
            if source.subject in newest:
                family.add_metric((kind, source.key), (now - newest[source.subject]).total_seconds())
    return family
