"""The Django application of knowledge graphs and databases."""

from django.apps import AppConfig


class KbqaConfig(AppConfig):
    """Registers what it brings: jobs."""

    name = "kbqa"
    verbose_name = "Graphs"

    def ready(self) -> None:
        """Declare the jobs, and follow the sources of graphs."""
        from kbqa.sparql.sources import jobs as _graph_jobs  # noqa: F401
        from kbqa.sparql.sources.services import reload_graphs_of
        from kbqa.sql.sources import jobs as _database_jobs  # noqa: F401
        from kbqa.sql.sources.services import scan_installed
        from searchapp.sharing.graph_sources import published

        published.connect(reload_graphs_of, dispatch_uid="kbqa.reload_graphs_of")
        published.connect(scan_installed, dispatch_uid="kbqa.scan_installed")
