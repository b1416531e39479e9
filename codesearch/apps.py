"""The Django application of code search."""

from django.apps import AppConfig


class CodeSearchConfig(AppConfig):
    """Registers what code search brings: jobs, system checks, an encoder, its part of a start."""

    name = "codesearch"
    verbose_name = "Code"

    def ready(self) -> None:
        """Declare jobs, system checks, the encoder, and repositories as sources of graphs and facts."""
        from codesearch import checks, code_graph, facts, jobs, startup  # noqa: F401
        from searchapp.encoders.registry import register_backend
        from searchapp.sharing.fact_tables import register_fact_table
        from searchapp.sharing.graph_sources import GraphSource, register_graph_source
        from searchapp.startup import register_startup

        register_startup("codesearch", startup.STARTUP)
        register_backend("gnn_coder", "codesearch.gnn_coder.encoder", "load_gnn_coder")
        repositories = GraphSource(
            code_graph.repository_triples, code_graph.repository_exists, code_graph.node_address
        )
        register_graph_source("repository", repositories)
        for table in facts.TABLES:
            register_fact_table(table)
