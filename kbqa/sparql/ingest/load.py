"""A load of a graph in stages: fetch, read, publish, and encode its labels.

Each may be interrupted and run again; the old version serves on.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from kbqa.sparql import names
from kbqa.sparql.ingest.download import fetch
from kbqa.sparql.ingest.name_reader import endpoint_names, names_in
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.ingest.rdf_parser import LoadError, RdfFile, Report, rdf_format, triples_of
from kbqa.sparql.models import Graph, GraphVersion
from kbqa.sparql.names import encode_labels, label_vectors_of
from kbqa.sparql.prefixes import prefixes_for
from kbqa.sparql.profile import Naming, Profile
from kbqa.sparql.stores import EndpointStore, ServedStore
from kbqa.sparql.stores.base import Paced
from kbqa.sparql.stores.guarded import Guard
from searchapp.full_disk import is_full_disk
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError
from searchapp.outages import DiskFull
from searchapp.sharing.graph_sources import graph_source
from searchapp.versions import Lifecycle

_LINES_AT_ONCE = 5_000
_UNFINISHED = "reading-"
"""How the folder of triples is called until it is complete."""


def fetch_source(context: JobContext) -> None:
    """Stage one: bring the file here, if it is elsewhere."""
    graph = LIFECYCLE.source_of(context)
    version = LIFECYCLE.open_or_resume(graph)
    version.folder.mkdir(parents=True, exist_ok=True)
    if graph.source_kind != Graph.SourceKind.URL:
        return
    form = fetch(
        graph.location,
        version.folder / "source",
        lambda done, total: context.progress(done, total, f"Fetching, {_megabytes(done)}"),
    )
    (version.folder / "format").write_text(form.media_type if form else "", encoding="utf-8")


def read(context: JobContext) -> None:
    """Stage two: write the triples into a folder of their own, look at them, and write their names."""
    graph = LIFECYCLE.source_of(context)
    version = LIFECYCLE.current(graph)
    names.names_of(version).delete()
    if graph.source_kind == Graph.SourceKind.ENDPOINT:
        _look_at_endpoint(graph, version, context)
        return
    # A name of its own: whoever has opened the folder of an interrupted try does not take it for this one.
    folder, report = version.folder / f"{_UNFINISHED}{uuid.uuid4().hex}", Report()
    for left in version.folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    _write_triples(folder, _triples(graph, version, report, context))
    context.progress(0, 1, "Looking at what is in the graph")
    opened = ServedStore.open(folder, "", Guard.of_looks())
    profile = profile_graph(Paced(opened, _may_go_on(context)), naming_of(graph))
    context.progress(0, 1, "Writing names")
    names.names_of(version).write(
        names_in(opened.store, profile),
        lambda number: context.progress(number, 0, f"Writing names, {number:,}"),
    )
    version.triples, version.parsed_profile = opened.count(), profile
    del opened
    shutil.rmtree(version.folder / "triples", ignore_errors=True)
    folder.rename(version.folder / "triples")
    version.skipped, version.complaints = report.skipped, report.complaints
    version.save()
    _keep_prefixes(graph, profile, report.prefixes)


def _write_triples(folder: Path, triples: Iterator[Quad]) -> None:
    """Write triples into a folder. Raises DiskFull, JobError."""
    try:
        store = Store(str(folder))
        store.bulk_extend(triples)
        store.flush()
    except OSError as error:
        if is_full_disk(error):
            raise DiskFull from error
        raise JobError(f"The disk cannot be written to: {error}", transient=True) from error


def _may_go_on(context: JobContext) -> Callable[[], None]:
    """What ends looking at a graph once that takes too long."""
    seconds = settings.GRAPH_LOAD_SECONDS
    return context.limited(
        seconds,
        f"It took longer than {seconds:,} seconds to find out what is in the graph. Load less, or raise "
        "GRAPH_LOAD_SECONDS.",
    )


def naming_of(graph: Graph) -> Naming:
    """The naming of a graph, as it is set."""
    languages = tuple(language for language in graph.languages.replace(",", " ").lower().split())
    return Naming(tuple(map(NamedNode, graph.label_predicates)), languages or Naming.languages)


def _keep_prefixes(graph: Graph, profile: Profile, declared: Mapping[str, str]) -> None:
    """Give a graph's namespaces prefixes; those that it has stay."""
    iris = [predicate.predicate.value for predicate in profile.predicates]
    iris += [graph_class.iri.value for graph_class in profile.classes]
    new = {name: iri for name, iri in declared.items() if name not in graph.prefixes}
    graph.prefixes = prefixes_for(iris, graph.prefixes | new)
    graph.save(update_fields=["prefixes"])


def publish(context: JobContext) -> None:
    """Stage three: serve the version, in one step, and clear away what is too old to be asked."""
    graph = LIFECYCLE.source_of(context)
    version = LIFECYCLE.current(graph)
    LIFECYCLE.publish(graph, version)
    context.progress(1, 1, f"{version.triples:,} triples")


