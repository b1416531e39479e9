"""The pages of knowledge graphs: ask, look, query."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from pyoxigraph import BlankNode, NamedNode

from frontend.forms import GraphForm, GraphGlossaryForm
from frontend.views.access import known_session_name, readers, session_name, writers
from frontend.views.answers import AnswerPage, AnswerPages, AskPage, answered, asked_on_from
from frontend.views.errors import render_with_error
from frontend.views.rows import ShownFormat
from frontend.views.sources import Change, SourcePage, SourcePages
from kbqa.questions.phrases import quoted
from kbqa.questions.selectors import history, own
from kbqa.sparql.public import (
    BlankTexts,
    Cell,
    ClassProfile,
    Graph,
    GraphAnswer,
    GraphQuestion,
    GraphReading,
    GraphResult,
    GraphVersion,
    LiveGraph,
    Neighbourhood,
    Picture,
    PredicateProfile,
    Profile,
    exports,
    glossary,
    kept_answer_of,
    local_text,
    neighbourhood_of,
    parse_node,
    run_query,
    selectors,
    served,
    services,
    shortened,
    with_prefixes,
)
from searchapp.error_display import shown_in, shown_on
from searchapp.errors import SearchappError

_SHOWN_ROWS, _COMPLETED, _SHOWN_QUESTIONS = 200, 400, 8
_SHOWN_CLASSES, _SHOWN_PREDICATES = 40, 60
_RESULTS = "application/sparql-results+json, text/turtle;q=0.5"
_FIGURE = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_FIGURES = frozenset(("integer", "decimal", "double", "float", "int", "long", "short", "gYear"))
Term = dict[str, Any] | None
"""A term of SPARQL's results in JSON."""
_FIRST_QUERY = """SELECT ?class (COUNT(*) AS ?members) WHERE {
  ?member a ?class .
}
GROUP BY ?class
ORDER BY DESC(?members)
LIMIT 20"""


@dataclass(frozen=True)
class ShownCell:
    """A value with where it leads."""

    cell: Cell
    url: str

    @property
    def figure(self) -> str:
        """The number that it is, as a script reads it; empty for all else."""
        return self.cell.text if self.cell.kind in _FIGURES and _FIGURE.fullmatch(self.cell.text) else ""


