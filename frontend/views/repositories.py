"""The pages of repositories."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from codesearch import selectors, services
from codesearch.models import Build, Repository
from frontend.bars import LanguageShare, language_shares
from frontend.forms import RepositoryForm
from frontend.views.access import readers
from frontend.views.sources import Change, SourcePage, SourcePages

_SHOWN_BUILDS = 8


@dataclass(frozen=True)
class RepositoryFacts:
    """What the pages say of a repository: the served build, its languages and what it left out."""

    build: Build | None
    builds: list[Build]
    languages: list[LanguageShare]
    left_out: dict[str, dict[str, Any]]
    left_out_count: int


def facts_of(repository: Repository) -> RepositoryFacts:
    """What the pages say of a repository, from builds that have been fetched."""
    build = selectors.serving_build(repository)
    left_out = build.left_out if build else {}
    return RepositoryFacts(
        build,
        list(repository.builds.all())[:_SHOWN_BUILDS],
        language_shares(build.languages) if build else [],
        left_out,
        sum(entry["count"] for entry in left_out.values()),
    )


PAGES = SourcePages(
    kind="repository",
    list_name="repositories",
    area="code",
    heading="Repositories",
    add_label="Add a repository",
    submit_label="Add and index",
    added="was added and is being indexed.",
    nothing="No repository has been added yet.",
    delete_warning="Removes the index of {name}. The source itself stays.",
    sources=selectors.repositories,
    form=RepositoryForm,
    changes={
        "index": Change(
            services.index_repository, "Update index", "Bringing the index up to date.", main=True
        ),
        "rebuild": Change(services.rebuild_repository, "Rebuild", "Building the index anew."),
        "delete": Change(
            services.delete_repository,
            "Delete",
            "Deleted. What is left of it is being removed in the background.",
        ),
    },
    card="frontend/sources/repository_card.html",
    status="frontend/sources/repository_status.html",
    facts=facts_of,
    reloads=False,
)


@readers
@require_safe
def repository_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show a repository: its languages, what was left out, its builds."""
    return render(request, "frontend/repository.html", SourcePage(PAGES, PAGES.find(key)).context)