def embed_labels(context: JobContext) -> None:
    """Last stage, when the version serves already: encode the labels that have no vector yet.

    Those of the most connected entities come first. Code gets none: what its names mean, the code search
    knows better.
    """
    graph = LIFECYCLE.source_of(context)
    version = graph.serving
    if version is None or graph.source_kind == Graph.SourceKind.REPOSITORY:
        return
    labels = names.labels_of(version, settings.GRAPH_EMBEDDED_LABELS)
    vectors = label_vectors_of(graph.pk)
    vectors.write(
        labels,
        encode_labels,
        lambda done, total: context.progress(done, total, f"Encoding names, {done:,} of {total:,}"),
    )
    vectors.keep_only(labels)
    context.progress(1, 1, f"{version.triples:,} triples")


def _forget(version: GraphVersion) -> None:
    shutil.rmtree(version.folder, ignore_errors=True)
    names.names_of(version).delete()


def _clear(
    graph: Graph, version: GraphVersion, usable: Sequence[GraphVersion], old: Sequence[GraphVersion]
) -> None:
    """Remove the fetched file, and triples and names that nobody reads any more."""
    (version.folder / "source").unlink(missing_ok=True)
    for replaced in old:
        shutil.rmtree(replaced.folder, ignore_errors=True)
    needed = {version.load, *(replaced.load for replaced in usable)}
    for load in {replaced.load for replaced in old} - needed:
        names.names_of_load(graph.pk, load).delete()


LIFECYCLE = Lifecycle(
    Graph,
    GraphVersion,
    lost="There is no load to go on with; start a new one.",
    forget=_forget,
    clear=_clear,
)
abandon = LIFECYCLE.abandon


def delete(context: JobContext) -> None:
    """Remove a graph with everything it has."""
    graph = LIFECYCLE.deleted_or_not(context)
    if graph is None:
        return
    names.names_of_load(graph.pk, 0).delete(all_loads=True)
    shutil.rmtree(Path(settings.DATA_DIR) / "graphs" / str(graph.pk), ignore_errors=True)
    if graph.source_kind == Graph.SourceKind.FILE and not graph.trusted:
        uploaded_path(graph.location).unlink(missing_ok=True)
    graph.delete()


def uploads() -> Path:
    """The folder of uploaded files."""
    return Path(settings.MEDIA_ROOT) / "graphs"


def uploaded_path(name: str) -> Path:
    """The path of the uploaded file `name`."""
    return uploads() / Path(name).name


def _triples(graph: Graph, version: GraphVersion, report: Report, context: JobContext) -> Iterator[Quad]:
    if graph.source_kind == Graph.SourceKind.REPOSITORY:
        return _of_source(graph, report, context)
    is_fetched = graph.source_kind == Graph.SourceKind.URL
    path, form = _fetched_file(version) if is_fetched else _local_file(graph)
    if not path.exists():
        raise LoadError(f"The file {path.name} is gone; upload it again.")
    file = RdfFile(path, form, settings.GRAPH_MAX_EXPANDED_BYTES)

    def progress(done: int, total: int) -> None:
        context.progress(done, total + 1, f"Reading, {report.triples:,} triples")

    return triples_of(file, report, skip_bad_lines=graph.skip_bad_lines, progress=progress)


def _look_at_endpoint(graph: Graph, version: GraphVersion, context: JobContext) -> None:
    """Find out what an endpoint has, and bring its names here; its triples stay where they are."""
    store = Paced(EndpointStore(graph.location, "", graph.token), _may_go_on(context))
    context.progress(0, 1, "Looking at what is in the graph")
    profile = profile_graph(store, naming_of(graph))
    rows = endpoint_names(store, profile)
    names.names_of(version).write(
        rows, lambda number: context.progress(number, 0, f"Fetching names, {number:,}")
    )
    version.triples, version.parsed_profile = profile.triples, profile
    version.save()
    _keep_prefixes(graph, profile, {})


def _local_file(graph: Graph) -> tuple[Path, RdfFormat | None]:
    path = Path(graph.location) if graph.trusted else uploaded_path(graph.location)
    return path, rdf_format(path.name)


def _fetched_file(version: GraphVersion) -> tuple[Path, RdfFormat | None]:
    media_type = (version.folder / "format").read_text(encoding="utf-8")
    return version.folder / "source", RdfFormat.from_media_type(media_type) if media_type else None


def _of_source(graph: Graph, report: Report, context: JobContext) -> Iterator[Quad]:
    lines: list[str] = []
    for line in graph_source(graph.source_kind).triples(graph.location):
        lines.append(line)
        if len(lines) == _LINES_AT_ONCE:
            yield from _parsed(lines, report)
            context.progress(report.triples, 0, f"Reading, {report.triples:,} triples")
            lines = []
    yield from _parsed(lines, report)


def _parsed(lines: list[str], report: Report) -> Iterator[Quad]:
    for triple in parse("\n".join(lines), format=RdfFormat.N_TRIPLES):
        report.triples += 1
        yield Quad(triple.subject, triple.predicate, triple.object)


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB"
