"""The whole product as `make up` runs it, with a source of each engine, for what can only be measured so."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

import searchapp

ROOT = Path(__file__).parents[1]
ASKED = Path(__file__).parent / "asked"
# For what takes seconds on a machine that has nothing else to do.
_PATIENCE = 300.0
_KEY = """
import django; django.setup()
from django.contrib.auth.models import User
from searchapp.api.models import ApiKey
user = User.objects.filter(is_superuser=True).first()
print(ApiKey.objects.issue(user=user, name="benchmark", scope="write")[1])
"""


@dataclass(frozen=True)
class Answer:
    """What came back: status 0 where nothing did."""

    status: int
    text: str
    retry_after: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it is an error of the server; to be told when to try again is none."""
        return self.status >= 500 and not (self.status == 503 and self.retry_after)


class Product:
    """A running product with a data folder and a port of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        # A busy machine must not change answers, nor a throttle end the measuring.
        self._environment = {
            **os.environ,
            **{"DATA_DIR": str(folder), "PORT": str(self.port), "HOST": "127.0.0.1"},
            **{"SOURCE_ROOTS": f"{ROOT}:{folder}", "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded"},
            **{"GRAPH_READING_SECONDS": "600", "DATABASE_READING_SECONDS": "600"},
            **{"THROTTLE_ANONYMOUS": "1000000/min", "THROTTLE_CALLER": "1000000/min"},
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._key = ""

    @property
    def supervisor(self) -> psutil.Process:
        """The process that `make up` runs."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        (self.folder / "samples-added").touch()
        with (self.folder / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "searchapp.embedded.up"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        wait_for("the start", lambda: self.get("/health").status == 200)
        self._key = self._run(sys.executable, "-c", _KEY).strip()

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def add_sources(self) -> None:
        """Add a repository, a graph and a database."""
        database = self.folder / "store.sqlite"
        with sqlite3.connect(database) as connection:
            connection.executescript((ASKED / "databases" / "store.sql").read_text(encoding="utf-8"))
        for arguments in (
            ("index_code", str(Path(searchapp.__file__).parent)),
            ("load_graph", str(ASKED / "graphs" / "company.ttl"), "--name", "company"),
            ("connect_database", str(database), "--name", "store"),
        ):
            self.manage(*arguments)

    def manage(self, *arguments: str) -> None:
        """Run a command of the product. Raises RuntimeError with what it says."""
        self._run(sys.executable, "manage.py", *arguments)

    def get(self, path: str, seconds: float = 60) -> Answer:
        """What an address answers."""
        return self._ask(urllib.request.Request(self._address(path)), seconds)

    def post(self, path: str) -> Answer:
        """What an address answers to an administrator's POST."""
        return self._ask(urllib.request.Request(self._address(path), b"", self.headers(), method="POST"), 60)

    def send(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", seconds: float = 60
    ) -> Answer:
        """What an address answers to an administrator's request with a body of a content type."""
        headers = self.headers() | ({"Content-Type": kind} if kind else {})
        return self._ask(urllib.request.Request(self._address(path), body, headers, method=method), seconds)

    def headers(self) -> dict[str, str]:
        """What an administrator's requests are sent with."""
        return {"Authorization": f"Bearer {self._key}"}

    def web_processes(self) -> list[psutil.Process]:
        """The web server, and the processes of its own in which it runs what somebody wrote."""
        found: list[psutil.Process] = []
        with suppress(psutil.Error):
            for child in self.supervisor.children():
                if "searchapp.web" in " ".join(child.cmdline()):
                    found += [child, *child.children(recursive=True)]
        return found

    def jobs(self) -> dict[int, str]:
        """State by number of the newest jobs."""
        answer = self.get("/api/v1/jobs/?page_size=100")
        if answer.status != 200:
            return {}
        return {job["id"]: job["state"] for job in json.loads(answer.text)["results"]}

    def reason(self, job: int) -> str:
        """Why a job did not succeed, as an administrator is told."""
        answer = self.send("GET", f"/api/v1/jobs/{job}/")
        told = json.loads(answer.text) if answer.status == 200 else {}
        return f"{told.get('title')} {told.get('state')}: {told.get('error')}"

    def working(self) -> list[dict[str, Any]] | None:
        """The newest jobs that are to end yet, but those that wait to be tried again; None if nobody says."""
        answer = self.send("GET", "/api/v1/jobs/?page_size=100")
        if answer.status != 200:
            return None
        return [
            job
            for job in json.loads(answer.text)["results"]
            if job["state"] == "running" or (job["state"] == "queued" and not job["started"])
        ]

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[-1][-200:]}: {done.stderr[-2000:]}")
        return done.stdout

    @staticmethod
    def _ask(request: urllib.request.Request, seconds: float) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return Answer(answer.status, answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            return Answer(error.code, text, error.headers.get("Retry-After", ""))
        except (OSError, ValueError, urllib.error.URLError):
            return Answer(0, "")
        except Exception as error:  # http.client's errors of an answer that was cut off
            return Answer(0, repr(error))


@contextmanager
def running_product(**environment: str) -> Iterator[Product]:
    """A product with its sources, and with settings of its own; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="searchapp-benchmark-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        product = Product(Path(folder), **environment)
        try:
            product.start()
            product.add_sources()
            yield product
        finally:
            product.stop()


def wait_for(what: str, check: Callable[[], Any]) -> float:
    """Seconds until `check` is true. Raises RuntimeError."""
    start = time.monotonic()
    while not check():
        if time.monotonic() - start > _PATIENCE:
            raise RuntimeError(f"{what} did not happen within {_PATIENCE:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - start


def address(path: str, **fields: str) -> str:
    """A path with its query."""
    return f"{path}?{urllib.parse.urlencode(fields)}"


# One request of each kind, and what of its answer has to stay as it is.
REQUESTS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    (
        address("/api/v1/code/search", q="start a process again when it has ended"),
        lambda body: [hit["qualified_name"] for hit in body["results"][:5]],
    ),
    (address("/api/v1/code/search", q="supervisor"), lambda body: body["total"]),
    (
        address("/api/v1/graphs/company/ask/", q="Who heads the Sales department?"),
        lambda body: body["rows"],
    ),
    (
        address("/api/v1/databases/store/ask/", q="How many customers are there?"),
        lambda body: body["result"]["rows"],
    ),
    (
        address("/api/v1/graphs/company/sparql", query="SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"),
        lambda body: body["results"]["bindings"],
    ),
)


def outcome(answer: Answer, essence: Callable[[Any], Any]) -> Any:
    """What has to be the same each time; None if the answer is none."""
    return essence(json.loads(answer.text)) if answer.status == 200 else None
