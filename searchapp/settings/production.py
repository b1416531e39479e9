"""Production: everything comes from the environment; `manage.py check --deploy` says what is missing.

Web servers, workers and schedulers do not start with settings that are wrong (`searchapp/preflight.py`).
"""

import dj_database_url

from searchapp.settings import environment as env
from searchapp.settings.base import *  # noqa: F403

DEBUG = False
SECRET_KEY = env.key("SECRET_KEY") or "unset"
ENCRYPTION_KEY = env.key("ENCRYPTION_KEY")
ENCRYPTION_KEYS_OLD = env.secrets("ENCRYPTION_KEYS_OLD")
if SECRET_KEY == ENCRYPTION_KEY:
    env.problems.append(
        (
            "SECRET_KEY and ENCRYPTION_KEY are the same.",
            f"Make another ENCRYPTION_KEY with `{env.KEY_COMMAND}`.",
        )
    )
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")
if not ALLOWED_HOSTS:
    env.problems.append(
        ("ALLOWED_HOSTS is not set.", "List the host names that people use, separated by commas.")
    )
for _host in ALLOWED_HOSTS:
    # The same that Django takes for any host whatsoever, or never meets: "*", "https://name", "name/path".
    if not _host.strip(".") or set(_host) & set("*/@ "):
        env.problems.append(
            (
                f"ALLOWED_HOSTS has {_host!r}, which is not the name of a host.",
                "List the names that people use as they stand in the address bar, without scheme and path: "
                "search.example.org; a name that begins with a dot stands for all below it.",
            )
        )
if any("*" in _origin for _origin in CSRF_TRUSTED_ORIGINS):
    env.problems.append(
        ("CSRF_TRUSTED_ORIGINS has a *.", "List each origin with its scheme: https://search.example.org.")
    )

_database_url = env.secret("DATABASE_URL", required=True)
try:
    DATABASES = {
        "default": dict(dj_database_url.parse(_database_url, conn_max_age=None, conn_health_checks=True))
    }
except (ValueError, dj_database_url.ParseError):
    env.problems.append(
        (
            "DATABASE_URL cannot be read.",
            "Write it as postgresql://user:password@host:5432/name, with special characters percent-encoded.",
        )
    )
    DATABASES = {"default": {}}
if DATABASES["default"] and DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
    env.problems.append(
        (
            "DATABASE_URL is not a PostgreSQL address.",
            "Searchapp needs PostgreSQL 15 or later with pgvector 0.8 or later.",
        )
    )
    DATABASES = {"default": {}}

_redis_url = env.secret("REDIS_URL", required=True)
CELERY_BROKER_URL = _redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _redis_url or "redis://unset",
    }
}

ANONYMOUS_READ = env.boolean("ANONYMOUS_READ", False)

HTTPS = env.boolean("HTTPS", True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.boolean("HTTPS_REDIRECT", HTTPS)
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 30 * 24 * 3600 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.boolean("HSTS_PRELOAD", False)
# Load balancers ask from inside, in plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health$"]
# Whether other hosts of a domain speak HTTPS, only its owner knows: what Django advises is theirs to choose.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 1 if HTTPS else 0)
if TRUSTED_PROXIES > 0:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
elif HTTPS:
    env.problems.append(
        (
            "HTTPS=true needs a proxy that speaks it, and TRUSTED_PROXIES=0 says that there is none.",
            "Put a proxy with TLS in front and leave TRUSTED_PROXIES out, or set HTTPS=false.",
        )
    )
