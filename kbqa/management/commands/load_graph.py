"""`manage.py load_graph SOURCE`: add a graph, or load one anew, with a progress bar."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from kbqa.sparql.public import Graph, services
from searchapp import sources
from searchapp.commands import SearchappCommand
from searchapp.jobs.models import Job
from searchapp.jobs.progress_bar import run_with_bar


class Command(SearchappCommand):
    """Load an RDF file, an address of one, or the code of a repository."""

    help = (
        "Load SOURCE as a graph: an RDF file, the address of one or of an endpoint, or repository:NAME. "
        "Run again, it replaces the content."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", help="file, https:// address, or repository:NAME")
        parser.add_argument(
            "--name", default="", help="the graph's name; by default the last part of the source"
        )
        parser.add_argument(
            "--endpoint", action="store_true", help="SOURCE is the address of a SPARQL 1.1 endpoint"
        )
        parser.add_argument(
            "--skip-bad-lines",
            action="store_true",
            help="count lines, statements and triples that cannot be read, and go on",
        )
        parser.add_argument(
            "--label-predicate",
            action="append",
            metavar="IRI",
            help="a property that names things, once or more often; by default found out",
        )
        parser.add_argument(
            "--languages", help="of names in several languages, which are shown, the best first: en,de"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="turn one of that name from another kind of source into this",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the load in this process and show its progress."""
        graph, job = self._start(options)
        run_with_bar(job)
        graph.refresh_from_db()
        if graph.serving is not None:
            self.stdout.write(
                f"{graph.slug}: {graph.serving.triples:,} triples, {graph.serving.skipped:,} lines skipped."
            )

    def _start(self, options: dict[str, Any]) -> tuple[Graph, Job]:
        fields = self._fields(options)
        name = options["name"] or services.suggested_name(fields["location"])
        graph = Graph.objects.filter(name=name, deleting=False).first()
        if graph is None:
            return services.add_graph(name=name, **fields)
        sources.check_kind(graph, fields["source_kind"], replace=options["replace"])
        for field, value in fields.items():
            setattr(graph, field, value)
        services.check_graph(graph)
        graph.save()
        return graph, services.load_graph(graph)

    def _fields(self, options: dict[str, Any]) -> dict[str, Any]:
        """The fields of a graph that the options set; how its things are named, only where that is given."""
        kind, location = self._source(options["source"], is_endpoint=options["endpoint"])
        naming = {"label_predicates": options["label_predicate"], "languages": options["languages"]}
        return {
            "source_kind": kind,
            "location": location,
            "skip_bad_lines": options["skip_bad_lines"],
            "trusted": True,
            **{field: value for field, value in naming.items() if value},
        }

    def _source(self, source: str, *, is_endpoint: bool) -> tuple[str, str]:
        """The kind of a source, and its location."""
        if is_endpoint:
            return Graph.SourceKind.ENDPOINT, source
        if source.startswith("repository:"):
            return Graph.SourceKind.REPOSITORY, source.removeprefix("repository:")
        if "://" in source:
            return Graph.SourceKind.URL, source
        return Graph.SourceKind.FILE, str(Path(source).expanduser().resolve())
