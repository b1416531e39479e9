"""Whether this process can do its work, for load balancers and container health checks."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from searchapp.errors import RETRY_AFTER_SECONDS


def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 if PostgreSQL and Redis answer, 503 and which of them does not otherwise."""
    answers = {"postgresql": _postgresql(), "redis": _redis()}
    if all(answers.values()):
        return JsonResponse(answers)
    return JsonResponse(answers, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _postgresql() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        cache.get("health")
    except RedisError:
        return False
    return True
