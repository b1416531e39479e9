"""Production: everything comes from the environment; `manage.py check --deploy` says what is missing."""

import dj_database_url

from searchapp.settings import environment as env
from searchapp.settings.base import *  # noqa: F403

DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY", required=True) or "unset"
ENCRYPTION_KEY = env.secret("ENCRYPTION_KEY", required=True)
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")
if not ALLOWED_HOSTS:
    env.problems.append(
        ("ALLOWED_HOSTS is not set.", "List the host names that people use, separated by commas.")
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
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.boolean("HTTPS", True)
SECURE_SSL_REDIRECT = env.boolean("HTTPS_REDIRECT", False)
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 0)
