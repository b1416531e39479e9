"""What people and programs do with graphs: add, load, edit, delete, ask.

Pages, admin, API and commands all call these.
"""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from kbqa.questions.errors import MAX_QUESTION_CHARACTERS, QuestionError
from kbqa.sparql.answer import pipeline
from kbqa.sparql.answer.pipeline import Answer
from kbqa.sparql.answer.registry import configured_decoder, served
from kbqa.sparql.ingest.download import pinned
from kbqa.sparql.ingest.load import uploaded_path, uploads
from kbqa.sparql.ingest.rdf_parser import FORMATS, LoadError, rdf_format
from kbqa.sparql.models import Graph, Question
from kbqa.sparql.prefixes import is_iri, is_prefix
from kbqa.sparql.sources import jobs
from kbqa.sparql.stores import OxigraphStore, QueryError
from kbqa.sparql.stores.executor import check_query
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_jobs_of, start_job
from searchapp.sharing.graph_sources import graph_source
from searchapp.uploads import keep_upload


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
) -> tuple[Graph, Job]:
    """Add a graph and start its first load. Raises InvalidInput with the field that is wrong.

    `trusted` permits any file: the caller has a terminal on the server.
    """
    name = name.strip() or suggested_name(location)
    graph = Graph(
        slug=slug_of(name),
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
    try:
        with transaction.atomic():
            graph.save()
    except IntegrityError:
        raise InvalidInput(f"There is a graph named {name} already.", field="name") from None
    return graph, load_graph(graph)


def check_graph(graph: Graph) -> None:
    """Check a graph's name, prefixes, names and source.

    Raises InvalidInput with the field that is wrong.
    """
    if Graph.objects.filter(slug=graph.slug).exclude(pk=graph.pk).exists():
        raise InvalidInput(f"There is a graph named {graph.name} already.", field="name")
    if not isinstance(graph.prefixes, dict) or any(
        not is_prefix(name, iri) for name, iri in graph.prefixes.items()
    ):
        raise InvalidInput(
            'Prefixes are written as {"ex": "http://example.org/"}: a short name, and a whole IRI.',
            field="prefixes",
        )
    if not isinstance(graph.label_predicates, list) or any(
        not is_iri(each) for each in graph.label_predicates
    ):
        raise InvalidInput(
            'Properties are written as a list of whole IRIs: ["http://example.org/name"].',
            field="label_predicates",
        )
    _check_source(graph)


def export_graph(graph: Graph) -> Iterator[str]:
    """Return the lines of the served version as N-Triples.

    Raises NotReady, StoreError; QueryError for a graph that lives elsewhere.
    """
    _, live = served(graph)
    if not isinstance(live.store, OxigraphStore):
        raise QueryError(f"{graph.name} lives at {graph.location}: its triples are exported there.")
    return live.store.lines()


def load_graph(graph: Graph) -> Job:
    """Start a load, or return the one that is at work on the graph."""
    return start_job(
        kind=jobs.LOAD, subject=graph.subject, title=f"Load {graph.name}", arguments={"graph": graph.pk}
    )


def reload_graphs_of(sender: object, *, kind: str, location: str, **_: object) -> None:
    """Load the graphs of a source again that has a new version."""
    for graph in Graph.objects.filter(source_kind=kind, location=location, deleting=False):
        load_graph(graph)


def delete_graph(graph: Graph) -> Job:
    """Hide a graph at once, cancel what works on it, and remove it in the background."""
    Graph.objects.filter(pk=graph.pk).update(deleting=True)
    cancel_jobs_of(graph.subject)
    return start_job(
        kind=jobs.DELETE, subject=graph.subject, title=f"Delete {graph.name}", arguments={"graph": graph.pk}
    )


def store_file(upload: "UploadedFile[Any]") -> str:
    """Keep an uploaded file and return its stored name.

    Raises InvalidInput for what is no RDF file by its name, or too large.
    """
    if (upload.size or 0) > settings.GRAPH_MAX_FILE_BYTES:
        raise InvalidInput(f"The file is larger than {settings.GRAPH_MAX_FILE_BYTES:,} bytes.", field="file")
    try:
        rdf_format(upload.name or "")
    except LoadError as error:
        raise InvalidInput(error.message, field="file") from error
    return keep_upload(upload, uploads())


def suggested_name(location: str) -> str:
    """Return a name for a source that has none: the last part of its address or path."""
    path = urlsplit(location).path if "://" in location else location
    stem = PurePosixPath(path.rstrip("/")).name.removesuffix(".gz")
    for suffix in FORMATS:
        stem = stem.removesuffix(suffix)
    return stem[:100] or "graph"


def slug_of(name: str) -> str:
    """Return a graph's name for addresses."""
    return slugify(name)[:60] or f"graph-{uuid.uuid4().hex[:6]}"


def ask(graph: Graph, question: str, *, remember_for: Any = None) -> tuple[Answer, Question]:
    """Answer a question from a graph, and keep it in the history.

    Raises QuestionError, NotReady, StoreError, EncoderError.
    """
    question = " ".join(question.replace("\0", " ").split())
    if not question:
        raise QuestionError("Ask something, for example one of the questions shown below.")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"A question has at most {MAX_QUESTION_CHARACTERS:,} characters; this one has {len(question):,}."
        )
    version, live = served(graph)
    answer = pipeline.ask(question, version, live, configured_decoder())
    asker = remember_for if getattr(remember_for, "is_authenticated", False) else None
    kept = Question.objects.create(
        graph=graph,
        text=question,
        sparql=answer.best.text if answer.best else "",
        confidence=answer.best.probability if answer.best else 0.0,
        milliseconds=answer.milliseconds,
        asker=asker,
    )
    return answer, kept


def judge(question: Question, *, good: bool, correction: str = "") -> Question:
    """Keep what a person thinks of an answer; a correction is the query that would have been right.

    Raises InvalidInput.
    """
    if correction:
        try:
            check_query(correction)
        except QueryError as error:
            raise InvalidInput(error.message, field="correction") from error
    question.verdict = Question.Verdict.GOOD if good else Question.Verdict.BAD
    question.correction = correction
    question.save(update_fields=["verdict", "correction"])
    return question


def _check_source(graph: Graph) -> None:
    if graph.source_kind in (Graph.SourceKind.URL, Graph.SourceKind.ENDPOINT):
        pinned(graph.location)
    elif graph.source_kind == Graph.SourceKind.REPOSITORY:
        if not graph_source(graph.source_kind).exists(graph.location):
            raise LoadError(f"There is no indexed repository named {graph.location}.")
    else:
        path = Path(graph.location) if graph.trusted else uploaded_path(graph.location)
        rdf_format(path.name)
        if not path.is_file():
            raise LoadError(f"There is no file {graph.location}.")
