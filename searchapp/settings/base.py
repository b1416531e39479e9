"""Settings that every installation shares. `docs/settings.md` describes each variable that can be set."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.templatetags.static import static

from searchapp.settings import environment as env

BASE_DIR = Path(__file__).resolve().parents[2]
_IS_CHECKOUT = (BASE_DIR / "manage.py").is_file()
_HOME_DATA = Path(env.text("XDG_DATA_HOME", "~/.local/share")) / "searchapp"
DATA_DIR = (
    Path(env.text("DATA_DIR", str(BASE_DIR / ".data" if _IS_CHECKOUT else _HOME_DATA)))
    .expanduser()
    .absolute()
)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "searchapp.audit",
    "searchapp.backup",
    "searchapp.oidc",
    "searchapp.jobs",
    "searchapp.encoders",
    "searchapp.api",
    "codesearch",
    "kbqa",
    "frontend",
    *(name for name in ("training", "evaluation") if find_spec(name)),
]

MIDDLEWARE = [
    "searchapp.visibility.ReaderMiddleware", "searchapp.request_id.RequestIdMiddleware",
    "searchapp.metrics.middleware.MetricsMiddleware", "searchapp.audit.recording.AuditMiddleware",
    "django.middleware.security.SecurityMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware",
    "searchapp.api.cors.CorsMiddleware", "searchapp.api.throttles.RateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware", "django_htmx.middleware.HtmxMiddleware",
    "frontend.middleware.PolicyMiddleware", "frontend.middleware.KnownErrorMiddleware",
    "frontend.middleware.NoNullMiddleware", "frontend.middleware.ThrottleMiddleware",
]  # fmt: skip

ROOT_URLCONF = "searchapp.urls"
WSGI_APPLICATION = "searchapp.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontend.context.site",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["searchapp.sign_in.ThrottledBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "search"
LOGOUT_REDIRECT_URL = "search"

# Signing in through a provider is on where it has an issuer.
OIDC: dict[str, Any] = {
    "issuer": env.text("OIDC_ISSUER"),
    "client_id": env.text("OIDC_CLIENT_ID"),
    "client_secret": env.secret("OIDC_CLIENT_SECRET"),
    "name": env.text("OIDC_NAME", "single sign-on"),
    "scope": env.text("OIDC_SCOPE", "openid email profile"),
    "domains": env.listing("OIDC_DOMAINS"),
    "groups_claim": env.text("OIDC_GROUPS_CLAIM"),
    "staff_group": env.text("OIDC_STAFF_GROUP"),
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True
WEEK_BEGINS = env.choice("WEEK_BEGINS", "monday", ("monday", "saturday", "sunday"))
FISCAL_YEAR_BEGINS = int(env.choice("FISCAL_YEAR_BEGINS", "1", [str(month) for month in range(1, 13)]))
CLOCK = env.moment("CLOCK")

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False
MEDIA_ROOT = DATA_DIR / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "searchapp.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["searchapp.api.permissions.ReadOrWriteScope"],
    "DEFAULT_PARSER_CLASSES": [
        "searchapp.api.parsers.BoundedJsonParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "searchapp.api.paging.Paging",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "searchapp.api.negotiation.JsonForBrowsers",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "searchapp.api.schema.ProblemSchema",
    "DEFAULT_THROTTLE_CLASSES": ["searchapp.api.throttles.CallerThrottle"],
    "EXCEPTION_HANDLER": "searchapp.api.errors.problem_handler",
}
THROTTLES = {
    "anonymous": env.rate("THROTTLE_ANONYMOUS", "300/min"),
    "caller": env.rate("THROTTLE_CALLER", "1200/min"),
    "sign_in": env.rate("THROTTLE_SIGN_IN", "10/15min"),
    "sign_in_name": env.rate("THROTTLE_SIGN_IN_NAME", "100/15min"),
    "sign_in_address": env.rate("THROTTLE_SIGN_IN_ADDRESS", "30/15min"),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Searchapp",
    "DESCRIPTION": (
        "Answers from your own code, knowledge graphs and databases, with the query behind every answer."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["searchapp.api.permissions.Readers"],
    "TAGS": [
        {"name": "Code", "description": "Search repositories, read files, add and index repositories."},
        {"name": "Graphs", "description": "Ask knowledge graphs in words or SPARQL; load and edit them."},
        {"name": "Databases", "description": "Ask databases in words or SQL; connect and describe them."},
        {"name": "Jobs", "description": "Long work: loading, indexing, scanning, deleting."},
        {"name": "Account", "description": "What there is, and who you are."},
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "JobState": "searchapp.jobs.models.Job.State",
        "VersionState": "searchapp.versions.Version.State",
        "SourceKind": "codesearch.models.Repository.SourceKind",
        "UnitKind": "codesearch.models.Unit.Kind",
        "HitKind": "codesearch.retrieval.fields.KINDS",
        "Visibility": "searchapp.visibility.Visibility",
        "GraphSourceKind": "kbqa.sparql.models.Graph.SourceKind",
        "DatabaseSourceKind": "kbqa.sql.models.Database.SourceKind",
    },
}

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12 * 3600}
CELERY_BEAT_SCHEDULE = {
    "resume-abandoned-jobs": {"task": "searchapp.jobs.tasks.resume_abandoned_jobs", "schedule": 20.0},
    "scan-due-databases": {"task": "kbqa.tasks.scan_due_databases", "schedule": 600.0},
    "refresh-due-repositories": {"task": "codesearch.tasks.refresh_due_repositories", "schedule": 300.0},
    "forget-old-audit-entries": {
        "task": "searchapp.audit.retention.forget_old_entries",
        "schedule": 6 * 3600.0,
    },
}

AUDIT_DAYS = env.integer("AUDIT_DAYS", 365)
# What administrators manage: each change of it is recorded.
AUDITED_MODELS = [
    *("auth.User", "auth.Group", "api.ApiKey", "oidc.Identity"),
    *("codesearch.Repository", "kbqa.Graph", "kbqa.Database", "kbqa.ColumnNote"),
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "searchapp.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {request_id} {name}: {message}", "style": "{"},
        "json": {"()": "searchapp.request_id.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", "line", ("line", "json")),
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "frontend.views.errors.form_refused"
# What answers requests that the web server rejects.
REJECTED_VIEW = "frontend.middleware.rejected_page"

UNFOLD = {
    "SITE_TITLE": "Searchapp",
    "SITE_HEADER": "Searchapp",
    "SITE_SUBHEADER": "Code, graphs and databases",
    "SITE_SYMBOL": "search",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("frontend-assets/icon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
}

# The models that come with the package, by the backend that runs them.
_BUNDLED_MODELS = {"gnn_coder": "searchapp-gnn-coder", "openvino": "all-MiniLM-L6-v2"}
_BACKEND = env.text("ENCODER_BACKEND", "gnn_coder")
ENCODER = {
    "backend": _BACKEND,
    "model": env.text("ENCODER_MODEL", _BUNDLED_MODELS.get(_BACKEND, "")),
    "url": env.text("ENCODER_URL"),
    "device": env.text("ENCODER_DEVICE", "auto"),
    "max_tokens": env.integer("ENCODER_MAX_TOKENS", 256),
}
ENCODER_API_KEY = env.secret("ENCODER_API_KEY")

DECODER = {"backend": env.text("DECODER_BACKEND", "network"), "model": env.text("DECODER_MODEL", "")}
SQL_DECODER = {
    "backend": env.text("SQL_DECODER_BACKEND", "network"),
    "model": env.text("SQL_DECODER_MODEL", ""),
}

JOB_MAX_MEMORY_BYTES = env.integer("JOB_MAX_MEMORY_BYTES", 8_000_000_000)

SOURCE_ROOTS = [Path(root).expanduser() for root in env.listing("SOURCE_ROOTS")]
ALLOWED_PRIVATE_HOSTS = env.listing("ALLOWED_PRIVATE_HOSTS")
OWN_PORTS: list[int] = []
SOURCE_MAX_FILE_BYTES = env.integer("SOURCE_MAX_FILE_BYTES", 1_000_000)
SOURCE_MAX_FILES = env.integer("SOURCE_MAX_FILES", 500_000)
SOURCE_MAX_ARCHIVE_BYTES = env.integer("SOURCE_MAX_ARCHIVE_BYTES", 500_000_000)
SOURCE_MAX_EXPANDED_BYTES = env.integer("SOURCE_MAX_EXPANDED_BYTES", 4_000_000_000)
SOURCE_MAX_RATIO = env.integer("SOURCE_MAX_RATIO", 200)
SOURCE_LANGUAGES = env.pairs(
    "SOURCE_LANGUAGES", "extensions or names with their languages, as .inc=php,Jakefile=javascript"
)
SOURCE_FETCH_TIMEOUT = env.integer("SOURCE_FETCH_TIMEOUT", 1800)
GIT_SSH_KEY = env.text("GIT_SSH_KEY", "")
GIT_SSH_KNOWN_HOSTS = env.text("GIT_SSH_KNOWN_HOSTS", "")

GRAPH_EMBEDDED_LABELS = env.integer("GRAPH_EMBEDDED_LABELS", 100_000)
GRAPH_MAX_FILE_BYTES = env.integer("GRAPH_MAX_FILE_BYTES", 4_000_000_000)
GRAPH_MAX_EXPANDED_BYTES = env.integer("GRAPH_MAX_EXPANDED_BYTES", 40_000_000_000)
GRAPH_LOAD_SECONDS = env.integer("GRAPH_LOAD_SECONDS", 3600)
GRAPH_READING_SECONDS = env.integer("GRAPH_READING_SECONDS", 3)
GRAPH_QUERY_TIMEOUT_MS = env.integer("GRAPH_QUERY_TIMEOUT_MS", 10_000)
GRAPH_UPDATE_TIMEOUT_MS = env.integer("GRAPH_UPDATE_TIMEOUT_MS", 30_000)
GRAPH_QUERY_MEMORY_BYTES = env.integer("GRAPH_QUERY_MEMORY_BYTES", 2_000_000_000)
GRAPH_QUERY_PROCESSES = env.integer("GRAPH_QUERY_PROCESSES", 4)
GRAPH_MAX_RESULT_BYTES = env.integer("GRAPH_MAX_RESULT_BYTES", 50_000_000)
GRAPH_MAX_ROWS = env.integer("GRAPH_MAX_ROWS", 10_000)
GRAPH_EXPORT_ROWS = env.integer("GRAPH_EXPORT_ROWS", 1_000_000)
GRAPH_EXPORT_SECONDS = env.integer("GRAPH_EXPORT_SECONDS", 300)
GRAPH_EXPORT_PROCESSES = env.integer("GRAPH_EXPORT_PROCESSES", 2)
SPARQL_CORS_ORIGINS = env.listing("SPARQL_CORS_ORIGINS")
API_CORS_ORIGINS = env.listing("API_CORS_ORIGINS")
LANGUAGE_MODEL_ADDRESS = env.text("LANGUAGE_MODEL_ADDRESS", "")
LANGUAGE_MODEL = env.text("LANGUAGE_MODEL", "")
LANGUAGE_MODEL_KEY = env.text("LANGUAGE_MODEL_KEY", "")
LANGUAGE_MODEL_GRAMMAR_FIELD = env.text("LANGUAGE_MODEL_GRAMMAR_FIELD", "")
LANGUAGE_MODEL_SECONDS = env.integer("LANGUAGE_MODEL_SECONDS", 60)
DATABASE_MAX_FILE_BYTES = env.integer("DATABASE_MAX_FILE_BYTES", 4_000_000_000)
DATABASE_DIALECTS = env.listing("DATABASE_DIALECTS")
DATABASE_READING_SECONDS = env.integer("DATABASE_READING_SECONDS", 10)
DATABASE_QUERY_SECONDS = env.integer("DATABASE_QUERY_SECONDS", 10)
DATABASE_MAX_ROWS = env.integer("DATABASE_MAX_ROWS", 1_000)
DATABASE_MAX_RESULT_BYTES = env.integer("DATABASE_MAX_RESULT_BYTES", 4_000_000)
DATABASE_PROCESSES = env.integer("DATABASE_PROCESSES", 4)
DATABASE_PROCESS_BYTES = env.integer("DATABASE_PROCESS_BYTES", 1_000_000_000)
DATABASE_EXPORT_ROWS = env.integer("DATABASE_EXPORT_ROWS", 1_000_000)
DATABASE_EXPORT_SECONDS = env.integer("DATABASE_EXPORT_SECONDS", 300)
DATABASE_EXPORT_PROCESSES = env.integer("DATABASE_EXPORT_PROCESSES", 2)
DATABASE_SCAN_SECONDS = env.integer("DATABASE_SCAN_SECONDS", 60)

SEARCH_MAX_QUERY_CHARACTERS = env.integer("SEARCH_MAX_QUERY_CHARACTERS", 20_000)
SEARCH_TIMEOUT_MS = env.integer("SEARCH_TIMEOUT_MS", 10_000)

# How many requests of each kind are answered at once in a web process, for two cores; see `admission.py`.
WEB_THREADS = {
    "search": env.integer("WEB_SEARCH_THREADS", 4),
    "asking": env.integer("WEB_ASKING_THREADS", 2),
    "statements": env.integer("WEB_STATEMENT_THREADS", 4),
    "transfers": env.integer("WEB_TRANSFER_THREADS", 3),
    "pages": env.integer("WEB_PAGE_THREADS", 4),
    "health": 2,
}
WEB_WAITING = env.integer("WEB_WAITING", 32)
WEB_WAITING_SECONDS = env.integer("WEB_WAITING_SECONDS", 10)
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1)
WEB_CONNECTIONS = env.integer("WEB_CONNECTIONS", 1000)
WEB_REQUEST_SECONDS = env.integer("WEB_REQUEST_SECONDS", 30)
WEB_BYTES_A_SECOND = env.integer("WEB_BYTES_A_SECOND", 10_000)
# The longest query, each character of which may be four bytes, percent-encoded; and room for filters.
WEB_MAX_LINE_BYTES = 12 * SEARCH_MAX_QUERY_CHARACTERS + 16_384
WEB_MAX_HEADER_BYTES = env.integer("WEB_MAX_HEADER_BYTES", 65_536)
WEB_MAX_BODY_BYTES = env.integer("WEB_MAX_BODY_BYTES", 32 * 1024 * 1024)
WEB_SPARE_DISK_BYTES = env.integer("WEB_SPARE_DISK_BYTES", 1_000_000_000)
# The largest file that may be sent, and what a form has besides.
WEB_MAX_UPLOAD_BYTES = 1_000_000 + max(
    SOURCE_MAX_ARCHIVE_BYTES, GRAPH_MAX_FILE_BYTES, DATABASE_MAX_FILE_BYTES
)
