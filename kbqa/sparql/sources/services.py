"""Services of graphs: add, load, edit, delete, ask.

Pages, admin, API and commands all call these.
"""

from collections.abc import Iterator, Sequence
from itertools import starmap
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from kbqa.questions.selectors import judged
from kbqa.questions.services import keep, keep_judgement, normalized
from kbqa.sparql.answer import pipeline
from kbqa.sparql.answer.following import Previous
from kbqa.sparql.answer.kept_answer import (
    GraphReading,
    GraphResult,
    kept_answer,
    kept_answer_of,
    kept_json,
    previous_of,
    run_reading,
)
from kbqa.sparql.answer.pipeline import Answer
from kbqa.sparql.answer.registry import configured_decoder, served
from kbqa.sparql.ingest.download import checked_location
from kbqa.sparql.ingest.load import uploaded_path, uploads
from kbqa.sparql.ingest.rdf_parser import FORMATS, LoadError, rdf_format
from kbqa.sparql.ingest.unpacking import PACKINGS
from kbqa.sparql.models import Graph, GraphQuestion
from kbqa.sparql.prefixes import is_iri, is_prefix
from kbqa.sparql.sources import jobs
from kbqa.sparql.sources.glossary import words_of_people
from kbqa.sparql.stores import OxigraphStore, QueryError
from kbqa.sparql.stores.executor import check_query
from searchapp import sources
from searchapp.audit import recording as audit
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.sharing.graph_sources import graph_source
from searchapp.uploads import keep_upload
from searchapp.visibility import Audience

_PREFIXES = 'Prefixes are written as {"ex": "http://example.org/"}: a short name, and a whole IRI.'
_LABEL_PREDICATES = 'Properties are written as a list of whole IRIs: ["http://example.org/name"].'


def add_graph(
    *,
    name: str,
    source_kind: str,
    location: str,
    token: str = "",
    skip_bad_lines: bool = False,
    trusted: bool = False,
    label_predicates: Sequence[str] = (),
    languages: str = "en",
    audience: Audience | None = None,
) -> tuple[Graph, Job]:
    """Add a graph and start its first load. Raises InvalidInput with the field that is wrong.

    `trusted` permits any file: the caller has a terminal on the server.
    """
    name = name.strip() or suggested_name(location)
    graph = Graph(
        slug=sources.slug_of(name, Graph.KIND),
        name=name[:100],
        source_kind=source_kind,
        location=location.strip(),
        token=token.strip(),
        skip_bad_lines=skip_bad_lines,
        trusted=trusted,
        label_predicates=list(label_predicates),
        languages=languages,
    )
    check_graph(graph)
    sources.save_new(graph, audience)
    return graph, load_graph(graph)


def check_graph(graph: Graph) -> None:
    """Check a graph's name, prefixes, names and source.

    Raises InvalidInput with the field that is wrong.
    """
    sources.check_name(graph)
    if Graph.objects.filter(slug=graph.slug).exclude(pk=graph.pk).exists():
        raise sources.name_taken(graph)
    if not isinstance(graph.prefixes, dict) or not all(starmap(is_prefix, graph.prefixes.items())):
        raise InvalidInput(_PREFIXES, field="prefixes")
    if not isinstance(graph.label_predicates, list) or not all(map(is_iri, graph.label_predicates)):
        raise InvalidInput(_LABEL_PREDICATES, field="label_predicates")
    _check_source(graph)


def export_graph(graph: Graph, *, with_graphs: bool = False) -> Iterator[str]:
    """The lines of the served version as N-Triples, or with its named graphs as N-Quads.

    Raises NotReady, StoreError; QueryError for a graph that lives elsewhere.
    """
    live = served(graph).live
    if not isinstance(live.store, OxigraphStore):
        raise QueryError(f"{graph.name} lives at {graph.location}: its triples are exported there.")
    if audit.requested():
        audit.record(audit.Action.EXPORT, subject=f"graph: {graph.name}")
    return live.store.lines(with_graphs=with_graphs)


def load_graph(graph: Graph) -> Job:
    """Start a load, or return the one that is at work on the graph."""
    return sources.start(graph, jobs.LOAD, "Load")


