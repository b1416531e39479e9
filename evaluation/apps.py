"""The Django application of the evaluation commands."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    """Brings commands that measure the engines."""

    name = "evaluation"
