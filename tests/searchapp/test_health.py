"""Whether a process can do its work; what is away is named."""

import json

import pytest
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from searchapp import health


class Connection:
    """A database that answers, or does not."""

    def __init__(self, error):
        self.error = error

    def cursor(self):
        if self.error:
            raise self.error
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, statement):
        assert statement == "SELECT 1"


@pytest.mark.parametrize(
    ("postgresql", "redis", "status"),
    [(None, None, 200), (OperationalError(), None, 503), (None, RedisConnectionError(), 503)],
)
def test_an_outage_is_a_status_and_a_name(monkeypatch, postgresql, redis, status):
    class Cache:
        def get(self, key):
            if redis:
                raise redis

    monkeypatch.setattr(health, "connection", Connection(postgresql))
    monkeypatch.setattr(health, "cache", Cache())
    response = health.health(None)
    assert response.status_code == status
    assert json.loads(response.content) == {"postgresql": postgresql is None, "redis": redis is None}


def test_a_bug_is_not_called_an_outage(monkeypatch):
    monkeypatch.setattr(health, "connection", Connection(KeyError("a bug")))
    with pytest.raises(KeyError):
        health.health(None)
