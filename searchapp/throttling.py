"""How often one caller may call, at every door: pages, API, sign-in. Counted in Redis, for all processes."""

import hashlib
import logging
import math
import time
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from limits import parse
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from searchapp.client_address import client_address, network_of
from searchapp.errors import SearchappError
from searchapp.shared import SharedCache

log = logging.getLogger(__name__)

# Redis answers within a millisecond or is not there: nobody waits for it longer than for a page.
_REDIS_SECONDS = 2.0
_limiters: SharedCache[str, SlidingWindowCounterRateLimiter] = SharedCache(1)


@dataclass(frozen=True)
class Rate:
    """How often a caller may call within a time, how often it still may, and when the time is over."""

    limit: int
    remaining: int
    seconds: int


class TooManyRequests(SearchappError):  # noqa: N818 - reads as what it is
    """A caller is over its rate; `seconds` until it may call again."""

    status = 429
    title = "Too many requests"
    code = "throttled"
    transient = True

    def __init__(self, message: str, seconds: int, limit: int = 0) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.rate = Rate(limit, 0, seconds)

    @property
    def headers(self) -> dict[str, str]:
        """When to try again."""
        return {"Retry-After": str(self.seconds)}


def count_request(request: HttpRequest, *, key: Any = None) -> Rate | None:
    """Count a request of its caller: the API key, else the account, else the address.

    Where Redis is away nothing is counted: people may read on. Raises TooManyRequests.
    """
    if key is not None:
        return _count_if_possible("caller", f"key-{key.pk}")
    if request.user.is_authenticated:
        return _count_if_possible("caller", f"user-{request.user.pk}")
    return count_unknown(request)


def count_unknown(request: HttpRequest) -> Rate | None:
    """Count a request of its address, as of somebody without an account. Raises TooManyRequests."""
    return _count_if_possible("anonymous", network_of(client_address(request)))


def count(rate: str, what: str, caller: str) -> Rate:
    """Count something that a caller does, at most as often as `rate` says (`10 per 15 minute`).

    Raises TooManyRequests, and RedisError where Redis is away.
    """
    limiter, item, name = _limiter(), parse(rate), _name(caller)
    is_allowed = limiter.hit(item, what, name)
    left = limiter.get_window_stats(item, what, name)
    seconds = max(1, math.ceil(left.reset_time - time.time()))
    if is_allowed:
        return Rate(item.amount, left.remaining, seconds)
    raise TooManyRequests(f"That was too often. Try again in {_spoken(seconds)}.", seconds, item.amount)


def forget(rate: str, what: str, caller: str) -> None:
    """Forget what was counted of a caller. Raises RedisError."""
    _limiter().clear(parse(rate), what, _name(caller))


def remember(what: str, caller: str, seconds: int) -> None:
    """Remember something of a caller for so many seconds from now on. Raises RedisError."""
    redis, key = _remembered(what, caller)
    redis.set(key, 1, ex=seconds)


def is_remembered(what: str, caller: str) -> bool:
    """Whether something of a caller is remembered. Raises RedisError."""
    redis, key = _remembered(what, caller)
    return bool(redis.exists(key))


def patient_redis() -> Any:
    """A connection to Redis that gives up after two seconds."""
    return cast(RedisStorage, _limiter().storage).get_connection()


def _remembered(what: str, caller: str) -> tuple[Any, str]:
    """The connection to Redis, and the key under which something of a caller is remembered."""
    storage = cast(RedisStorage, _limiter().storage)
    return patient_redis(), storage.prefixed_key(f"{what}/{_name(caller)}")


def _count_if_possible(rate: str, caller: str) -> Rate | None:
    try:
        return count(settings.THROTTLES[rate], "request", caller)
    except RedisError as error:
        log.warning("Requests are not counted, as Redis is away: %s", error)
        return None


def _limiter() -> SlidingWindowCounterRateLimiter:
    location = settings.CACHES["default"]["LOCATION"]
    return _limiters.get(location, lambda: _limiter_of(location))


def _limiter_of(location: str) -> SlidingWindowCounterRateLimiter:
    address = f"redis+{location}" if location.startswith("unix://") else location
    storage = RedisStorage(address, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS)
    return SlidingWindowCounterRateLimiter(storage)


def _name(caller: str) -> str:
    """A name of one length and few characters: callers choose theirs, and may choose long ones."""
    return hashlib.sha256(caller.encode(errors="surrogatepass")).hexdigest()[:32]


def _spoken(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    if seconds < 100:
        return f"{seconds} second{'s' if seconds > 1 else ''}"
    return f"{minutes} minutes"
