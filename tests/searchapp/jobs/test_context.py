"""What a stage tells of its progress, the queue, ends that clean up, and the bar at the terminal."""

import resource
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.utils import timezone

from searchapp.jobs import progress_bar, registry, services, transitions
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import InvalidTransition, JobCancelled, JobError
from searchapp.jobs.models import Job
from searchapp.jobs.progress_bar import run_with_bar
from searchapp.jobs.queue import enqueue
from searchapp.jobs.registry import Handler, Stage, clean_up
from searchapp.jobs.runner import abandoned_jobs, run_stages
from searchapp.jobs.runners import this_process
from searchapp.jobs.tasks import resume_abandoned_jobs

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture
def declare(monkeypatch):
    """Declare the stages of the kind `test`, and what cleans up."""

    def run(*stages, clean_up=None):
        parts = tuple(stage if isinstance(stage, Stage) else Stage(stage) for stage in stages)
        monkeypatch.setitem(registry._handlers, "test", Handler(parts, clean_up))

    run(lambda context: None)
    return run


@pytest.fixture
def job(declare):
    return Job.objects.create(kind="test", subject="thing:1", title="Test", state=State.RUNNING)


def progress_of(job):
    job.refresh_from_db()
    return job.done, job.total, job.message


class TestProgress:
    @pytest.fixture
    def now(self, monkeypatch):
        now = [1000.0]
        monkeypatch.setattr("searchapp.jobs.context.time", SimpleNamespace(monotonic=lambda: now[0]))
        return now

    def test_it_is_written_at_most_twice_a_second(self, job, now):
        context = JobContext(job)
        context.progress(1, 9, "one")
        now[0] += 0.4
        context.progress(2, 9, "two")
        assert progress_of(job) == (1, 9, "one")
        now[0] += 0.1
        context.progress(3, 9, "three")
        assert progress_of(job) == (3, 9, "three")

    def test_the_end_is_always_written(self, job, now):
        context = JobContext(job)
        context.progress(1, 9, "one")
        context.progress(9, 9, "nine")
        assert progress_of(job) == (9, 9, "nine")

    def test_while_the_total_is_unknown_there_is_no_end(self, job, now):
        context = JobContext(job)
        context.progress(1, 0, "one")
        context.progress(2, 0, "two")
        assert progress_of(job) == (1, 0, "one")

    def test_a_long_message_is_cut(self, job, now):
        JobContext(job).progress(1, 2, "x" * 400)
        assert progress_of(job)[2] == "x" * 300

    @pytest.mark.parametrize("state", [State.CANCELLING, State.CANCELLED, State.QUEUED, None])
    def test_a_job_that_does_not_run_any_more_stops_here(self, job, state):
        jobs = Job.objects.filter(pk=job.pk)
        jobs.update(state=state) if state else jobs.delete()
        with pytest.raises(JobCancelled):
            JobContext(job).check_cancelled()


class TestQueue:
    @pytest.fixture
    def sent(self, monkeypatch, django_capture_on_commit_callbacks):
        """The queues and delays of what was sent while a job is handed over."""

        def hand_over(job, **options):
            sent = []
            monkeypatch.setattr(
                "searchapp.jobs.queue.app.send_task",
                lambda name, arguments, queue, countdown: sent.append((queue, countdown)),
            )
            with django_capture_on_commit_callbacks(execute=True):
                enqueue(job, **options)
                assert sent == []
            return sent

        return hand_over

    @pytest.mark.parametrize(("stage", "queue"), [(0, "default"), (1, "embedding"), (2, "embedding")])
    def test_each_stage_has_its_queue_and_a_job_beyond_its_stages_that_of_the_last(
        self, declare, job, sent, stage, queue
    ):
        declare(lambda context: None, Stage(lambda context: None, queue="embedding"))
        job.stage = stage
        assert sent(job) == [(queue, 0.0)]

    def test_a_job_may_be_sent_later(self, job, sent):
        assert sent(job, countdown=5.0) == [("default", 5.0)]

    def test_when_it_was_handed_over_is_kept(self, job, sent):
        long_ago = timezone.now() - timedelta(hours=1)
        Job.objects.filter(pk=job.pk).update(enqueued=long_ago)
        sent(job)
        job.refresh_from_db()
        assert job.enqueued > long_ago


