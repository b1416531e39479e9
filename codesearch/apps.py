"""The Django application of code search."""

from django.apps import AppConfig


class CodeSearchConfig(AppConfig):
    """Registers what code search brings: jobs, system checks, an encoder."""

    name = "codesearch"
    verbose_name = "Code"

    def ready(self) -> None:
        """Declare the jobs, the system checks and the encoder."""
        from codesearch import checks, jobs  # noqa: F401
        from searchapp.encoders.registry import register_backend

        register_backend("gnn_coder", "codesearch.gnn_coder.encoder", "load_gnn_coder")