@dataclass
class Solutions:
    """Rows as a page shows them, with heads."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[ShownCell]] = field(default_factory=list)
    number: int = 0
    described: bool = False
    """Whether the first things say what they are, in a column of its own."""
    exports: list[ShownFormat] = field(default_factory=list)


@dataclass
class Choice(Solutions):
    """A reading that is offered where none is sure, with its first rows."""

    index: int = 0
    words: str = ""
    probability: float = 0.0
    unused: str = ""
    why: str = ""
    found: str = ""
    truncated: bool = False


@dataclass
class GraphPage(AskPage):
    """A graph with what is in it."""

    source: Graph
    profile: Profile | None = None
    naming: list[tuple[str, str]] = field(default_factory=list)
    """The properties that name things: IRI and text."""
    classes: Sequence[ClassProfile] = ()
    predicates: Sequence[PredicateProfile] = ()
    examples: Sequence[str] = ()
    history: Sequence[GraphQuestion] = ()


@dataclass
class GraphAnswerPage(Solutions, AnswerPage):
    """An answer from a graph."""

    source: Graph
    question: GraphQuestion | None = None
    answer: GraphAnswer | None = None
    reading: GraphReading | None = None
    result: GraphResult | None = None
    words: str = ""
    unused: str = ""
    """The words of the question that the reading has nothing of, as a list."""
    why: str = ""
    """Why nothing was found."""
    confirmed: datetime | None = None
    """When a person confirmed the answer; None where nobody did."""
    choices: list[Choice] = field(default_factory=list)
    """The readings to choose from where no answer is shown."""
    preview_rows: str = "frontend/partials/solutions.html"
    """The template of the first rows of a choice."""
    picture: dict[str, Any] | None = None
    """What the answer rests on, for the script that draws it."""


@dataclass
class GraphQueryPage(Solutions, SourcePage):
    """A query that a person writes, and what it gives."""

    source: Graph
    query: str = ""
    query_error: str = ""
    terms: list[dict[str, str]] = field(default_factory=list)
    ran: bool = False
    cut: bool = False
    holds: bool | None = None
    triples: str = ""


@dataclass
class GraphGlossaryPage(SourcePage):
    """What people call what is in a graph."""

    source: Graph
    form: GraphGlossaryForm
    entries: Sequence[Any] = ()
    names: Sequence[str] = ()
    """The names of classes and properties, to choose from."""


@dataclass
class NodePage(SourcePage):
    """A node with its edges, both ways."""

    source: Graph
    node: Neighbourhood
    leaving: list[list[ShownCell]]
    entering: list[list[ShownCell]]


def _waits(graph: Graph) -> str:
    """What a graph without a version waits for."""
    is_code = graph.source_kind == Graph.SourceKind.REPOSITORY
    return f"It loads as soon as {graph.location} has an index." if is_code else ""


PAGES = SourcePages(
    kind="graph",
    list_name="graphs",
    area="graphs",
    heading="Knowledge graphs",
    lead="Ask in words; see the query behind every answer.",
    add_label="Add a graph",
    submit_label="Add and load",
    added="was added and is being loaded.",
    nothing="No graph has been added yet.",
    delete_warning="Removes {name} and what was asked of it. Its source stays.",
    sources=selectors.graphs,
    form=GraphForm,
    changes={
        "load": Change(services.load_graph, "Load again", "Loading the graph anew."),
        "delete": Change(
            services.delete_graph, "Delete", "Deleted. What is left of it is being removed in the background."
        ),
    },
    card="frontend/sources/graph_card.html",
    status="frontend/sources/asked_status.html",
    shows_location=lambda graph: graph.source_kind != Graph.SourceKind.FILE,
    facts=_waits,
)


def _ask(request: HttpRequest, graph: Graph, text: str) -> GraphQuestion:
    previous, reading = asked_on_from(request)
    return services.ask(
        graph,
        text,
        previous=previous,
        reading=reading,
        remember_for=request.user,
        session=session_name(request),
    )[1]


def _fill(page: GraphAnswerPage, reading: GraphReading, result: GraphResult | None) -> None:
    """Complete a page by the reading that it shows, and what that found if it was run."""
    answer, graph = page.answer, page.source
    assert answer is not None
    if page.chosen is None and not answer.sure:
        page.choices = [_choice(graph, number, answer.readings[number]) for number in answer.choices]
    if page.choices:
        page.reading = page.result = None
        return
    if answer.confirmed_at:
        page.confirmed = datetime.fromisoformat(answer.confirmed_at)
    page.shown_query = with_prefixes(reading.query, graph.prefixes)
    page.query_address = (
        f"{reverse('graph-query', args=[graph.slug])}?{urlencode({'query': page.shown_query})}"
    )
    page.words, page.unused, page.why = reading.words, quoted(reading.unused), reading.why
    if result is not None:
        _take(page, graph, result, reading.heads)
        page.exports = _exports(graph, reading.query, page.columns) if page.rows else []
        page.picture = _drawn(graph, result.picture)


def _take(page: Solutions, graph: Graph, result: GraphResult, heads: Sequence[str]) -> None:
    """Put a result into a page."""
    names = [name.strip("?") for name in result.columns]
    page.columns = list(heads) if len(heads) == len(names) else names
    page.rows, page.number = _shown(graph, result.rows[:_SHOWN_ROWS]), len(result.rows)
    page.described = bool({row[0].cell.about for row in page.rows if row} - {"", *page.columns[:1]})


def _choice(graph: Graph, number: int, reading: GraphReading) -> Choice:
    choice = Choice(
        index=number,
        words=reading.words or reading.query,
        probability=reading.probability,
        unused=quoted(reading.unused),
        why=reading.why,
        found=reading.found,
    )
    preview = reading.preview
    if preview is not None and preview.holds is None:
        _take(choice, graph, preview, reading.heads)
        choice.truncated = preview.cut
    return choice


def _exports(graph: Graph, query: str, heads: Sequence[str] = ()) -> list[ShownFormat]:
    """The files that all rows of a query are exported as, by links."""
    address = reverse("graph-export", args=[graph.slug])
    return [
        ShownFormat(
            form.label,
            f"{address}?{urlencode({'format': form.name, 'query': query, 'head': heads}, doseq=True)}",
            exports.MOST_ROWS,
        )
        for form in exports.FORMATS.values()
    ]


ANSWERS = AnswerPages(
    pages=PAGES,
    model=GraphQuestion,
    ask=_ask,
    judge=services.judge,
    answer_of=kept_answer_of,
    run=services.run_another,
    page=GraphAnswerPage,
    fill=_fill,
    template="frontend/graph_answer.html",
)


@readers
@require_safe
def graph_page(request: HttpRequest, key: str) -> HttpResponse:
    """Ask a graph; without a question, show what is in it."""
    page = GraphPage(PAGES, PAGES.find(key), q=request.GET.get("q", ""))
    with shown_in(page.context, "question_error"):
        if page.q.strip():
            return answered(request, page.source, ANSWERS)
        if page.source.serving is not None:
            _show_contents(page, request)
    return render_with_error(request, "frontend/graph.html", page.context)


@readers
@require_safe
def query_page(request: HttpRequest, key: str) -> HttpResponse:
    """Write SPARQL and run it."""
    query = request.GET.get("query", "")
    page = GraphQueryPage(PAGES, PAGES.find(key), query=query or _FIRST_QUERY)
    with shown_in(page.context, "query_error"):
        opened = served(page.source)
        version, live = opened.version, opened.live
        page.terms = _terms(live.profile)
        if query.strip():
            _run(page, version, live)
    return render_with_error(request, "frontend/graph_query.html", page.context)


@readers
@require_safe
def export_page(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """All rows of a query as a file."""
    graph, form = PAGES.find(key), exports.format_called(request.GET.get("format", "csv"))
    rows = exports.export_rows(graph, request.GET.get("query", ""), form, request.GET.getlist("head"))
    return StreamingHttpResponse(
        rows,
        content_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{graph.slug}.{form.name}"'},
    )


@readers
def glossary_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show what people call what is in a graph; whoever may write defines words and forgets them."""
    page = GraphGlossaryPage(PAGES, PAGES.find(key), GraphGlossaryForm())
    if request.method == "POST":
        return _change_glossary(request, page)
    _show_glossary(page)
    return render(request, "frontend/graph_glossary.html", page.context)