class TestAbandoned:
    def old(self, job, **ago):
        Job.objects.filter(pk=job.pk).update(enqueued=timezone.now() - timedelta(**ago))

    def test_a_job_may_wait_for_a_worker_for_a_while(self, job):
        self.old(job, minutes=4)
        assert abandoned_jobs(patience=timedelta(minutes=5)) == []
        self.old(job, minutes=6)
        assert abandoned_jobs(patience=timedelta(minutes=5)) == [job]

    @pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
    def test_what_has_ended_is_not_abandoned(self, job, state):
        Job.objects.update(state=state)
        assert abandoned_jobs() == []

    def test_abandoned_jobs_are_sent_again(self, job, monkeypatch, django_capture_on_commit_callbacks):
        sent = []
        monkeypatch.setattr("searchapp.jobs.queue.app.send_task", lambda *task, **_: sent.append(task[1]))
        self.old(job, seconds=400)
        with django_capture_on_commit_callbacks(execute=True):
            resume_abandoned_jobs()
            resume_abandoned_jobs()
        assert sent == [(job.pk,)]


class TestTransitions:
    def test_a_job_is_taken_once_and_each_time_counts(self, job):
        Job.objects.update(state=State.QUEUED)
        job.refresh_from_db()
        assert transitions.take(job, this_process())
        begun = job.started
        assert (job.state, job.attempts, begun is not None) == (State.RUNNING, 1, True)
        assert transitions.take(job, this_process())
        assert job.attempts == 1
        transitions.put_back(job, "later")
        assert transitions.take(job, this_process())
        assert (job.attempts, job.started) == (2, begun)

    @pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED, State.SUCCEEDED])
    def test_what_has_ended_meanwhile_cannot_be_taken(self, job, state):
        Job.objects.update(state=State.QUEUED)
        job.refresh_from_db()
        Job.objects.update(state=state)
        assert not transitions.take(job, this_process())

    def test_a_refusal_says_where_the_job_is(self, job):
        Job.objects.update(state=State.FAILED)
        with pytest.raises(InvalidTransition, match="A job that is failed cannot become succeeded"):
            transitions.finish(job, State.SUCCEEDED)

    @pytest.mark.parametrize(
        ("state", "active", "cancel", "retry"),
        [
            (State.QUEUED, True, True, False),
            (State.RUNNING, True, True, False),
            (State.CANCELLING, True, False, False),
            (State.SUCCEEDED, False, False, False),
            (State.FAILED, False, False, True),
            (State.CANCELLED, False, False, True),
        ],
    )
    def test_what_can_be_done_with_a_job(self, state, active, cancel, retry):
        job = Job(state=state, title="Index shop")
        assert (job.is_active, job.can_cancel, job.can_retry) == (active, cancel, retry)
        assert str(job) == f"Index shop ({state})"


