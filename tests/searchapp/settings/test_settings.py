import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.searchapp.settings.starting import manage

ROOT = Path(__file__).parents[3]


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    base = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "searchapp.settings.production",
        "DATA_DIR": os.environ["DATA_DIR"],
    }
    return manage("check", environment=base | environment)


COMPLETE = {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ENCRYPTION_KEY": secrets.token_urlsafe(48),
    "ALLOWED_HOSTS": "search.example.org",
    "DATABASE_URL": "postgresql://me:secret@db:5432/searchapp",
    "REDIS_URL": "redis://redis:6379/0",
}


def test_a_complete_environment_passes():
    done = check(COMPLETE)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "mysql://me@db/x"}, "not a PostgreSQL address"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({"SOURCE_MAX_FILES": "many"}, "is not a whole number"),
        ({"ANONYMOUS_READ": "perhaps"}, "is not true or false"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/does/not/exist"}, "SECRET_KEY_FILE cannot be read"),
        ({"ALLOWED_PRIVATE_HOSTS": "git.corp, 10.0.0.0/99"}, "'10.0.0.0/99' that cannot be read"),
        ({"ALLOWED_PRIVATE_HOSTS": "127.1"}, "'127.1' that cannot be read"),
        ({"SPARQL_CORS_ORIGINS": "https://a.example, b.example"}, "'b.example' that is no origin"),
        ({"SPARQL_CORS_ORIGINS": "https://a.example/"}, "'https://a.example/' that is no origin"),
        ({"ENCODER_BACKEND": "magic"}, "does not exist"),
        ({"ENCODER_BACKEND": "openai"}, "needs a server"),
    ],
)
def test_what_is_wrong_is_said_with_a_hint(changes, message):
    done = check(COMPLETE | changes)
    assert done.returncode == 1
    assert message in done.stderr
    assert "HINT" in done.stderr
    assert "Traceback" not in done.stderr


def test_secrets_come_from_files(tmp_path):
    (tmp_path / "key").write_text(f"{secrets.token_urlsafe(48)}\n")
    assert check({**COMPLETE, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")}).returncode == 0


def test_a_variable_that_is_not_read_is_told():
    done = check(COMPLETE | {"SOURCE_ALLOW_PRIVATE_ADDRESSES": "true", "ALLOWED_PRIVATE_HOSTS": "10.0.0.0/8"})
    assert (done.returncode, "ALLOWED_PRIVATE_HOSTS says what is allowed" in done.stderr) == (0, True)


@pytest.mark.parametrize(
    ("name", "allowed"), [("embedded", "['localhost', '127.0.0.1', '::1'] [8123]"), ("production", "[] []")]
)
def test_a_laptop_reads_its_own_servers_and_an_installation_none(name, allowed):
    script = "from django.conf import settings as s; print(s.ALLOWED_PRIVATE_HOSTS, s.OWN_PORTS)"
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": os.environ["DATA_DIR"], "PORT": "8123"}
    environment |= COMPLETE | {"DJANGO_SETTINGS_MODULE": f"searchapp.settings.{name}"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == allowed
