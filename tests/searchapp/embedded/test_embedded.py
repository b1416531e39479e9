import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from searchapp.embedded.secrets import stored_secret
from searchapp.embedded.services import EmbeddedServices

ROOT = Path(__file__).parents[3]


def test_services_start_are_shared_and_stop_with_the_last(tmp_path):
    tmp_path.chmod(0o755)
    first, second = EmbeddedServices(tmp_path / "data"), EmbeddedServices(tmp_path / "data")
    with first.held() as new:
        assert new
        with second.held() as again:
            assert not again
        assert first.postgres.is_running()
        assert first.redis.is_running()
    assert not first.postgres.is_running()
    assert not first.redis.is_running()


def test_long_folders_get_a_short_socket(tmp_path):
    services = EmbeddedServices(tmp_path / ("deep" * 40))
    assert len(str(services.redis.socket)) < 104


def test_secrets_are_made_once_and_private(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: stored_secret(tmp_path, "key"), range(16)))
    assert len(found) == 1
    assert stat.S_IMODE((tmp_path / "secrets" / "key").stat().st_mode) == 0o600


def test_a_command_alone_starts_and_stops_the_services(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("def f():\n    return 1\n")
    data = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "manage.py", "index_code", str(tmp_path / "code")],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "code: 1 units in 1 files" in done.stdout
    services = EmbeddedServices(data)
    assert not services.postgres.is_running()
    assert not services.redis.is_running()


def test_a_data_folder_that_cannot_be_used_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path / "file" / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Set DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr
