"""The Django project, and what every engine shares."""

from searchapp.celery import app as celery_app

__all__ = ["celery_app"]
