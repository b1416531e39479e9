"""The Django application of the API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """API keys and the project's system checks."""

    name = "searchapp.api"
    verbose_name = "API"

    def ready(self) -> None:
        """Register the checks."""
        from searchapp import checks  # noqa: F401
