"""What ends is started again, nothing outlives its parent, and the reason is said in a sentence."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from searchapp.embedded import diagnosis as diagnosing
from searchapp.embedded import heartbeat, supervisor
from searchapp.embedded.diagnosis import diagnosis, tail
from searchapp.embedded.services import SUPERVISED
from searchapp.embedded.supervisor import Backoff, Family, Program, kept
from tests.product.running import ROOT, wait_for


class TestPauses:
    def test_the_first_start_and_the_first_end_wait_for_nothing_and_then_pauses_double(self):
        backoff, pauses = Backoff(), []
        for _ in range(9):
            pauses.append(backoff.pause(0))
            backoff.started(0)
        assert pauses == [0, 0, 1, 2, 4, 8, 16, 30, 30]

    def test_after_a_good_run_an_end_is_the_first_again(self):
        backoff = Backoff()
        for _ in range(5):
            backoff.pause(0)
            backoff.started(0)
        assert backoff.pause(supervisor._STEADY_SECONDS - 0.1) > 0
        assert backoff.pause(supervisor._STEADY_SECONDS) == 0


class TestDiagnosis:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("PANIC:  could not write to file: No space left on device", "is full ("),
            ("write: Disk quota exceeded", "free some space"),
            ("OSError: [Errno 12] Cannot allocate memory", "too little memory"),
            ("FATAL: could not map anonymous shared memory", "too little memory"),
            ("open: Permission denied", "the right to"),
            ("FATAL:  database files are incompatible with server", "another version"),
            ("PANIC:  could not locate a valid checkpoint record", "a backup of"),
            ("Traceback of something new", "See "),
        ],
    )
    def test_the_end_of_a_log_is_a_sentence_with_what_to_do(self, tmp_path, words, said):
        log = tmp_path / "part.log"
        log.write_text(f"{words}\nand a last line\n")
        sentence = diagnosis(log, tmp_path)
        assert said in sentence
        assert str(tmp_path) in sentence or "memory" in sentence or "version" in sentence

    def test_only_what_was_said_since_the_start_counts(self, tmp_path):
        log = tmp_path / "part.log"
        log.write_text("No space left on device")
        assert diagnosis(log, tmp_path, log.stat().st_size) == f"See {log}."

    def test_a_full_disk_is_told_though_no_log_could_be_written(self, tmp_path, monkeypatch):
        monkeypatch.setattr(diagnosing, "_LITTLE_SPACE", 2**62)
        assert f"The disk of {tmp_path} is full" in diagnosis(tmp_path / "none", tmp_path)
        assert diagnosing.is_full(tmp_path)

    def test_the_end_of_a_log(self, tmp_path):
        (tmp_path / "log").write_bytes(b"x" * 30_000 + b"\xff the end")
        assert len(tail(tmp_path / "log")) == 2000
        assert tail(tmp_path / "log", 8) == " the end"
        assert tail(tmp_path / "none") == ""


@pytest.fixture
def family(tmp_path):
    return Family(str(tmp_path))


def program(tmp_path, family, *command, **options) -> Program:
    return Program("worker", list(command), tmp_path / "worker.log", family, **options)


class TestProgram:
    def test_it_runs_until_it_is_asked_to_stop(self, tmp_path, family):
        part = program(tmp_path, family, "sleep", "60")
        assert (part.is_alive(), part.ended()) == (False, "")
        part.start()
        assert part.is_alive()
        part.stop()
        assert (part.is_alive(), part.ended()) == (False, "by SIGTERM")

    def test_one_that_does_not_listen_is_ended_with_its_children(self, tmp_path, family):
        script = "trap '' TERM; sleep 60 & echo $! ready; while true; do sleep 0.05; done"
        part = program(tmp_path, family, "sh", "-c", script, stop_seconds=0.01)
        part.start()
        wait_for("its word", lambda: "ready" in part.log.read_text())
        child = psutil.Process(int(part.log.read_text().split()[0]))
        part.stop()
        assert part.ended() == "by SIGKILL"
        wait_for("the child's end", lambda: not is_there(child))

    def test_it_knows_that_it_is_supervised_and_its_words_are_kept(self, tmp_path, family):
        script = f"import os, sys; print(os.environ[{SUPERVISED!r}]); sys.exit('x')"
        part = program(tmp_path, family, sys.executable, "-c", script)
        part.start()
        wait_for("its end", lambda: not part.is_alive())
        assert sorted(part.log.read_text().split()) == sorted([str(tmp_path), "x"])
        assert part.ended() == "with status 1"

    def test_one_that_outlives_sees_its_input_end(self, tmp_path, family):
        part = program(tmp_path, family, "sh", "-c", "read line; echo over", outlives=True, stop_seconds=60)
        part.start()
        assert part.is_alive()
        part.stop()
        assert part.log.read_text() == "over\n"

    def test_what_one_that_was_killed_leaves_is_ended_before_the_next_begins(self, tmp_path, family):
        part = program(tmp_path, family, "sh", "-c", "sleep 60 & echo $!; wait")
        part.start()
        wait_for("the child", lambda: part.log.read_text().strip())
        child = psutil.Process(int(part.log.read_text()))
        os.kill(part._process.pid, signal.SIGKILL)
        part._process.wait()
        part.start()
        wait_for("the child's end", lambda: not is_there(child))
        part.stop()


class TestKeeper:
    def test_what_ends_is_started_again_and_it_is_said_why(self, tmp_path, family, monkeypatch, capsys):
        monkeypatch.setattr(supervisor, "_CHECK_SECONDS", 0.01)
        monkeypatch.setattr(supervisor, "_MAX_PAUSE_SECONDS", 0.01)
        part = program(tmp_path, family, "sh", "-c", "echo No space left on device; exit 3")
        with kept([part], tmp_path, threading.Event()):
            wait_for("ends", lambda: part.log.read_text().count("No space") >= 4 if part.log.exists() else 0)
        said = capsys.readouterr().out.splitlines()
        assert said[0] == "The worker ended with status 3; starting it again."
        assert said[1].startswith(
            f"The worker ended with status 3 (2 times in a row). The disk of {tmp_path}"
        )

    def test_one_that_cannot_be_started_is_tried_again(self, tmp_path, family, monkeypatch, capsys):
        monkeypatch.setattr(supervisor, "_CHECK_SECONDS", 0.01)
        monkeypatch.setattr(supervisor, "_MAX_PAUSE_SECONDS", 0.01)
        tries = []

        class Broken:
            name, log = "part", None

            def is_alive(self):
                return len(tries) > 3

            def start(self):
                tries.append(1)
                raise [supervisor.ServiceError("one"), OSError("two"), KeyError("a bug")][len(tries) % 3]

            def ended(self):
                return ""

            def stop(self):
                tries.append("stopped")

        with kept([Broken()], tmp_path, threading.Event()):
            wait_for("tries", lambda: len(tries) > 3)
        assert tries == [1, 1, 1, 1, "stopped"]
        assert "a bug" in capsys.readouterr().out

    def test_one_that_runs_is_left_alone(self, tmp_path, family, monkeypatch):
        monkeypatch.setattr(supervisor, "_CHECK_SECONDS", 0.01)
        part = program(tmp_path, family, "sh", "-c", "echo begun; exec sleep 60")
        with kept([part], tmp_path, threading.Event()):
            wait_for("the start", lambda: part.log.exists() and part.log.read_text())
            time.sleep(0.2)
        assert part.log.read_text() == "begun\n"
        assert part.ended() == "by SIGTERM"


_BEATING = """
import os, sys, time
number = int(sys.argv[sys.argv.index("--alive") + 1])
print(os.getpid(), flush=True)
while True:
    os.write(number, b".")
    time.sleep(0.02)
