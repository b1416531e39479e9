import psycopg
import pytest
from django.db import OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from searchapp.errors import Unavailable
from searchapp.jobs import registry, services, transitions
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import InvalidTransition, JobError
from searchapp.jobs.foreground import run_to_end
from searchapp.jobs.models import Job
from searchapp.jobs.registry import Stage
from searchapp.jobs.runner import abandoned_jobs, run_stages
from searchapp.jobs.selectors import active_jobs, newest_job, newest_jobs
from searchapp.jobs.tasks import run_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages(monkeypatch):
    """Let a test declare the stages of the kind `test`."""

    def declare(*functions, clean_up=None):
        handler = registry.Handler(tuple(Stage(function) for function in functions), clean_up)
        monkeypatch.setitem(registry._handlers, "test", handler)

    return declare


def start() -> Job:
    return services.start_job(kind="test", subject="thing:1", title="Test")


def test_stages_run_in_order_and_end_in_success(stages):
    seen = []
    stages(lambda context: seen.append("one"), lambda context: seen.append("two"))
    job = start()
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert (seen, job.state) == (["one", "two"], Job.State.SUCCEEDED)
    assert job.started <= job.finished


def test_one_active_job_of_a_subject(stages):
    stages(lambda context: None)
    assert start().pk == start().pk


def states() -> list[str]:
    return list(Job.objects.order_by("id").values_list("state", flat=True))


def test_what_is_asked_for_before_a_job_begins_is_done_by_it(stages):
    asked = []
    stages(lambda context: asked.append((context.job.title, context.job.arguments)))
    for title, arguments in (
        ("Index", {"source": 1}),
        ("Rebuild", {"source": 1, "afresh": True}),
        ("Index", {"source": 1}),
    ):
        job = services.start_job(kind="test", subject="thing:1", title=title, arguments=arguments)
    run_stages(job.pk, follow=True)
    assert (asked, states()) == ([("Rebuild", {"source": 1, "afresh": True})], [Job.State.SUCCEEDED])


def test_what_is_asked_for_while_a_job_runs_follows_it_once(stages):
    asked = []

    def work(context):
        asked.append(context.job.arguments)
        if len(asked) == 1:
            for arguments in ({}, {"afresh": True}, {}):
                job = services.start_job(kind="test", subject="thing:1", title="Test", arguments=arguments)
                assert (job.pk, job.runs_again) == (context.job.pk, True)

    stages(work)
    last = run_to_end(start(), lambda job: None)
    assert (asked, states()) == ([{}, {"afresh": True}], [Job.State.SUCCEEDED] * 2)
    assert last == Job.objects.first()


def test_what_is_asked_for_while_a_job_is_being_cancelled_follows_it(stages):
    asked = []

    def work(context):
        asked.append(context.job.arguments)
        if len(asked) == 1:
            start()
            services.cancel_job(context.job)
            services.start_job(kind="test", subject="thing:1", title="Test", arguments={"after": True})
            context.check_cancelled()

    stages(work)
    run_to_end(start(), lambda job: None)
    assert (asked, states()) == ([{}, {"after": True}], [Job.State.CANCELLED, Job.State.SUCCEEDED])


@pytest.mark.parametrize("cancel", [services.cancel_job, lambda job: services.cancel_jobs_of(job.subject)])
def test_cancelling_a_job_cancels_what_was_to_follow_it(stages, cancel):
    def work(context):
        start()
        cancel(context.job)
        start()
        services.cancel_jobs_of(context.job.subject)
        context.check_cancelled()

    stages(work)
    run_to_end(start(), lambda job: None)
    assert states() == [Job.State.CANCELLED]


def test_what_was_asked_for_follows_a_job_that_fails_and_is_sent_to_the_workers(
    stages, monkeypatch, django_capture_on_commit_callbacks
):
    def work(context):
        start()
        raise JobError("Plug it in.")

    sent = []
    monkeypatch.setattr(
        "searchapp.jobs.queue.app.send_task", lambda name, arguments, **_: sent.append(*arguments)
    )
    stages(work)
    with django_capture_on_commit_callbacks(execute=True):
        run_stages(start().pk)
    assert states() == [Job.State.FAILED, Job.State.QUEUED]
    assert sent == [job.pk for job in Job.objects.order_by("id")]


def test_a_job_that_is_retried_is_followed_by_nothing_older(stages):
    def work(context):
        if Job.objects.count() == 1:
            start()
            raise JobError("Plug it in.")

    stages(work)
    failed = start()
    run_to_end(failed, lambda job: None)
    run_to_end(services.retry_job(failed), lambda job: None)
    assert states() == [Job.State.SUCCEEDED] * 2


@pytest.mark.parametrize("source", list(Job.State))
@pytest.mark.parametrize("target", list(Job.State))
def test_only_documented_transitions_happen(stages, source, target):
    stages(lambda context: None)
    job = Job.objects.create(kind="test", subject="thing:2", title="Test", state=source)
    if target in Job.TRANSITIONS[source]:
        assert transitions.move(job, target).state == target
    else:
        with pytest.raises(InvalidTransition):
            transitions.move(job, target)


def test_a_failure_keeps_its_advice_and_can_be_retried(stages):
    cleaned, broken = [], [True]

    def work(context):
        if broken:
            raise JobError("Plug it in.")

    stages(work, clean_up=lambda context: cleaned.append(context.job.pk))
    job = start()
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert (job.state, job.error, cleaned) == (Job.State.FAILED, "Plug it in.", [job.pk])
    broken.clear()
    run_stages(services.retry_job(job).pk, follow=True)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.SUCCEEDED, "")