class TestEnds:
    def test_after_twenty_attempts_an_outage_is_a_failure(self, declare, job):
        def away(context):
            raise JobError("The server is away.", transient=True)

        declare(away)
        Job.objects.update(state=State.RUNNING, attempts=19)
        run_stages(job.pk)
        job.refresh_from_db()
        assert job.state == State.QUEUED
        run_stages(job.pk)
        job.refresh_from_db()
        assert (job.state, job.attempts, job.error) == (State.FAILED, 20, "The server is away.")

    def test_an_outage_of_a_job_that_is_being_cancelled_ends_it(self, declare, job):
        cleaned = []

        def work(context):
            Job.objects.update(state=State.CANCELLING)
            raise JobError("away", transient=True)

        declare(work, clean_up=lambda context: cleaned.append(context.job.pk))
        run_stages(job.pk)
        job.refresh_from_db()
        assert (job.state, cleaned) == (State.CANCELLED, [job.pk])

    def test_a_job_cancelled_while_it_waits_is_not_run(self, declare, job):
        declare(lambda context: 1 / 0)
        Job.objects.update(state=State.CANCELLING)
        run_stages(job.pk)
        job.refresh_from_db()
        assert (job.state, job.message) == (State.CANCELLED, "Cancelled")

    def test_a_stage_begins_without_the_progress_of_the_one_before(self, declare, job):
        declare(lambda context: context.progress(3, 3, "first"), lambda context: None)
        run_stages(job.pk)
        job.refresh_from_db()
        assert (job.state, job.stage, job.done, job.total) == (State.RUNNING, 1, 0, 0)

    def test_a_job_that_is_gone_is_no_error(self, declare):
        run_stages(123_456)

    def test_clean_up_that_the_database_refuses_is_logged(self, declare, job, caplog):
        def fail(context):
            raise DatabaseError("refused")

        declare(clean_up=fail)
        clean_up(job)
        assert f"Clean-up after job {job.pk} failed" in caplog.text

    def test_a_kind_without_clean_up_leaves_nothing(self, declare, job):
        clean_up(job)
        clean_up(Job(kind="unheard"))

    def test_a_retry_forgets_the_failure_and_waits_its_turn(self, declare, job):
        Job.objects.update(state=State.FAILED, error="x", message="y", attempts=20, stage=1, done=1, total=2)
        services.retry_job(job)
        assert (job.state, job.error, job.message, job.attempts, job.stage, job.done, job.total) == (
            State.QUEUED, "", "", 0, 0, 0, 0,
        )  # fmt: skip
        Job.objects.filter(pk=job.pk).update(state=State.FAILED)
        services.start_job(kind="test", subject="thing:1", title="Another")
        with pytest.raises(InvalidTransition, match="Another job is already at work"):
            services.retry_job(job)

    def test_jobs_of_a_subject_are_cancelled_and_those_of_others_are_not(self, declare, job):
        other = services.start_job(kind="test", subject="thing:2", title="Other")
        services.cancel_jobs_of("thing:1")
        job.refresh_from_db()
        other.refresh_from_db()
        assert (job.state, other.state) == (State.CANCELLING, State.QUEUED)


class TestBar:
    @pytest.mark.parametrize(
        ("state", "error", "says"),
        [
            (State.SUCCEEDED, "", None),
            (State.FAILED, "Plug it in.", r"Plug it in\."),
            (State.CANCELLED, "", r"The job was cancelled\."),
        ],
    )
    def test_a_job_that_does_not_succeed_is_an_error(self, monkeypatch, state, error, says):
        ended = Job(title="Index", state=state, error=error)
        monkeypatch.setattr(progress_bar, "run_to_end", lambda job, show: show(ended) or ended)
        if says is None:
            run_with_bar(Job(title="Index"))
        else:
            with pytest.raises(JobError, match=says):
                run_with_bar(Job(title="Index"))

    def test_it_has_the_memory_of_a_workers_job_and_gives_the_limit_back(self, monkeypatch, settings):
        settings.JOB_MAX_MEMORY_BYTES = 7_000_000_000
        before, during = resource.getrlimit(resource.RLIMIT_DATA), []

        def run(job, show):
            during.append(resource.getrlimit(resource.RLIMIT_DATA)[0])
            return Job(title="Index", state=State.SUCCEEDED)

        monkeypatch.setattr(progress_bar, "run_to_end", run)
        run_with_bar(Job(title="Index"))
        assert during == [7_000_000_000]
        assert resource.getrlimit(resource.RLIMIT_DATA) == before
