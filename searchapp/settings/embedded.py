"""The default: PostgreSQL and Redis from Python wheels, data in one folder, no configuration at all."""

from searchapp.embedded.secrets import stored_secret
from searchapp.embedded.services import EmbeddedServices
from searchapp.settings import environment as env
from searchapp.settings.base import *  # noqa: F403
from searchapp.settings.base import BASE_DIR, DATA_DIR, STORAGES

_services = EmbeddedServices(DATA_DIR)

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = stored_secret(DATA_DIR, "secret-key")
ENCRYPTION_KEY = stored_secret(DATA_DIR, "encryption-key")
ENCRYPTION_KEYS_OLD = env.secrets("ENCRYPTION_KEYS_OLD")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver", *env.listing("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "searchapp",
        "USER": "postgres",
        "HOST": str(_services.postgres.socket_dir),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": "test_searchapp"},
    }
}
CELERY_BROKER_URL = f"redis+socket://{_services.redis.socket}"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"unix://{_services.redis.socket}",
    }
}

# Static files are served as they lie in the checkout: nothing to collect, nothing stale.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True

# A laptop's own servers may be read, where they are named so; a name that leads to them is another matter.
ALLOWED_PRIVATE_HOSTS = env.listing("ALLOWED_PRIVATE_HOSTS", ["localhost", "127.0.0.1", "::1"])
OWN_PORTS = [env.integer("PORT", 8000)]

ANONYMOUS_READ = env.boolean("ANONYMOUS_READ", True)
# A laptop's folders: what is below the checkout, the user's home and the installed packages may be indexed.
if not env.text("SOURCE_ROOTS"):
    from pathlib import Path

    SOURCE_ROOTS = [Path.home(), BASE_DIR]
