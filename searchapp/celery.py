"""The Celery application. Queues: `default`, and `embedding` for work that a GPU worker can take alone."""

import os
import sys

from celery import Celery
from celery.signals import beat_init, celeryd_init, worker_process_init

from searchapp.preflight import SettingsError, require_sound_settings
from searchapp.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")

app = Celery("searchapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="retention")


@worker_process_init.connect
def _end_with_worker(**_: object) -> None:
    """A process of the pool whose worker was killed would go on with a job that another one takes up."""
    die_with_parent()


@celeryd_init.connect
@beat_init.connect
def _refuse_wrong_settings(**_: object) -> None:
    import django

    django.setup()
    try:
        require_sound_settings()
    except SettingsError as error:
        # Celery has put its log in the place of `sys.stderr`, where an exit is not seen.
        print(error.message, file=sys.__stderr__, flush=True)
        sys.exit(1)
