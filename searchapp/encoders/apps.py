"""The Django application of the encoders, for its system checks."""

from django.apps import AppConfig


class EncodersConfig(AppConfig):
    """Registers the check of the encoder's settings."""

    name = "searchapp.encoders"

    def ready(self) -> None:
        """Register the checks."""
        from searchapp.encoders import checks  # noqa: F401
