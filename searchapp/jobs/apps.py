"""The Django application of the jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Long work with progress."""

    name = "searchapp.jobs"
    label = "jobs"