"""


class TestOneThatHangs:
    def test_it_is_replaced_and_that_is_said(self, tmp_path, family, monkeypatch, capsys):
        monkeypatch.setattr(heartbeat, "PATIENCE_SECONDS", 2.0)
        part = program(tmp_path, family, sys.executable, "-c", _BEATING, beats=True)
        with kept([part], tmp_path, threading.Event()):
            first = int(wait_for("the start", lambda: part.log.exists() and part.log.read_text()))
            wait_for("a beat", lambda: part._listener._has_begun)
            os.kill(first, signal.SIGSTOP)
            wait_for("the next", lambda: len(part.log.read_text().split()) > 1)
        assert "The worker ended by the supervisor, as it had answered nothing for" in capsys.readouterr().out
        assert not psutil.pid_exists(first)

    def test_only_silence_while_the_supervisor_was_awake_counts(self):
        clock = iter([0.0, 700.0, 700.3, *(701 + n * 0.5 for n in range(2_000))])
        listener = heartbeat.Listener(lambda: next(clock))
        assert not listener.hears_nothing(), "asleep, and still beginning"
        heartbeat.speaker(listener.speaking)()
        listener.hears_nothing()
        silent_for = next(n for n in range(2_000) if listener.hears_nothing()) / 2
        assert silent_for == pytest.approx(heartbeat.PATIENCE_SECONDS, abs=1)
        heartbeat.speaker(listener.speaking)()
        assert not listener.hears_nothing()
        listener.started()
        listener.close()

    def test_one_that_never_begins_has_longer(self):
        clock = iter(float(second) for second in range(10_000))
        listener = heartbeat.Listener(lambda: next(clock))
        silent_for = next(n for n in range(9_999) if listener.hears_nothing())
        assert silent_for == pytest.approx(heartbeat.START_SECONDS, abs=1)


_SUPERVISOR = """
import sys, threading
from pathlib import Path
from searchapp.embedded.supervisor import Family, Program, supervised
from searchapp.processes import adopt_orphans
folder = Path(sys.argv[1])
adopt_orphans()
family = Family(str(folder))
family.sweep_leftovers()
# A child in a session of its own, which no group of its parent's reaches, and which nothing tells of the end.
child = "import os, subprocess, sys, time; c = subprocess.Popen(['sleep', '300'], start_new_session=True); "
child += "print(os.getpid(), c.pid, flush=True); time.sleep(300)"
part = Program("part", [sys.executable, "-c", child], folder / "part.log", family)
supervised([part], family, folder, threading.Event())
"""


class TestFamily:
    @pytest.fixture
    def start(self, tmp_path):
        processes = []

        def begin() -> tuple[subprocess.Popen, list[psutil.Process]]:
            log = tmp_path / "part.log"
            before = len(log.read_text()) if log.exists() else 0
            command = [sys.executable, "-c", _SUPERVISOR, str(tmp_path)]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
            processes.append(process)
            words = wait_for("the part", lambda: log.exists() and log.read_text()[before:].split())
            return process, [psutil.Process(int(word)) for word in words]

        yield begin
        for process in processes:
            process.kill()
            process.wait()

    def test_the_orphans_of_a_part_that_is_killed_are_ended(self, start, tmp_path):
        _, (part, child) = start()
        part.kill()
        wait_for("the orphan's end", lambda: not is_there(child))
        wait_for("the next", lambda: len(tmp_path.joinpath("part.log").read_text().split()) == 4)

    def test_parts_end_with_a_killed_supervisor_and_orphans_with_the_next_start(self, start, tmp_path):
        process, (part, child) = start()
        process.kill()
        process.wait()
        wait_for("the part's end", lambda: not is_there(part))
        assert is_there(child)
        _, (part, other) = start()
        assert not is_there(child)
        assert is_there(part)
        assert is_there(other)

    def test_processes_of_another_folder_are_left_alone(self, tmp_path):
        other = subprocess.Popen(["sleep", "60"], env={**os.environ, SUPERVISED: str(tmp_path / "other")})
        Family(str(tmp_path)).sweep_leftovers()
        assert other.poll() is None
        Family(str(tmp_path / "other")).sweep_leftovers()
        assert other.poll() is not None


def is_there(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
