"""The Django application of knowledge graphs and databases."""

from django.apps import AppConfig


class KbqaConfig(AppConfig):
    """Registers what graphs and databases bring: jobs, their part of a start."""

    name = "kbqa"
    verbose_name = "Graphs and databases"

    def ready(self) -> None:
        """Declare the jobs and the part of a start, and follow the sources of graphs."""
        from kbqa import startup
        from kbqa.questions import gauges
        from kbqa.sparql.sources import jobs as _graph_jobs  # noqa: F401
        from kbqa.sparql.sources.services import reload_graphs_of
        from kbqa.sql.sources import jobs as _database_jobs  # noqa: F401
        from kbqa.sql.sources.services import scan_installed, share_anew
        from searchapp.metrics.gauges import register_gauges
        from searchapp.sharing.graph_sources import published
        from searchapp.startup import register_startup
        from searchapp.visibility import audience_changed

        register_startup("kbqa", startup.STARTUP)
        register_gauges("kbqa", gauges.families)
        published.connect(reload_graphs_of, dispatch_uid="kbqa.reload_graphs_of")
        audience_changed.connect(share_anew, dispatch_uid="kbqa.share_anew")
        published.connect(scan_installed, dispatch_uid="kbqa.scan_installed")
