"""The search page."""

from dataclasses import dataclass
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
from codesearch.retrieval import Hit, search, similar_units
from codesearch.retrieval.explanation import Explanation, explain_unit, structure_is_read, words_met
from codesearch.retrieval.snippets import snippets_of
from frontend.facets import facet_groups
from frontend.highlighting import highlight_lines
from frontend.views.access import readers
from frontend.views.errors import render_with_error
from searchapp.error_display import shown_in
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import active_jobs

PAGE_SIZE = 10
_EXAMPLES = (
    "validate that an email address is well formed",
    "where are urls matched to views",
    "PageNumberPagination",
    "parse a date from a string -path:tests/**",
    "hash a password kind:method",
)


@dataclass(frozen=True)
class ShownHit:
    """A hit with its lines as HTML."""

    hit: Hit
    lines: list[tuple[int, SafeString, bool]]
    more_lines: int
    url: str
    language: str


@readers
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show the search box, and results if there is a query; for htmx the results alone."""
    text = request.GET.get("q", "")
    page = _page_number(request)
    context: dict[str, Any] = {"q": text, "page": page}
    if text.strip():
        with shown_in(context, "query_error"):
            context |= _results(text, page)
    else:
        context |= _start()
    template = (
        "frontend/partials/results.html"
        if request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
        else "frontend/search.html"
    )
    response = render_with_error(request, template, context)
    response.headers["Vary"] = "HX-Request"
    return response


@readers
@require_safe
def similar_page(request: HttpRequest, unit: int) -> HttpResponse:
    """Show the units nearest in meaning to one."""
    found = get_object_or_404(selectors.served_units().select_related("repository"), pk=unit)
    hits = _shown(similar_units(found, limit=20))
    return render(
        request,
        "frontend/similar.html",
        {"unit": found, "hits": hits, "structure_is_read": structure_is_read()},
    )


@readers
@require_safe
def explain_page(request: HttpRequest, unit: int) -> HttpResponse:
    """Show a unit's code, shaded by what the encoder looked at."""
    found = get_object_or_404(selectors.served_units().select_related("repository", "file__blob"), pk=unit)
    asked = request.GET.get("q", "")
    explanation = explain_unit(found)
    met = words_met(found, asked)
    context: dict[str, Any] = {
        "unit": found,
        "explanation": explanation,
        "language": language_label(found.language),
        "q": asked,
    }
    context["met"] = [(each, round(100 * each.share), round(100 * each.nearness)) for each in met]
    if explanation is not None:
        context["lines"] = _shaded(found, explanation)
        context["nodes"] = [
            (each, round(100 * each.weight, 1), each.kind.replace("_", " ")) for each in explanation.nodes
        ]
        context["apart"] = round(100 * explanation.apart)
    return render(request, "frontend/explain.html", context)


@readers
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Explain the query language and the keys."""
    return render(request, "frontend/help.html")


def _results(text: str, page: int) -> dict[str, Any]:
    result = search(text, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    pages = -(-result.total // PAGE_SIZE)
    return {
        "result": result,
        "hits": _shown(result.hits, result.words, result.query.quoted),
        "structure_is_read": structure_is_read(),
        "facets": facet_groups(text, result.facets),
        "previous": _address(text, page - 1) if page > 1 else "",
        "next": _address(text, page + 1) if page < pages else "",
        "building": _building() if not result.total else [],
    }


def _start() -> dict[str, Any]:
    return {
        "examples": _EXAMPLES,
        "totals": selectors.totals(),
        "building": _building(),
        "empty": not Repository.objects.exists(),
    }


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
    """Return the unit's lines as (number, HTML, shade from 0 to 9)."""
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
