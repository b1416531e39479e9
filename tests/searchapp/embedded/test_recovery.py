"""PostgreSQL and Redis start over whatever a killed server has left."""

import os
import socket
import subprocess
import sys

import psutil
import psycopg
import pytest

from searchapp.embedded import postgres as postgres_module
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.postgres import Postgres
from searchapp.embedded.services import EmbeddedServices
from tests.product.running import ROOT, wait_for


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recovery")
    folder.chmod(0o755)
    services = EmbeddedServices(folder / "data")
    with services.held():
        yield services


def rows(services, statement: str) -> list:
    connection = psycopg.connect(host=str(services.postgres.socket_dir), user="postgres", dbname="searchapp")
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_postgres_starts_over_all_that_a_killed_one_leaves(services):
    rows(services, "CREATE TABLE kept AS SELECT 1 AS a")
    # A child that does not notice holds the shared memory.
    stopped = services.postgres._main_process().children()[0]
    stopped.suspend()
    services.postgres._main_process().kill()
    wait_for("its end", lambda: not services.postgres.is_alive())
    # The number has gone to another program, of the same account.
    other = subprocess.Popen(["sleep", "60"], user=services.postgres._system_user())
    for path in (services.postgres._pid_file, *services.postgres.socket_dir.glob(".s.PGSQL.*.lock")):
        _, *lines = path.read_text().split("\n")
        path.write_text("\n".join([str(other.pid), *lines]))
    assert not services.postgres.is_alive()
    services.keep_postgres()
    assert rows(services, "SELECT a FROM kept") == [(1,)]
    assert not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("words", ["", "nonsense", "-1\n", "0\n", "1\n", "99999999999999999999\n"])
def test_a_file_that_names_no_server_names_none_that_is_alive(tmp_path, words):
    server = Postgres(tmp_path, tmp_path)
    (tmp_path / "postmaster.pid").write_text(words)
    assert not server.is_alive()
    server.stop()
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_cluster_that_was_half_made_is_made_anew(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    services = EmbeddedServices(tmp_path / "data")
    run = postgres_module.Postgres._run

    def killed(self, command, *arguments, user):
        if command == "initdb":
            (tmp_path / "data" / "postgres.new" / "PG_VERSION").write_text("18")
            raise ServiceError("killed")
        run(self, command, *arguments, user=user)

    monkeypatch.setattr(postgres_module.Postgres, "_run", killed)
    with pytest.raises(ServiceError, match="killed"):
        services.held().__enter__()
    monkeypatch.undo()
    with services.held() as new:
        assert new


def test_redis_starts_over_a_stale_socket_and_a_number_of_another_program(services):
    services.redis._process().kill()
    wait_for("its end", lambda: not services.redis.is_alive())
    services.redis._pid_file.write_text(str(os.getpid()))
    services.keep_redis()
    assert services.redis.is_running()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda queue: queue.write_bytes(queue.read_bytes()[:-5]), id="cut"),
        pytest.param(lambda queue: queue.write_bytes(b"nonsense" + queue.read_bytes()), id="overwritten"),
        pytest.param(lambda queue: queue.write_bytes(b"\0" * 4096), id="zeroed"),
        pytest.param(lambda queue: queue.write_bytes(b""), id="empty"),
        pytest.param(lambda queue: queue.unlink(), id="gone"),
    ],
)
def test_redis_starts_over_a_damaged_queue(services, damage):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(services.redis.socket))
        connection.sendall(b"SET a 1\r\nSET b 2\r\n")
        wait_for("both", lambda: b"+OK" in connection.recv(100))
    services.redis._process().kill()
    wait_for("its end", lambda: not services.redis.is_alive())
    damage(services.redis.folder / "appendonly.aof")
    services.keep_redis()
    assert services.redis.is_running()


def test_services_of_a_supervisor_that_was_killed_are_stopped_by_the_caretaker(tmp_path):
    tmp_path.chmod(0o755)
    script = (
        "import sys, time; from pathlib import Path\n"
        "from searchapp.embedded.services import EmbeddedServices\n"
        "with EmbeddedServices(Path(sys.argv[1])).held(): print('up', flush=True); time.sleep(300)"
    )
    services = EmbeddedServices(tmp_path / "data")
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(services.data_dir)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"up\n"
    caretaker = subprocess.Popen(
        [sys.executable, "-m", "searchapp.embedded.caretaker", str(services.data_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
    )
    # It stops nothing that somebody uses.
    with services.held() as new:
        assert not new
        holder.kill()
        holder.wait()
        caretaker.stdin.close()
        assert caretaker.wait(60) == 0
        assert services.postgres.is_running()
        assert services.redis.is_running()
    assert not services.postgres.is_alive()
    services.stop_unused()
    assert not services.redis.is_alive()
