"""The Django application of knowledge graphs and databases."""

from django.apps import AppConfig


class KbqaConfig(AppConfig):
    """Registers what it brings: jobs."""

    name = "kbqa"
    verbose_name = "Graphs"

    def ready(self) -> None:
        """Declare the jobs, and follow the sources of graphs."""
        from kbqa import jobs  # noqa: F401
        from kbqa.services import databases, graphs
        from searchapp.graph_sources import published

        published.connect(graphs.reload_graphs_of, dispatch_uid="kbqa.reload_graphs_of")
        published.connect(databases.scan_installed, dispatch_uid="kbqa.scan_installed")
