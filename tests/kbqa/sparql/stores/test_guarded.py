"""What happens to processes that are ended, that end by themselves, and that are too many."""

import os
import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from pyoxigraph import Store

from kbqa.sparql.stores import guarded
from kbqa.sparql.stores.base import QueryError, StoreError
from kbqa.sparql.stores.guarded import PLACES, Guard, run_guarded
from searchapp.errors import RETRY_AFTER_SECONDS

GUARD = Guard(seconds=20, memory=2_000_000_000, result=1_000_000)
SLOW = "SELECT (COUNT(*) AS ?n) {" + "".join(f" VALUES ?v{number} {{ {'1 ' * 60} }}" for number in range(8))
TASK = {"kind": "query", "folder": None, "query": SLOW + " }", "accept": "", "limit": 10}


def children() -> set[int]:
    """The processes that this one has started and that are at work."""
    told = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text(encoding="utf-8")
    alive = {int(each) for each in told.split()}
    return {each for each in alive if "query_process" in Path(f"/proc/{each}/cmdline").read_text("utf-8")}


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (signal.SIGKILL, "The system ended the query, most likely because memory ran out"),
        (signal.SIGSEGV, r"gave up on the query \(SIGSEGV\)"),
        (signal.SIGXCPU, "took longer than 20 seconds"),
        (signal.SIGTERM, r"gave up on the query \(SIGTERM\)"),
    ],
)
def test_a_process_that_is_ended_from_outside_is_told_of_truly(number, says, monkeypatch):
    started = threading.Event()
    process = {}
    popen = guarded.subprocess.Popen

    def remembered(*arguments, **options):
        process["id"] = popen(*arguments, **options)
        started.set()
        return process["id"]

    monkeypatch.setattr(guarded.subprocess, "Popen", remembered)

    def end():
        started.wait(20)
        os.kill(process["id"].pid, number)

    threading.Thread(target=end, daemon=True).start()
    with pytest.raises(QueryError, match=says):
        run_guarded(TASK, GUARD)


def test_nothing_runs_on_after_the_time():
    before = children()
    with pytest.raises(QueryError, match=r"took longer than 0\.5 seconds"):
        run_guarded(TASK, Guard(seconds=0.5, memory=GUARD.memory, result=GUARD.result))
    assert children() <= before


def test_more_than_may_run_at_once_are_asked_to_come_again(settings, monkeypatch):
    settings.GRAPH_QUERY_PROCESSES = 2
    monkeypatch.setattr(guarded, "_WAIT_FOR_PLACE", 0.01)
    monkeypatch.setattr(guarded.subprocess, "Popen", None)
    with ExitStack() as taken:
        for _ in range(2):
            taken.enter_context(PLACES.one())
        with pytest.raises(StoreError, match="Too many queries") as refused:
            run_guarded(TASK, GUARD)
    assert refused.value.status == 503
    assert refused.value.headers == {"Retry-After": str(RETRY_AFTER_SECONDS)}
    with PLACES.one():
        pass


def test_a_place_that_becomes_free_is_taken(settings):
    settings.GRAPH_QUERY_PROCESSES = 1
    held = threading.Event()

    def hold():
        with PLACES.one():
            held.set()
            time.sleep(0.05)

    threading.Thread(target=hold, daemon=True).start()
    held.wait(5)
    assert run_guarded({**TASK, "query": "ASK {}"}, GUARD)[1] == b'{"head":{},"boolean":true}'


def test_a_place_is_free_again_after_every_error(settings):
    settings.GRAPH_QUERY_PROCESSES = 1
    for wrong in ("ASK {", "SELECT ?x {} GROUP BY ?y"):
        with pytest.raises(QueryError):
            run_guarded({**TASK, "query": wrong}, GUARD)
    assert run_guarded({**TASK, "query": "ASK {}"}, GUARD)


def test_output_is_bounded_while_it_is_read(monkeypatch):
    """Even where the process itself does not count."""
    monkeypatch.setattr(guarded, "_START", "while True: print('x' * 100_000)")
    with pytest.raises(QueryError, match="larger than 1 MB"):
        run_guarded(TASK, GUARD)


def test_a_process_that_says_nothing_is_told_of(monkeypatch):
    monkeypatch.setattr(guarded, "_START", "raise SystemError('broken')")
    with pytest.raises(QueryError, match="could not work on the query: SystemError: broken"):
        run_guarded(TASK, GUARD)


def test_a_folder_that_cannot_be_read_is_no_mistake_of_the_query(tmp_path):
    with pytest.raises(StoreError, match="could not be read") as error:
        run_guarded({**TASK, "folder": str(tmp_path / "none"), "query": "ASK {}"}, GUARD)
    assert error.value.transient


def test_the_process_knows_no_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setattr(guarded, "_START", "import os; raise SystemError(sorted(os.environ))")
    with pytest.raises(QueryError) as error:
        run_guarded(TASK, GUARD)
    assert "SECRET_KEY" not in str(error.value)


def test_too_little_memory_to_begin_with_is_told_of(tmp_path):
    Store(str(tmp_path / "triples")).flush()
    task = {**TASK, "folder": str(tmp_path / "triples"), "query": "ASK {}"}
    with pytest.raises(QueryError, match="needed more memory than the 150 MB"):
        run_guarded(task, Guard(seconds=20, memory=150_000_000, result=1_000))
