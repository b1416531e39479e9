"""The Django application of code search."""

from django.apps import AppConfig


class CodeSearchConfig(AppConfig):
    """Registers the jobs of code search."""

    name = "codesearch"
    verbose_name = "Code"

    def ready(self) -> None:
        """Declare the jobs and the system checks."""
        from codesearch import checks, jobs  # noqa: F401