def reload_graphs_of(sender: object, *, kind: str, location: str, **_: object) -> None:
    """Load the graphs of a source again that has a new version."""
    for graph in Graph.objects.filter(source_kind=kind, location=location, deleting=False):
        load_graph(graph)


def delete_graph(graph: Graph) -> Job:
    """Hide a graph at once, cancel what works on it, and remove it in the background."""
    return sources.delete(graph, jobs.DELETE)


def store_file(upload: "UploadedFile[Any]") -> str:
    """Keep an uploaded file and return its stored name.

    Raises InvalidInput for what is not an RDF file by its name, or too large.
    """
    sources.check_size(upload, settings.GRAPH_MAX_FILE_BYTES, "file")
    try:
        rdf_format(upload.name or "")
    except LoadError as error:
        raise InvalidInput(error.message, field="file") from error
    return keep_upload(upload, uploads())


def suggested_name(location: str) -> str:
    """A name for a source that has none: the last part of its address or path."""
    stem = sources.last_part(location)
    for suffix in (*PACKINGS, *FORMATS):
        stem = stem.removesuffix(suffix)
    return stem[:100] or "graph"


def ask(
    graph: Graph,
    question: str,
    *,
    previous: UUID | None = None,
    reading: int = 0,
    remember_for: Any = None,
    session: str = "",
) -> tuple[Answer, GraphQuestion]:
    """Answer a question from a graph, and keep the answer in the history of a person or a session.

    With the link of a `previous` question, it may change a reading of that. Raises QuestionError, NotReady,
    StoreError, EncoderError.
    """
    question = normalized(question)
    opened = served(graph)
    version, live = opened.version, opened.live
    answer = pipeline.ask(
        question,
        version,
        live,
        configured_decoder(),
        confirmed=judged(graph.questions.all()),
        previous=_previous(graph, previous, reading),
        words=words_of_people(graph, opened),
    )
    best = answer.best
    if audit.requested():
        asked = best.text if best else question
        audit.record(audit.Action.GRAPH_QUESTION, subject=f"graph: {graph.name}", detail=asked)
    row = GraphQuestion(
        graph=graph,
        text=question,
        sparql=best.text if best else "",
        confidence=best.probability if best else 0.0,
        milliseconds=answer.milliseconds,
        answer=kept_json(kept_answer(answer, live)),
    )
    return answer, keep(row, remember_for, session)


def _previous(graph: Graph, link: UUID | None, number: int) -> Previous | None:
    """What is asked on from, if it is an answer from the same graph that is still kept."""
    question = graph.questions.filter(link=link).first() if link else None
    return previous_of(question, number) if question else None


def run_another(question: GraphQuestion, reading: GraphReading) -> GraphResult:
    """The result of another reading of an answered question; nothing is decoded or kept.

    Raises NotReady, QueryError, StoreError.
    """
    opened = served(question.graph)
    return run_reading(reading, opened.version, opened.live)


def judge(question: GraphQuestion, *, good: bool, correction: str = "", by: Any = None) -> GraphQuestion:
    """Keep what a person thinks of an answer; a correction is the query that would have been right.

    Raises InvalidInput.
    """
    if correction:
        try:
            check_query(correction, question.graph)
        except QueryError as error:
            raise InvalidInput(error.message, field="correction") from error
    answer = kept_answer_of(question)
    return keep_judgement(question, good=good, correction=correction, by=by, answer=answer)


def _check_source(graph: Graph) -> None:
    if graph.source_kind in (Graph.SourceKind.URL, Graph.SourceKind.ENDPOINT):
        checked_location(graph.location)
    elif graph.source_kind == Graph.SourceKind.REPOSITORY:
        if not graph_source(graph.source_kind).exists(graph.location):
            raise LoadError(f"There is no indexed repository named {graph.location}.")
    else:
        path = Path(graph.location) if graph.trusted else uploaded_path(graph.location)
        rdf_format(path.name)
        if not path.is_file():
            raise LoadError(f"There is no file {graph.location}.")
