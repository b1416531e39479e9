"""Which kind of work a request is: each kind has threads of its own, so that none keeps another waiting.

`KINDS` is the one table of that; every named address is in it.
"""

from enum import StrEnum
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from searchapp.errors import Unavailable

REFUSED = "searchapp.refused"
"""The key of a WSGI environment under which the web server names the kind that had no place left."""

# Longer ones are none of ours; taking them apart would only cost time.
_MAX_PATH = 4096


class Work(StrEnum):
    """A kind of work, by what it waits for."""

    SEARCH = "search"
    ASKING = "asking"
    STATEMENTS = "statements"
    TRANSFERS = "transfers"
    PAGES = "pages"
    HEALTH = "health"


_WORDS = {
    Work.SEARCH: "searches",
    Work.ASKING: "questions",
    Work.STATEMENTS: "queries",
    Work.TRANSFERS: "uploads, downloads and edits",
    Work.PAGES: "pages",
    Work.HEALTH: "requests",
}


class Busy(Unavailable):
    """All places for a kind of work are taken, which passes."""

    title = "Too much at once"
    transient = True

    def __init__(self, kind: Work) -> None:
        super().__init__(f"The server works on as many {_WORDS[kind]} as it can. Try again in a few seconds.")


KINDS: dict[str, Work] = {
    "health": Work.HEALTH,
    **dict.fromkeys(
        ("search", "similar", "explain", "code-search", "api-unit-similar", "api-unit-explanation"),
        Work.SEARCH,
    ),
    **dict.fromkeys(
        (
            *("api-graph-ask", "api-database-ask", "api-ask"),
            *("graph-answer-part", "database-answer-part"),
            *("graph-answer", "database-answer", "judge-graph-question", "judge-database-question"),
            *("api-graph-question-detail", "api-database-question-detail"),
            *("api-graph-question-reading", "api-database-question-reading"),
        ),
        Work.ASKING,
    ),
    **dict.fromkeys(
        (
            *("graph-query", "database-query", "graph-sparql", "api-database-query"),
            *("graph-node", "api-graph-node"),
        ),
        Work.STATEMENTS,
    ),
    **dict.fromkeys(
        (
            *("api-graph-export", "api-graph-edit", "api-graph-profile", "api-database-read-schema"),
            *("database-export", "api-database-export"),
        ),
        Work.TRANSFERS,
    ),
    **dict.fromkeys(
        (
            *("graph", "graphs", "add-graph", "graph-status", "change-graph"),
            *("database", "databases", "add-database", "database-status", "change-database", "database-note"),
            *("database-glossary", "api-database-glossary"),
            *("repository", "repositories", "add-repository", "repository-status", "change-repository"),
            *("file", "jobs", "change-job", "help", "schema", "api-docs"),
            *("sign-in", "sign-out", "oidc", "oidc-callback"),
            *("api-repository-list", "api-repository-detail", "api-repository-file", "api-repository-index"),
            *("api-repository-rebuild", "api-repository-status", "api-unit-detail"),
            *("api-graph-list", "api-graph-detail", "api-graph-load", "api-graph-status"),
            *("api-database-list", "api-database-detail", "api-database-describe", "api-database-scan"),
            *("api-database-status", "api-graph-question-list", "api-database-question-list"),
            *("graph-visibility", "database-visibility", "repository-visibility"),
            *("api-graph-visibility", "api-database-visibility", "api-repository-visibility"),
            *("api-job-list", "api-job-detail", "api-job-cancel", "api-job-retry"),
        ),
        Work.PAGES,
    ),
}
"""The name of an address → its kind."""

_ASKED_ON = frozenset({"graph", "database"})
"""Pages that answer a question where their address has one."""
_WHOLE = frozenset({"graph-sparql"})
"""Addresses that give all results where that is asked for in them."""
_TAKE_FILES = frozenset(
    {
        *("add-graph", "add-database", "add-repository"),
        *("api-graph-list", "api-database-list", "api-repository-list"),
        *("api-graph-detail", "api-database-detail", "api-repository-detail"),
    }
)
"""Addresses to which files are sent."""


def kind_of(method: str, path: str, query: str) -> Work:
    """The kind of a request; `path` and `query` as they were sent, percent-decoding of the path done."""
    if len(path) > _MAX_PATH or path.startswith(settings.STATIC_URL):
        return Work.PAGES
    try:
        match = resolve(path)
    except Resolver404:
        return Work.PAGES
    name = match.url_name or ""
    if match.namespaces:
        return Work.PAGES
    if name in _ASKED_ON and "q" in parse_qs(query):
        return Work.ASKING
    if (name in _WHOLE and "all" in parse_qs(query)) or (
        name in _TAKE_FILES and method not in ("GET", "HEAD")
    ):
        return Work.TRANSFERS
    return KINDS.get(name, Work.PAGES)


def takes_files(method: str, path: str) -> bool:
    """Whether files may be sent to an address; `path` with percent-decoding done."""
    if method in ("GET", "HEAD") or len(path) > _MAX_PATH:
        return False
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return "admin" in match.namespaces or (not match.namespaces and match.url_name in _TAKE_FILES)


def refusal(request: HttpRequest) -> Busy | None:
    """The error of a request that the web server had no place for."""
    kind = request.META.get(REFUSED)
    return Busy(Work(kind)) if kind else None
