"""The search page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from codesearch import selectors
from codesearch.models import Repository, Unit
from codesearch.parsing import language_label
from codesearch.retrieval import Hit, SearchResult, search, similar_units
from codesearch.retrieval.explanation import (
    Explanation,
    LookedAt,
    WordMet,
    explain_unit,
    structure_is_read,
    words_met,
)
from codesearch.retrieval.snippets import snippets_of
from frontend.facets import FacetGroup, facet_groups
from frontend.highlighting import highlight_lines
from frontend.views.access import readers
from frontend.views.asking import Loaded, Routing, loaded, routed
from frontend.views.errors import render_with_error
from searchapp.error_display import shown_in
from searchapp.errors import SearchappError
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import active_jobs

PAGE_SIZE = 10
AREA = "code"
"""Which area of the site is marked as the present one."""
_EXAMPLES = (
    ("django", "validate that an email address is well formed"),
    ("django", "where are urls matched to views"),
    ("rest_framework", "PageNumberPagination"),
    ("django", "parse a date from a string -path:tests/**"),
    ("django", "hash a password kind:method"),
)
"""Samples by name, and what can be found in each."""


@dataclass(frozen=True)
class ShownHit:
    """A hit with its lines as HTML."""

    hit: Hit
    lines: list[tuple[int, SafeString, bool]]
    more_lines: int
    url: str
    language: str


@dataclass
class SearchPage:
    """The box with the results of its query, or without a query what there is to search."""

    q: str
    page: int
    query_error: str = ""
    shown_error: SearchappError | None = None
    """The error that is shown on the page, whose status the page has."""
    result: SearchResult | None = None
    hits: list[ShownHit] = field(default_factory=list)
    structure_is_read: bool = False
    """Whether the encoder reads syntax, so that what it looked at can be shown."""
    facets: list[FacetGroup] = field(default_factory=list)
    previous: str = ""
    next: str = ""
    """The addresses of the pages of results before and after; empty for none."""
    building: list[Job] = field(default_factory=list)
    examples: Sequence[str] = ()
    totals: dict[str, Any] = field(default_factory=dict)
    empty: bool = False
    """Whether nothing was ever added."""
    routing: Routing | None = None
    """Which sources answer, where there is a query."""
    loaded: Sequence[Loaded] = ()
    """What is loaded, where there is none."""
    area: str = AREA


@dataclass
class SimilarPage:
    """The units nearest in meaning to one."""

    unit: Unit
    hits: list[ShownHit]
    structure_is_read: bool
    area: str = AREA


@dataclass
class ExplainPage:
    """What the encoder looked at in a unit, and what a question's words met there."""

    unit: Unit
    language: str
    q: str
    met: list[tuple[WordMet, int, int]]
    """Each word with its share and its nearness, of a hundred."""
    explanation: Explanation | None
    lines: list[tuple[int, SafeString, int]] = field(default_factory=list)
    nodes: list[tuple[LookedAt, float, str]] = field(default_factory=list)
    """The heaviest nodes with their weight, of a hundred, and their kind in words."""
    apart: int = 0
    area: str = AREA


@readers
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show the search box, and results if there is a query; for htmx the results alone."""
    page = SearchPage(request.GET.get("q", ""), _page_number(request))
    if page.q.strip():
        with shown_in(vars(page), "query_error"):
            page.routing = routed(page.q)
            if page.routing.searches_code:
                _show_results(page, page.routing.text)
    else:
        _show_start(page)
    is_part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    template = "frontend/partials/results.html" if is_part else "frontend/search.html"
    response = render_with_error(request, template, vars(page))
    response.headers["Vary"] = "HX-Request"
    return response


@readers
@require_safe
def similar_page(request: HttpRequest, unit: int) -> HttpResponse:
    """Show the units nearest in meaning to one."""
    present = get_object_or_404(selectors.served_units().select_related("repository"), pk=unit)
    page = SimilarPage(present, _shown(similar_units(present, limit=20)), structure_is_read())
    return render(request, "frontend/similar.html", vars(page))


@readers
@require_safe
def explain_page(request: HttpRequest, unit: int) -> HttpResponse:
    """Show a unit's code, shaded by what the encoder looked at."""
    units = selectors.served_units().select_related("repository", "file__blob")
    present, question = get_object_or_404(units, pk=unit), request.GET.get("q", "")
    explanation = explain_unit(present)
    met = [
        (word, round(100 * word.share), round(100 * word.nearness)) for word in words_met(present, question)
    ]
    page = ExplainPage(present, language_label(present.language), question, met, explanation)
    if explanation is not None:
        page.lines, page.apart = _shaded(present, explanation), round(100 * explanation.apart)
        page.nodes = [
            (node, round(100 * node.weight, 1), node.kind.replace("_", " ")) for node in explanation.nodes
        ]
    return render(request, "frontend/explain.html", vars(page))


@readers
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Explain the query language and the keys."""
    return render(request, "frontend/help.html")


def _show_results(page: SearchPage, text: str) -> None:
    result = page.result = search(text, offset=(page.page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    pages = -(-result.total // PAGE_SIZE)
    page.hits = _shown(result.hits, result.words, result.query.quoted)
    page.structure_is_read, page.facets = structure_is_read(), facet_groups(text, result.facets)
    page.previous = _address(page.q, page.page - 1) if page.page > 1 else ""
    page.next = _address(page.q, page.page + 1) if page.page < pages else ""
    page.building = [] if result.total else _building()


def _show_start(page: SearchPage) -> None:
    served = selectors.served_names()
    page.examples = [query for name, query in _EXAMPLES if name in served]
    page.totals, page.building, page.loaded = selectors.totals(), _building(), loaded()
    page.empty = not (page.loaded or Repository.objects.exists())


def _building() -> list[Job]:
    return list(active_jobs("index_repository"))


def _shown(hits: list[Hit], words: tuple[str, ...] = (), quoted: tuple[str, ...] = ()) -> list[ShownHit]:
    snippets = snippets_of([hit.candidate for hit in hits], words, quoted)
    shown = []
    for hit in hits:
        snippet = snippets[hit.candidate.id]
        marked = highlight_lines(
            [line.text for line in snippet.lines], hit.candidate.language, frozenset(words), quoted
        )
        lines = [
            (line.number, html, line.after_gap) for line, html in zip(snippet.lines, marked, strict=True)
        ]
        url = selectors.unit_address(hit.candidate.repository, hit.candidate.path, hit.candidate.start_line)
        shown.append(
            ShownHit(hit, lines, snippet.unit_lines - len(lines), url, language_label(hit.candidate.language))
        )
    return shown


def _shaded(unit: Unit, explanation: Explanation) -> list[tuple[int, SafeString, int]]:
    """The unit's lines as (number, HTML, shade from 0 to 9)."""
    lines = unit.file.blob.text.split("\n")[unit.start_line - 1 : unit.end_line]
    most = max(explanation.lines.values(), default=1.0)
    return [
        (number, html, round(9 * explanation.lines.get(number, 0.0) / most))
        for number, html in enumerate(highlight_lines(lines, unit.language), unit.start_line)
    ]


def _address(text: str, page: int) -> str:
    return f"{reverse('search')}?{urlencode({'q': text, 'page': page})}"


def _page_number(request: HttpRequest) -> int:
    try:
        return min(100, max(1, int(request.GET.get("page", "1"))))
    except ValueError:
        return 1