@writers
def _change_glossary(request: HttpRequest, page: GraphGlossaryPage) -> HttpResponse:
    forgotten = request.POST.get("forget", "")
    if forgotten.isdecimal():
        glossary.forget(page.source, int(forgotten[:9]))
        return redirect("graph-glossary", page.source.slug)
    page.form = GraphGlossaryForm(request.POST)
    if page.form.is_valid():
        with shown_on(page.form):
            word = glossary.define(page.source, **page.form.cleaned_data)
            messages.success(request, f"Kept what “{word.word}” means; the next question knows.")
            return redirect("graph-glossary", page.source.slug)
    _show_glossary(page)
    return render(request, "frontend/graph_glossary.html", page.context, status=422)


def _show_glossary(page: GraphGlossaryPage) -> None:
    page.entries = list(page.source.glossary.all())
    with suppress(SearchappError):
        profile = served(page.source).live.profile
        page.names = sorted(set(profile.every_text.values()))[:_COMPLETED]


@readers
@require_safe
def node_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show a node's edges, both ways."""
    graph = PAGES.find(key)
    try:
        node = parse_node(request.GET.get("iri", ""))
    except ValueError:
        raise Http404 from None
    around = neighbourhood_of(node, graph, served(graph).live)
    if around is None:
        raise Http404
    page = NodePage(PAGES, graph, around, _shown(graph, around.leaving), _shown(graph, around.entering))
    return render(request, "frontend/graph_node.html", page.context)