def test_a_bug_is_a_failure_and_not_a_crash(stages):
    stages(lambda context: 1 / 0)
    job = start()
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "ZeroDivisionError" in job.error


@pytest.mark.parametrize("error", [JobError, ValueError])
def test_an_error_that_quotes_what_cannot_be_stored_ends_the_job_too(stages, error):
    def work(context):
        context.progress(0, 1, "Reading a\0b")
        raise error("<urn:\0> is no IRI")

    stages(work)
    job = start()
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert (job.state, "<urn:\ufffd> is no IRI" in job.error) == (Job.State.FAILED, True)


def test_an_outage_puts_the_job_back(stages):
    def work(context):
        raise JobError("the server is away", transient=True)

    stages(work)
    job = start()
    run_stages(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.QUEUED, "Waiting: the server is away")


def test_cancelling_stops_at_the_next_step(stages):
    def work(context: JobContext):
        services.cancel_job(context.job)
        context.progress(1, 2, "never reached")
        raise AssertionError

    stages(work)
    job = start()
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_cancelling_a_queued_job_is_immediate(stages):
    stages(lambda context: None)
    assert services.cancel_job(start()).state == Job.State.CANCELLED
    with pytest.raises(InvalidTransition):
        services.cancel_job(Job.objects.get())


def test_a_running_job_without_a_process_is_abandoned_and_resumes_at_its_stage(stages):
    seen = []
    stages(lambda context: seen.append("one"), lambda context: seen.append("two"))
    job = start()
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, stage=1)
    assert [each.pk for each in abandoned_jobs()] == [job.pk]
    run_stages(job.pk, follow=True)
    assert seen == ["two"]


def test_a_job_that_a_process_runs_is_not_abandoned_and_not_run_twice(stages):
    found = []

    def work(context):
        found.append([each.pk for each in abandoned_jobs()])

    stages(work)
    run_stages(start().pk)
    assert found == [[]]


def test_a_full_disk_is_explained(stages):
    def work(context):
        cause = psycopg.errors.DiskFull('could not extend file "base/1": No space left on device')
        raise OperationalError(str(cause)) from cause

    stages(work)
    job = start()
    run_stages(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "Free some space and retry" in job.error


@pytest.mark.django_db(transaction=True)
def test_a_job_goes_on_after_an_outage_that_is_over_when_it_is_noticed(stages):
    ended = []

    def work(context):
        if not ended:
            ended.append(True)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            finally:
                connection.close()
                connection.ensure_connection()

    stages(work)
    job = start()
    with pytest.raises(OperationalError, match="terminating connection"):
        run_stages(job.pk)
    run_stages(job.pk)
    job.refresh_from_db()
    assert (job.state, job.interruptions) == (Job.State.SUCCEEDED, 0)


def test_progress_is_bounded(stages):
    stages(lambda context: None)
    assert Job(done=7, total=5).percent == 100
    assert Job(done=7, total=0).percent is None


@pytest.mark.parametrize(
    ("attempts", "interruptions", "told"),
    [
        (0, 0, ""),
        (1, 0, ""),
        (2, 0, "Tried twice."),
        (2, 1, "Tried twice; its process was ended once."),
        (1, 1, "Its process was ended once."),
        (5, 2, "Tried 5 times; its process was ended twice in a row."),
    ],
)
def test_a_job_says_how_often_it_was_tried_and_ended(attempts, interruptions, told):
    assert Job(attempts=attempts, interruptions=interruptions).tries == told


@pytest.mark.parametrize(("transient", "state"), [(True, Job.State.QUEUED), (False, Job.State.FAILED)])
def test_any_error_of_the_tree_says_itself_whether_it_passes(stages, transient, state):
    def work(context):
        raise Unavailable("The server is away.", transient=transient)

    stages(work)
    job = start()
    run_stages(job.pk)
    job.refresh_from_db()
    assert job.state == state
    assert "The server is away." in (job.message if transient else job.error)


def test_a_kind_that_nothing_declares_is_told(stages):
    job = Job.objects.create(kind="unheard", subject="thing:1", title="Test")
    run_stages(job.pk)
    job.refresh_from_db()
    assert (job.state, "'unheard'" in job.error) == (Job.State.FAILED, True)


def test_stages_are_sent_by_name_to_their_queue(stages, monkeypatch, django_capture_on_commit_callbacks):
    stages(lambda context: None)
    sent = []
    monkeypatch.setattr("searchapp.jobs.queue.app.send_task", lambda *task, **how: sent.append((task, how)))
    with django_capture_on_commit_callbacks(execute=True):
        job = start()
    assert sent == [(("searchapp.jobs.tasks.run_stage", (job.pk,)), {"queue": "default", "countdown": 0.0})]
    assert run_stage.name == sent[0][0][0]


def test_a_broker_that_is_away_is_no_error(stages, monkeypatch, django_capture_on_commit_callbacks):
    def away(*_, **__):
        raise BrokerError("connection refused")

    stages(lambda context: None)
    monkeypatch.setattr("searchapp.jobs.queue.app.send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = start()
    assert job.state == Job.State.QUEUED


def test_the_newest_job_of_each_subject(stages):
    stages(lambda context: None)
    old = Job.objects.create(kind="test", subject="thing:1", title="Old", state=Job.State.SUCCEEDED)
    new = start()
    other = services.start_job(kind="test", subject="thing:2", title="Other")
    assert newest_jobs(["thing:1", "thing:2", "thing:3"]) == {"thing:1": new, "thing:2": other}
    assert newest_job("thing:3") is None
    assert list(active_jobs("test")) == [new, other]
    assert old not in active_jobs()
