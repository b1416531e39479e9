"""The pages of knowledge graphs: ask, look, query, add."""

import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from pyoxigraph import NamedNode

from codesearch import selectors as code
from frontend.forms import GraphForm
from frontend.readings import told_apart
from frontend.views.access import readers, writers
from kbqa.sparql.answer.explanation import steps_of
from kbqa.sparql.answer.picture import picture_of
from kbqa.sparql.answer.pipeline import Answer, Cell, Reading, run, shown_rows
from kbqa.sparql.answer.registry import served
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import Graph, Question
from kbqa.sparql.prefixes import with_prefixes
from kbqa.sparql.profile import local_text
from kbqa.sparql.sources import selectors, services
from kbqa.sparql.stores import QueryError, Solutions, StoreError
from kbqa.sparql.stores.executor import run_query
from searchapp.encoders import EncoderError
from searchapp.jobs.models import Job

_CHANGES = {
    "load": (services.load_graph, "Loading the graph anew."),
    "delete": (services.delete_graph, "Deleted. What is left of it is being removed in the background."),
}
_FORM_FIELDS = {
    "location": {"file": "file", "url": "address", "endpoint": "endpoint", "repository": "repository"}
}
_SHOWN_ROWS, _SHOWN_EDGES, _COMPLETED = 200, 100, 400
_CODE = "https://searchapp.dev/code#"


@dataclass(frozen=True)
class ShownCell:
    """A value with where it leads."""

    cell: Cell
    url: str


@readers
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the graphs; for htmx the list alone."""
    found = list(selectors.graphs())
    newest = code.newest_jobs([graph.subject for graph in found])
    rows: list[dict[str, Any]] = [{"graph": graph, "job": newest.get(graph.subject)} for graph in found]
    context = {
        "rows": rows,
        "area": "graphs",
        "any_active": any(row["job"] and row["job"].is_active for row in rows),
    }
    template = "frontend/partials/graphs.html" if request.htmx else "frontend/graphs.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@writers
def add_page(request: HttpRequest) -> HttpResponse:
    """Add a graph."""
    form = GraphForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            graph = _add(form.cleaned_data)
        except ValidationError as error:
            _show_errors(form, error)
        else:
            messages.success(request, f"{graph.name} was added and is being loaded.")
            return redirect(graph)
    return render(
        request,
        "frontend/add_graph.html",
        {"form": form, "area": "graphs"},
        status=422 if form.errors else 200,
    )


@readers
@require_safe
def graph_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask a graph; without a question, show what is in it."""
    graph = get_object_or_404(selectors.graphs(), slug=slug)
    question = request.GET.get("q", "")
    context: dict[str, Any] = {"graph": graph, "area": "graphs", "q": question, **_job(graph)}
    if graph.serving is not None:
        context |= _answered(request, graph, question) if question.strip() else _contents(graph)
    return render(request, "frontend/graph.html", context, status=context.get("status", 200))


