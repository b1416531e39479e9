"""The Django application of the training commands."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """Brings commands that make weights."""

    name = "training"
