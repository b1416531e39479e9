"""The Django application of the pages."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """Pages over the engines."""

    name = "frontend"
