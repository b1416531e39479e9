"""The Django application of knowledge graphs and databases."""

from django.apps import AppConfig


class KbqaConfig(AppConfig):
    """Registers what it brings: jobs."""

    name = "kbqa"
    verbose_name = "Graphs"

    def ready(self) -> None:
        """Declare the jobs."""
        from kbqa import jobs  # noqa: F401
