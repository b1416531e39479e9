"""One box for all sources: which of them answer what was typed, and the answer of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from frontend.views import databases, graphs
from frontend.views.access import readers
from frontend.views.answers import AnswerPages, kept_page
from frontend.views.errors import render_with_error
from routing import CODE, DATABASE, GRAPH, Ranked, RoutedSource, Scope, rank, split_scope, visible_sources
from searchapp.encoders import EncoderError
from searchapp.error_display import shown_in

_ANSWERS: Mapping[str, AnswerPages] = {GRAPH: graphs.ANSWERS, DATABASE: databases.ANSWERS}
_PARTS = {GRAPH: "frontend/partials/routed_graph.html", DATABASE: "frontend/partials/routed_database.html"}
_WORDS = {CODE: "code", GRAPH: "graph", DATABASE: "database"}
_MAX_ANSWERS, _MAX_LINKS, _LIKELY = 3, 6, 0.05
"""How many sources answer by themselves and how many more are named; how likely one is that does."""
_SHOWN_ROWS = 8


@dataclass(frozen=True)
class Routed:
    """A source beside others: code as a whole, a graph, or a database."""

    kind: str
    word: str
    name: str
    probability: float
    scoped: str
    """The address at which it alone is asked."""
    page: str = ""
    """The address of the whole answer."""
    part: str = ""
    """The address of the answer as a part of a page."""


@dataclass(frozen=True)
class Routing:
    """Who answers what was typed."""

    text: str
    """What was typed, without a scope."""
    scope: Scope = field(default_factory=Scope)
    searches_code: bool = True
    code_first: bool = True
    answers: Sequence[Routed] = ()
    """The graphs and databases that answer, the likeliest first."""
    links: Sequence[Routed] = ()
    """The others, likeliest first, to be asked by a click."""


@dataclass(frozen=True)
class Loaded:
    """A source on the first page, with a question that it answers."""

    word: str
    name: str
    address: str
    example: str = ""
    ask: str = ""


def routed(text: str) -> Routing:
    """Who answers a text. Where nothing can be compared just now, code does. Raises ScopeError."""
    scope, question = split_scope(text)
    try:
        ranked = rank(question, scope)
    except EncoderError:
        ranked = []
    groups = _grouped(ranked, question)
    asked = [each for each in groups if each.kind != CODE]
    code = next((each.probability for each in groups if each.kind == CODE), 0.0)
    only_code = scope.kind == CODE or not asked
    code_first = only_code or (scope.kind == "" and code >= asked[0].probability)
    least = 0.0 if scope.key else _LIKELY
    likely = [each for each in asked if each.probability >= least][:_MAX_ANSWERS]
    if not likely and not only_code and not code_first:
        likely = asked[:1]
    others = [
        each for each in groups if each not in likely and not (each.kind == CODE and scope.kind in ("", CODE))
    ]
    text = f"repo:{scope.key} {question}" if scope.kind == CODE and scope.key else question
    return Routing(text, scope, scope.kind in ("", CODE), code_first, likely, others[:_MAX_LINKS])


def loaded() -> list[Loaded]:
    """What is loaded, each graph and database with its first example."""
    return [_loaded(source) for source in visible_sources()]


@readers
@require_safe
def answer_part(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Ask a graph or a database, and show its answer as a part of the page."""
    answers = _ANSWERS[kind]
    source = answers.pages.find(key)
    context = {"q": request.GET.get("q", ""), "source": source, "limit": _SHOWN_ROWS, "question_error": ""}
    with shown_in(context, "question_error"):
        question = answers.ask(request, source, context["q"])
        context.update(
            kept_page(request, question, answers).context, answer_address=question.get_absolute_url()
        )
    return render_with_error(request, _PARTS[kind], context)


def _grouped(ranked: Sequence[Ranked], question: str) -> list[Routed]:
    """Ranked sources as they are shown: all code as one, the likeliest first."""
    total: dict[str, float] = defaultdict(float)
    shown: list[Routed] = []
    for each in ranked:
        total[each.source.kind] += each.probability
        if each.source.kind != CODE:
            shown.append(_routed(each, question))
    if any(each.source.kind == CODE for each in ranked):
        shown.append(Routed(CODE, _WORDS[CODE], "Code", total[CODE], _scoped(f"{CODE}:", question)))
    return sorted(shown, key=lambda each: -each.probability)


def _routed(ranked: Ranked, question: str) -> Routed:
    source, asked = ranked.source, urlencode({"q": question})
    return Routed(
        source.kind,
        _WORDS[source.kind],
        source.name,
        ranked.probability,
        _scoped(source.label, question),
        f"{source.row.get_absolute_url()}?{asked}",
        f"{reverse(f'{_WORDS[source.kind]}-answer-part', args=[source.key])}?{asked}",
    )


def _loaded(source: RoutedSource) -> Loaded:
    address = source.row.get_absolute_url()
    examples = source.row.serving.examples if source.kind != CODE else []
    if not examples:
        return Loaded(_WORDS[source.kind], source.name, address)
    return Loaded(_WORDS[source.kind], source.name, address, examples[0], _scoped("", examples[0]))


def _scoped(scope: str, question: str) -> str:
    return f"{reverse('search')}?{urlencode({'q': f'{scope} {question}'.strip()})}"
