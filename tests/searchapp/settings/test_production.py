"""Production starts with sound settings or not at all: web server, worker, scheduler and commands."""

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from searchapp.settings.environment import is_random
from tests.searchapp.settings.starting import manage

ROOT = Path(__file__).parents[3]
COMPLETE = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ENCRYPTION_KEY": secrets.token_urlsafe(48),
    "ALLOWED_HOSTS": "search.example.org",
    "DATABASE_URL": "postgresql://me:secret@127.0.0.1:9/searchapp",
    "REDIS_URL": "redis://127.0.0.1:9/0",
}
WEB = (sys.executable, "-c", "import searchapp.wsgi; print('started')")
SERVER = (sys.executable, "-m", "searchapp.web")
CELERY = (sys.executable, "-m", "celery", "-A", "searchapp")
WORKER = (*CELERY, "worker", "--concurrency", "1")
BEAT = (*CELERY, "beat", "--scheduler", "celery.beat:Scheduler")


def complete(changes):
    given = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "searchapp.settings.production",
        "DATA_DIR": os.environ["DATA_DIR"],
        "C_FORCE_ROOT": "true",
    }
    return given | COMPLETE | changes


def start(command, changes):
    return subprocess.run(
        command,
        cwd=ROOT,
        env=complete(changes),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("command", [SERVER, WORKER, BEAT, WEB], ids=["server", "worker", "beat", "wsgi"])
def test_no_server_starts_with_settings_that_are_wrong(command):
    done = start(command, {"SECRET_KEY": "", "ENCRYPTION_KEY": "k", "ALLOWED_HOSTS": "*"})
    assert done.returncode != 0
    assert "SECRET_KEY is not set." in done.stderr
    assert "ENCRYPTION_KEY can be guessed" in done.stderr
    assert "openssl rand -base64 48" in done.stderr
    assert "ALLOWED_HOSTS has '*'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_web_starts_with_complete_settings():
    done = start(WEB, {})
    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr


def test_what_django_advises_is_followed_where_https_is_spoken_and_where_it_is_not():
    for changes in ({}, {"HTTPS": "false"}):
        done = manage("check", "--deploy", "--fail-level", "WARNING", environment=complete(changes))
        assert done.returncode == 0, done.stderr


def test_each_thing_that_is_wrong_is_said():
    wrong = {
        "ENCRYPTION_KEY": COMPLETE["SECRET_KEY"],
        "ALLOWED_HOSTS": "search.example.org,https://search.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://*",
        "TRUSTED_PROXIES": "0",
    }
    done = manage("check", environment=complete(wrong))
    assert done.returncode == 1
    for message in ("are the same", "without scheme and path", "has a *.", "HTTPS=true needs a proxy"):
        assert message in done.stderr, message
    assert done.stderr.count("HINT") == 4


def read_settings(**changes):
    program = (
        "from django.conf import settings as s; from searchapp.settings.environment import problems;"
        "print([s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.SESSION_COOKIE_SECURE,"
        "s.SECURE_PROXY_SSL_HEADER is not None, s.TRUSTED_PROXIES, problems])"
    )
    return start((sys.executable, "-c", program), changes).stdout.strip()


def test_https_is_on_and_one_switch_turns_it_off():
    assert read_settings() == "[True, True, True, True, 1, []]"
    assert read_settings(HTTPS="false") == "[False, False, False, False, 0, []]"


@pytest.mark.parametrize("write", [secrets.token_urlsafe, secrets.token_hex])
def test_random_keys_pass_however_they_are_written(write):
    assert all(is_random(write(32)) for _ in range(200))
    assert is_random(base64.b64encode(secrets.token_bytes(32)).decode())


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "s" * 60,
        "changeme" * 8,
        "0123456789" * 7,
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP",
        "zyxwvutsrqponmlkjihgfedcba9876543210ZYXWVUTSRQPO",
        "password1password2password3password4password5",
        "correct horse battery staple",
        "größe" * 12,
        "🔑" * 50,
        "01" * 100,
        "your-secret-key-here",
        "django-insecure-" + secrets.token_urlsafe(48),
        secrets.token_hex(16),
        secrets.token_urlsafe(16),
        secrets.token_urlsafe(8) * 8,
    ],
    ids=map(str, range(16)),
)
def test_keys_that_can_be_guessed_do_not(key):
    assert not is_random(key)
