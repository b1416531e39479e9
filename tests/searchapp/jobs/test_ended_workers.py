"""Jobs whose process is ended: by the system, again and again, or by an administrator, who may."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.db import connection

from searchapp.celery import app
from searchapp.jobs import registry, services, transitions
from searchapp.jobs.models import Job
from searchapp.jobs.registry import Stage
from searchapp.jobs.runner import run_stages
from searchapp.jobs.runners import is_alive, this_process

ROOT = Path(__file__).parents[3]
State = Job.State
_OPTIONS = ("-Q", "default", "-c", "1", "--without-gossip", "--without-mingle", "-n", "ended@%h")


@pytest.fixture
def declared(monkeypatch):
    """Let this process know the kinds that the worker runs."""
    for kind in ("ended", "greedy", "slow", "quick"):
        monkeypatch.setitem(registry._handlers, kind, registry.Handler((Stage(lambda context: None),)))


@contextmanager
def worker(log, **extra):
    """Run a worker with one process for jobs, for the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tests.searchapp.jobs.worker_app", "worker", *_OPTIONS],
            cwd=ROOT,
            env={
                **os.environ,
                "TEST_DATABASE": connection.settings_dict["NAME"],
                "PYTHONPATH": str(ROOT),
                **extra,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def started(kind):
    return services.start_job(kind=kind, subject=f"thing:{kind}", title=kind)


def until(job, condition, log):
    """Wait for a state of a job, for as long as a busy machine may need."""
    for _ in range(3_000):
        job.refresh_from_db()
        if condition(job):
            return
        time.sleep(0.1)
    pytest.fail(f"{job} {job.attempts} {job.runner}\n{log.read_text()[-3000:]}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("services", "declared")
def test_a_job_whose_process_is_ended_fails_the_third_time_and_hinders_no_other(tmp_path):
    app.control.purge()
    log = tmp_path / "worker.log"
    ended, greedy = started("ended"), started("greedy")
    with worker(log) as process:
        until(ended, lambda job: not job.is_active, log)
        assert (ended.state, ended.attempts, ended.interruptions) == (State.FAILED, 4, 3)
        assert "ended by the system 3 times, probably for lack of memory" in ended.error
        until(greedy, lambda job: not job.is_active, log)
        assert (greedy.state, greedy.attempts, greedy.interruptions) == (State.FAILED, 1, 0)
        assert "more memory than JOB_MAX_MEMORY_BYTES" in greedy.error
        slow = started("slow")
        until(slow, lambda job: job.message == "begun", log)
        assert slow.runner
        process.send_signal(signal.SIGTERM)
        until(slow, lambda job: job.runner == "", log)
    # Until the last of its processes has gone, the job is still theirs.
    until(slow, lambda job: run_stages(job.pk) and not job.is_active, log)
    assert (slow.state, slow.attempts, slow.interruptions) == (State.SUCCEEDED, 1, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("services", "declared")
def test_a_worker_that_begins_nothing_ends_and_the_next_one_has_its_job(tmp_path):
    app.control.purge()
    log = tmp_path / "worker.log"
    with worker(log, STALL_SECONDS="2") as process:
        until(started("quick"), lambda job: job.state == State.SUCCEEDED, log)
        (in_pool,) = psutil.Process(process.pid).children()
        in_pool.suspend()
        waiting = started("quick")
        assert process.wait(60) == -signal.SIGKILL, log.read_text()
        assert "begun nothing for 2.0 s although jobs wait" in log.read_text()
    with worker(log):
        until(waiting, lambda job: job.state == State.SUCCEEDED, log)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("runner", "lost"),
    [
        ("{this}", 0),
        ("", 0),
        ("{host}/999999999/1.0", 1),
        ("{host}/1/1.0", 1),
        ("elsewhere/1/1.0", 1),
        ("nonsense", 1),
    ],
)
def test_what_counts_as_an_interruption(declared, runner, lost):
    host = this_process().split("/")[0]
    job = Job.objects.create(kind="slow", subject="x", state=State.RUNNING, attempts=1)
    Job.objects.update(runner=runner.format(this=this_process(), host=host))
    job.refresh_from_db()
    assert transitions.take(job, this_process())
    assert (job.attempts, job.interruptions, job.runner) == (1 + lost, lost, this_process())


@pytest.mark.django_db
def test_a_stage_that_ends_well_forgives_interruptions(monkeypatch):
    stages = Stage(lambda context: None), Stage(lambda context: 1 / 0)
    monkeypatch.setitem(registry._handlers, "two", registry.Handler(stages))
    job = Job.objects.create(kind="two", subject="x", state=State.RUNNING, interruptions=1, runner="gone/1/1")
    run_stages(job.pk)
    job.refresh_from_db()
    assert (job.state, job.stage, job.interruptions, job.runner) == (State.RUNNING, 1, 0, "")


@pytest.mark.django_db
def test_a_retried_job_begins_anew(declared):
    job = Job.objects.create(kind="slow", subject="x", state=State.FAILED, attempts=4, interruptions=3)
    services.retry_job(job)
    assert (job.attempts, job.interruptions) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_command_that_is_stopped_is_no_interruption(monkeypatch, error):
    def stopped(context):
        raise error

    monkeypatch.setitem(registry._handlers, "stopped", registry.Handler((Stage(stopped),)))
    job = started("stopped")
    with pytest.raises(error):
        run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert (job.state, job.runner) == (State.RUNNING, "")


def test_a_process_is_known_by_its_beginning():
    assert is_alive(this_process())
    host, process, _ = this_process().split("/")
    assert not is_alive(f"{host}/{process}/0.0")
