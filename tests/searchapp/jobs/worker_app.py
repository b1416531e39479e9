"""A Celery application for a worker on the database of a test, with jobs that do not end well."""

import os
import signal
import time

import django
from celery import Celery
from django.conf import settings

from searchapp.jobs import watchdog


def application() -> Celery:
    """Return the application, on the database of the test, with its kinds of jobs."""
    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    settings.JOB_MAX_MEMORY_BYTES = 1_500_000_000
    if "STALL_SECONDS" in os.environ:
        watchdog.LOOK_EVERY_SECONDS, watchdog.PATIENCE_SECONDS = 0.2, float(os.environ["STALL_SECONDS"])
    django.setup()
    from searchapp.celery import app as whole
    from searchapp.jobs.registry import Stage, register

    for kind, run in (("ended", _ended), ("greedy", _greedy), ("slow", _slow), ("quick", _quick)):
        register(kind, Stage(run))
    return whole


def _ended(_):
    os.kill(os.getpid(), signal.SIGKILL)


def _greedy(_):
    kept = []
    while True:
        kept.append(bytearray(100_000_000))


def _slow(context):
    context.progress(1, 1, "begun")
    while True:
        time.sleep(1)


def _quick(_):
    return


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
app = application()