@readers
@require_safe
def status_part(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the part of the page that changes while a load runs."""
    graph = get_object_or_404(selectors.graphs(), slug=slug)
    response = render(request, "frontend/partials/graph_status.html", {"graph": graph, **_job(graph)})
    job = _job(graph)["job"]
    if job is None or not job.is_active:
        response.headers["HX-Refresh"] = "true"
    return response


@readers
@require_safe
def query_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Write SPARQL and run it."""
    graph = get_object_or_404(selectors.graphs(), slug=slug)
    query = request.GET.get("query", "")
    context: dict[str, Any] = {
        "graph": graph,
        "area": "graphs",
        "query": query or _first_query(),
        "status": 200,
    }
    if query.strip():
        context |= _run(graph, query)
    context["terms"] = _terms(graph)
    return render(request, "frontend/graph_query.html", context, status=context["status"])


@readers
@require_safe
def node_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a node's edges, both ways."""
    graph = get_object_or_404(selectors.graphs(), slug=slug)
    iri = request.GET.get("iri", "")
    try:
        node = NamedNode(iri)
        _, live = served(graph)
    except ValueError:
        raise Http404 from None
    except StoreError as error:
        return render(
            request,
            "frontend/error.html",
            {"title": "Not loaded", "detail": str(error), "status": 409},
            status=409,
        )
    leaving = live.store.select(f"SELECT ?p ?o WHERE {{ {node} ?p ?o }}", limit=_SHOWN_EDGES)
    entering = live.store.select(f"SELECT ?s ?p WHERE {{ ?s ?p {node} }}", limit=_SHOWN_EDGES)
    if not leaving.rows and not entering.rows:
        raise Http404
    context = {
        "graph": graph,
        "area": "graphs",
        "iri": iri,
        "name": live.store_names([node])[node],
        "leaving": _shown(leaving, live, graph),
        "entering": _shown(entering, live, graph),
        "code": _code_address(graph, live, node),
        "cut": leaving.cut or entering.cut,
    }
    return render(request, "frontend/graph_node.html", context)


@readers
@require_POST
def judge(request: HttpRequest, slug: str, question: int) -> HttpResponse:
    """Keep what a person thinks of an answer."""
    kept = get_object_or_404(Question, pk=question, graph__slug=slug)
    good = request.POST.get("verdict") == "good"
    context: dict[str, Any] = {"kept": kept, "judge_url": reverse("judge-question", args=[slug, question])}
    try:
        services.judge(kept, good=good, correction=request.POST.get("correction", "").strip())
    except ValidationError as error:
        return render(
            request, "frontend/partials/judgement.html", context | {"errors": error.messages}, status=422
        )
    return render(request, "frontend/partials/judgement.html", context)


@writers
@require_POST
def change(request: HttpRequest, slug: str, change: str) -> HttpResponse:
    """Load or delete a graph."""
    if change not in _CHANGES:
        raise Http404
    function, message = _CHANGES[change]
    function(get_object_or_404(selectors.graphs(), slug=slug))
    messages.success(request, message)
    return redirect("graphs") if change == "delete" else redirect("graph", slug=slug)


def _add(cleaned: dict[str, Any]) -> Graph:
    kind, name = cleaned["source_kind"], cleaned["name"]
    location = {
        "url": cleaned["address"],
        "endpoint": cleaned["endpoint"],
        "repository": cleaned["repository"],
    }.get(kind, "")
    if kind == Graph.SourceKind.FILE:
        name = name or services.suggested_name(cleaned["file"].name)
        location = services.store_file(cleaned["file"])
    elif kind == Graph.SourceKind.REPOSITORY:
        name = name or f"{location} code"
    graph, _ = services.add_graph(
        name=name,
        source_kind=kind,
        location=location,
        token=cleaned["token"],
        skip_bad_lines=cleaned["skip_bad_lines"],
    )
    return graph


def _show_errors(form: GraphForm, error: ValidationError) -> None:
    for field, found in error.message_dict.items():
        shown = _FORM_FIELDS.get(field, {}).get(form.cleaned_data["source_kind"], field)
        for message in found:
            form.add_error(shown if shown in form.fields else None, message)


def _job(graph: Graph) -> dict[str, Job | None]:
    return {"job": code.newest_jobs([graph.subject]).get(graph.subject)}


def _contents(graph: Graph) -> dict[str, Any]:
    assert graph.serving is not None
    try:
        _, live = served(graph)
    except StoreError as error:
        return {"question_error": str(error), "status": 503}
    profile = live.profile
    return {
        "profile": profile,
        "naming": [(each.value, local_text(each.value)) for each in profile.labels],
        "classes": profile.classes[:40],
        "predicates": profile.predicates[:60],
        "examples": graph.serving.examples,
        "history": selectors.history(graph, 8),
    }


def _answered(request: HttpRequest, graph: Graph, question: str) -> dict[str, Any]:
    try:
        answer, kept = services.ask(graph, question, remember_for=request.user)
        version, live = served(graph)
        chosen = _chosen(request, answer)
        shown = answer.best if chosen == 0 else run(answer.readings[chosen], version, live)
    except services.QuestionError as error:
        return {"question_error": str(error), "status": 422}
    except (StoreError, EncoderError) as error:
        return {"question_error": str(error), "status": 503}
    return {
        "answer": answer,
        "kept": kept,
        "judge_url": reverse("judge-question", args=[graph.slug, kept.pk]),
        "chosen": chosen,
        **_reading(graph, live, answer, shown or (answer.readings[0] if answer.readings else None)),
    }


def _reading(graph: Graph, live: LiveGraph, answer: Answer, reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {}
    solutions, shown_query = reading.solutions, with_prefixes(reading.text, graph.prefixes)
    return {
        "reading": reading,
        "rows": _shown(solutions, live, graph) if solutions else [],
        "columns": _headings(reading),
        "number": len(solutions.rows) if solutions else 0,
        "steps": steps_of(reading.derivation),
        "readings": told_apart(answer.readings, _summary),
        "query_address": f"{reverse('graph-query', args=[graph.slug])}?{urlencode({'query': shown_query})}",
        "shown_query": shown_query,
        "picture": _picture(graph, live, reading),
    }


def _picture(graph: Graph, live: LiveGraph, reading: Reading) -> dict[str, Any] | None:
    """Return what the answer rests on, for the script that draws it; None where there is nothing to draw, or
    the graph does not tell.
    """
    try:
        picture = picture_of(reading.query, live)
    except StoreError:
        return None
    nodes = [
        {"key": node.key, "text": node.text, "role": node.role, "address": _node_address(graph, node.iri)}
        for node in picture.nodes
    ]
    edges = [asdict(edge) for edge in picture.edges]
    return {"nodes": nodes, "edges": edges, "cut": picture.cut} if edges else None


def _chosen(request: HttpRequest, answer: Answer) -> int:
    text = request.GET.get("reading", "0")
    number = int(text) if text.isdecimal() else 0
    return number if number < len(answer.readings) else 0


def _headings(reading: Reading) -> list[str]:
    return [name.strip("?") for name in (reading.solutions.variables if reading.solutions else ())]


def _summary(reading: Reading) -> str:
    """Return a reading in a line: the names that it chose, in their order."""
    skipped = {"HEAD": {"variable"}, "TAIL": {"keyword", "variable"}, "COLUMN": {"variable"}}
    parts = []
    for taken, shown in zip(reading.derivation, steps_of(reading.derivation), strict=True):
        if taken.action.kind not in skipped.get(taken.step, set()) and taken.action.key not in (
            "STOP",
            "END",
            "CLOSE",
            "UNLIMITED",
        ):
            parts.append(shown.choice)
    return " › ".join(parts)


def _shown(solutions: Solutions, live: LiveGraph, graph: Graph) -> list[list[ShownCell]]:
    rows = shown_rows(Solutions(solutions.variables, solutions.rows[:_SHOWN_ROWS]), live)
    return [[ShownCell(cell, _address(graph, cell)) for cell in row] for row in rows]


def _address(graph: Graph, cell: Cell) -> str:
    return _node_address(graph, cell.iri)


def _node_address(graph: Graph, iri: str) -> str:
    return f"{reverse('graph-node', args=[graph.slug])}?{urlencode({'iri': iri})}" if iri else ""


def _code_address(graph: Graph, live: LiveGraph, node: NamedNode) -> str:
    """Return the address of the code that a node of a code graph stands for."""
    if graph.source_kind != Graph.SourceKind.REPOSITORY:
        return ""
    found = live.store.select(
        f"SELECT ?f ?l WHERE {{ {node} <{_CODE}file> ?f ; <{_CODE}line> ?l }}", limit=1
    ).rows
    return code.unit_address(graph.location, found[0][0].value, int(found[0][1].value)) if found else ""  # type: ignore[union-attr]


def _terms(graph: Graph) -> list[dict[str, str]]:
    """Return the graph's properties and classes as they are now, for the editor's completion."""
    try:
        _, live = served(graph)
    except StoreError:
        return []
    properties = [(each.predicate, each.text, "property") for each in live.profile.predicates[:_COMPLETED]]
    classes = [(each.iri, each.text, "class") for each in live.profile.classes[:_COMPLETED]]
    return [{"label": text, "apply": str(iri), "detail": kind} for iri, text, kind in (*properties, *classes)]


def _first_query() -> str:
    return "SELECT ?class (COUNT(*) AS ?members) WHERE {\n  ?member a ?class .\n}\nGROUP BY ?class\nORDER BY DESC(?members)\nLIMIT 20"


def _run(graph: Graph, query: str) -> dict[str, Any]:
    try:
        version, _ = served(graph)
        result = run_query(
            version, query, "application/sparql-results+json, text/turtle;q=0.5", limit=_SHOWN_ROWS
        )
    except QueryError as error:
        return {"query_error": str(error), "status": 422}
    except StoreError as error:
        return {"query_error": str(error), "status": 503}
    if "results+json" not in result.content_type:
        return {"triples": result.body.decode(), "cut": result.cut}
    table = json.loads(result.body)
    if "boolean" in table:
        return {"holds": table["boolean"]}
    names = table["head"]["vars"]
    rows = [[_json_cell(graph, row.get(name)) for name in names] for row in table["results"]["bindings"]]
    return {"columns": names, "rows": rows, "cut": result.cut, "ran": True}


def _json_cell(graph: Graph, found: dict[str, str] | None) -> ShownCell:
    cell = (
        Cell("") if found is None else Cell(found["value"], found["value"] if found["type"] == "uri" else "")
    )
    return ShownCell(cell, _address(graph, cell))
