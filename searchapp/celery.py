"""The Celery application. Queues: `default`, and `embedding` for work that a GPU worker can take alone."""

import os

from celery import Celery
from celery.signals import worker_process_init

from searchapp.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")

app = Celery("searchapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _end_with_worker(**_: object) -> None:
    """A process of the pool whose worker was killed would go on with a job that another one takes up."""
    die_with_parent()