def _show_contents(page: GraphPage, request: HttpRequest) -> None:
    graph = page.source
    opened = served(graph)
    version, live = opened.version, opened.live
    profile = page.profile = live.profile
    page.examples = version.examples
    page.naming = [(label.value, local_text(label.value)) for label in profile.labels]
    page.classes = profile.classes[:_SHOWN_CLASSES]
    page.predicates = profile.predicates[:_SHOWN_PREDICATES]
    asked = own(graph.questions.all(), request.user, known_session_name(request))
    page.history = list(history(asked, _SHOWN_QUESTIONS))


def _drawn(graph: Graph, picture: Picture | None) -> dict[str, Any] | None:
    """A picture for the script that draws it; None where there is nothing to draw."""
    if picture is None or not picture.edges:
        return None
    nodes = [
        {"key": node.key, "iri": node.iri, "text": node.text, "role": node.role} for node in picture.nodes
    ]
    return {"nodes": nodes, "edges": [asdict(edge) for edge in picture.edges], "cut": picture.cut}


def _shown(graph: Graph, rows: Sequence[Sequence[Cell]]) -> list[list[ShownCell]]:
    return [[ShownCell(cell, _node_address(graph, cell.iri)) for cell in row] for row in rows]


def _node_address(graph: Graph, iri: str) -> str:
    return f"{reverse('graph-node', args=[graph.slug])}?{urlencode({'iri': iri})}" if iri else ""


def _terms(profile: Profile) -> list[dict[str, str]]:
    """A graph's properties and classes, for the editor's completion."""
    properties = [(entry.predicate, entry.text, "property") for entry in profile.predicates[:_COMPLETED]]
    classes = [(entry.iri, entry.text, "class") for entry in profile.classes[:_COMPLETED]]
    return [{"label": text, "apply": str(iri), "detail": kind} for iri, text, kind in (*properties, *classes)]


def _run(page: GraphQueryPage, version: GraphVersion, live: LiveGraph) -> None:
    """Run the query of a page, and put into the page what it gives."""
    result = run_query(version, page.query, _RESULTS, limit=_SHOWN_ROWS)
    page.cut = result.cut
    if "results+json" not in result.content_type:
        page.triples = result.body.decode(errors="replace")
        return
    table = json.loads(result.body)
    if "boolean" in table:
        page.holds = table["boolean"]
        return
    page.ran, page.columns = True, table["head"]["vars"]
    terms = [[row.get(name) for name in page.columns] for row in table["results"]["bindings"]]
    page.rows = _shown(page.source, _written(terms, page.source, live))
    page.number, page.exports = len(page.rows), _exports(page.source, page.query) if page.rows else []


def _written(terms: Sequence[Sequence[Term]], graph: Graph, live: LiveGraph) -> list[list[Cell]]:
    """Terms of SPARQL's results in JSON as cells: names, and how a query writes their IRIs."""
    every = [part for row in terms for term in row for part in _parts(term)]
    blank = BlankTexts((BlankNode(term["value"]) for term in every if term["type"] == "bnode"), live)
    iris = dict.fromkeys(NamedNode(term["value"]) for term in every if term["type"] == "uri")
    names = {iri.value: name for iri, name in live.store_names(list(iris)).items()}
    return [[_json_cell(term, names, blank, graph) for term in row] for row in terms]


def _parts(term: Term) -> Iterator[dict[str, Any]]:
    """A term, and those of which a triple consists."""
    if term is None:
        return
    if term["type"] != "triple":
        yield term
        return
    for part in term["value"].values():
        yield from _parts(part)


def _json_cell(term: Term, names: Mapping[str, str], blank: BlankTexts, graph: Graph) -> Cell:
    """A term of SPARQL's results in JSON as a cell."""
    if term is None:
        return Cell("")
    value = term["value"]
    match term["type"]:
        case "bnode":
            return Cell(blank.text(BlankNode(value)), str(BlankNode(value)))
        case "uri":
            return Cell(names[value], value, about=shortened(value, graph.prefixes))
        case "triple":
            parts = [_json_cell(part, names, blank, graph).text for part in value.values()]
            return Cell(f"« {' '.join(parts)} »")
    return Cell(value, kind=term.get("datatype", "").rsplit("#", 1)[-1])
