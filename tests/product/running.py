"""The whole product as `make up` runs it, for tests that need real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0


def wait_for(
    what: str, check: Callable[[], Any], patience: float = PATIENCE, evidence: Callable[[], str] = str
) -> Any:
    """Return the first true value of `check`; fail with the evidence when that takes too long."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = check()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {patience:.0f} s\n{evidence()}")


def command_of(process: psutil.Process) -> str:
    """Return a process's command, empty once it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def environment_of(process: psutil.Process) -> list[str]:
    """Return a process's environment as `NAME=value`, empty once it has ended."""
    try:
        return [f"{name}={value}" for name, value in process.environ().items()]
    except psutil.Error:
        return []


class Product:
    """A running product with a data folder of its own."""

    def __init__(self, folder: Path, extra: dict[str, str] | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{self.port}"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO_", "SEARCHAPP_"))
        }
        self.environment = {**kept, "DATA_DIR": str(folder), "PORT": str(self.port), **(extra or {})}
        self.log = folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until pages are served."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "searchapp.embedded.up"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

        def served() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            return self.get("/health")[0] == 200

        try:
            wait_for("the first page", served)
        except BaseException:
            # Whoever called has no product to stop.
            self.stop()
            raise

    def stop(self) -> None:
        """Press Ctrl-C and wait; what does not end is ended."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        left = self.family_left()
        for each in left:
            each.kill()
        psutil.wait_procs(left, 10)

    def family_left(self) -> list[psutil.Process]:
        """Return the processes that were started with this data folder and still live."""
        own = f"DATA_DIR={self.folder}"
        return [each for each in psutil.process_iter() if own in environment_of(each)]

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text; status 0 where nobody answers."""
        status, _, text = self.answer(path)
        return status, text

    def answer(self, path: str) -> tuple[int, Mapping[str, str], str]:
        """Return status, headers and text; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()
        except (OSError, HTTPException):
            return 0, {}, ""

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command beside the product."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def search(self, query: str) -> list[dict[str, Any]]:
        """Return the hits of a search."""
        status, body = self.get(f"/api/v1/code/search?q={urllib.request.quote(query)}")
        return json.loads(body)["results"] if status == 200 else []

    def jobs(self) -> list[dict[str, Any]]:
        """Return the newest jobs."""
        status, body = self.get("/api/v1/jobs/")
        return json.loads(body)["results"] if status == 200 else []

    def evidence(self) -> str:
        """Return what tells why something did not happen: jobs, processes and the ends of the logs."""
        logs = [self.log, *sorted((self.folder / "logs").glob("*.log"))]
        ends = [f"{log.name}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs if log.exists()]
        commands = [f"{each.pid} {command_of(each)}" for each in self.processes("")]
        return "\n".join([*map(str, self.jobs()[:3]), *commands, *ends])

    def processes(self, word: str) -> list[psutil.Process]:
        """Return the product's processes whose command has a word, parents first."""
        assert self.process is not None
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in family if word in command_of(each)]

    def left_over(self) -> list[str]:
        """Return the commands of processes that still have to do with the data folder."""
        found = []
        for each in psutil.process_iter(["cmdline", "status"]):
            command = " ".join(each.info["cmdline"] or [])
            if (
                str(self.folder) in command
                and each.info["status"] != psutil.STATUS_ZOMBIE
                and "pytest" not in command
            ):
                found.append(command)
        return found
