"""What Prometheus is told, and who is told."""

import pytest
from django.contrib.auth.models import User
from prometheus_client.parser import text_string_to_metric_families
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.test import APIClient

from kbqa.sparql.public import Graph, GraphQuestion
from searchapp import counting
from searchapp.api.models import ApiKey
from searchapp.counting import Histogram
from searchapp.jobs.models import Job

ADDRESS = "/api/metrics"


@pytest.fixture
def operator(db):
    account = User.objects.create_user("operator", is_staff=True)
    key = ApiKey.objects.issue(user=account, name="prometheus", scope="read")[1]
    return APIClient(headers={"Authorization": f"Bearer {key}"})


def told(client):
    """The metrics: name → labels → value."""
    response = client.get(ADDRESS)
    assert response.status_code == 200
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_staff_alone_are_told(client, db, settings, operator):
    settings.ANONYMOUS_READ = True
    assert client.get(ADDRESS).status_code == 401
    reader = ApiKey.objects.issue(user=User.objects.create_user("reader"), name="x", scope="read")[1]
    assert client.get(ADDRESS, headers={"Authorization": f"Bearer {reader}"}).status_code == 403
    assert operator.get(ADDRESS).headers["Content-Type"].startswith("text/plain")


def test_requests_are_counted_by_kind(client, operator):
    name = ("searchapp_request_seconds_count", ("kind", "search"), ("status", "4xx"))
    before = told(operator).get(name, 0)
    client.get("/api/v1/code/search")
    assert told(operator)[name] == before + 1


def test_a_histogram_has_each_time_in_all_longer_buckets(monkeypatch):
    times = Histogram("searchapp_test_seconds", "For a test.", ("what",))
    monkeypatch.setitem(counting.HISTOGRAMS, times.name, times)
    monkeypatch.setattr(counting, "_KEY", "searchapp:metrics:test")
    counting.patient_redis().delete("searchapp:metrics:test")
    for seconds in (0.01, 0.3, 4000):
        times.observe(seconds, "x")
    (family,) = [each for each in counting.families() if each.name == times.name]
    buckets = {sample.labels["le"]: sample.value for sample in family.samples if "le" in sample.labels}
    assert (buckets["0.01"], buckets["0.25"], buckets["0.5"], buckets["1800.0"], buckets["+Inf"]) == (
        1,
        1,
        2,
        2,
        3,
    )
    assert next(each.value for each in family.samples if each.name.endswith("_sum")) == pytest.approx(4000.31)


def test_jobs_and_answers_are_told(operator):
    Job.objects.create(kind="load_graph", subject="graph:1", title="Load", state="queued")
    graph = Graph.objects.create(name="films", slug="films", source_kind="file", location="x")
    GraphQuestion.objects.create(graph=graph, text="who?", confidence=0.8, verdict="good")
    GraphQuestion.objects.create(graph=graph, text="what?", confidence=0)
    now = told(operator)
    assert now["searchapp_jobs", ("kind", "load_graph"), ("state", "queued")] == 1
    assert now[("searchapp_queue_seconds",)] > 0
    assert now["searchapp_answers_day", ("certainty", "0.75-0.9"), ("engine", "graph")] == 1
    assert now["searchapp_answers_day", ("certainty", "none"), ("engine", "graph")] == 1
    assert now["searchapp_verdicts_day", ("engine", "graph"), ("verdict", "good")] == 1


def test_without_redis_the_rest_is_told(operator, monkeypatch):
    def away():
        raise RedisAway("gone")

    monkeypatch.setattr(counting, "patient_redis", away)
    assert ("searchapp_queue_seconds",) in told(operator)
