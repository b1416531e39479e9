"""PostgreSQL and Redis start over whatever a killed server has left."""

import os
import signal
import socket
import subprocess
import sys

import psutil
import psycopg
import pytest

from searchapp.embedded import postgres as postgres_module
from searchapp.embedded.errors import ServiceError
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


def kill_postgres(services) -> None:
    process = services.postgres._main_process()
    process.kill()
    wait_for("its end", lambda: not services.postgres.is_alive())


def test_postgres_starts_beside_children_of_the_dead_one_that_do_not_notice(services):
    rows(services, "CREATE TABLE kept AS SELECT 1 AS a")
    children = services.postgres._main_process().children()
    stopped = children[0]
    stopped.suspend()
    kill_postgres(services)
    services.keep_postgres()
    assert rows(services, "SELECT a FROM kept") == [(1,)]
    assert not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE


def test_postgres_starts_though_its_number_has_gone_to_another_program(services):
    kill_postgres(services)
    other = subprocess.Popen(["sleep", "60"], user=services.postgres._system_user())
    lines = services.postgres._pid_file.read_text().split("\n")
    services.postgres._pid_file.write_text("\n".join([str(other.pid), *lines[1:]]))
    for lock in services.postgres.socket_dir.glob(".s.PGSQL.*.lock"):
        lock.write_text("\n".join([str(other.pid), *lines[1:]]))
    assert not services.postgres.is_alive()
    services.keep_postgres()
    assert rows(services, "SELECT a FROM kept") == [(1,)]
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("words", ["", "nonsense", "-1\n", "0\n", "99999999999999999999\n"])
def test_postgres_starts_over_a_file_that_names_no_process(services, words):
    kill_postgres(services)
    services.postgres._pid_file.write_text(words)
    services.keep_postgres()
    assert rows(services, "SELECT 1") == [(1,)]


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
    # It outlives what ends a terminal's processes, and stops nothing that somebody uses.
    caretaker.send_signal(signal.SIGHUP)
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
