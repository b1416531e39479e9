"""The pages of repositories."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from codesearch import selectors, services
from codesearch.models import Repository
from codesearch.parsing import language_label
from frontend.forms import RepositoryForm
from frontend.views.access import readers, writers
from searchapp.error_display import shown_on
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import newest_job, newest_jobs

_CHANGES = {
    "index": (services.index_repository, "Bringing the index up to date."),
    "rebuild": (services.rebuild_repository, "Building the index anew."),
    "delete": (services.delete_repository, "Deleted. What is left of it is being removed in the background."),
}
_FORM_FIELDS = {
    "git": {"location": "address"},
    "folder": {"location": "folder"},
    "archive": {"location": "archive"},
}


@readers
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the repositories; for htmx the table alone."""
    found = list(selectors.repositories())
    jobs = newest_jobs([repository.subject for repository in found])
    rows = [_row(repository, jobs.get(repository.subject)) for repository in found]
    context = {"rows": rows, "any_active": any(row["job"] and row["job"].is_active for row in rows)}
    template = "frontend/partials/repositories.html" if request.htmx else "frontend/repositories.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@writers
def add_page(request: HttpRequest) -> HttpResponse:
    """Add a repository."""
    form = RepositoryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form, _FORM_FIELDS.get(form.cleaned_data["source_kind"])):
            repository = _add(form.cleaned_data)
            messages.success(request, f"{repository.name} was added and is being indexed.")
            return redirect(repository)
    return render(request, "frontend/add_repository.html", {"form": form}, status=422 if form.errors else 200)


@readers
@require_safe
def detail_page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a repository: its languages, what was left out, its builds."""
    return render(request, "frontend/repository.html", _detail(name))


@readers
@require_safe
def status_part(request: HttpRequest, name: str) -> HttpResponse:
    """Return the part of the page that changes while a build runs."""
    return render(request, "frontend/partials/repository_status.html", _detail(name))


@writers
@require_POST
def change(request: HttpRequest, name: str, change: str) -> HttpResponse:
    """Index, rebuild or delete a repository."""
    if change not in _CHANGES:
        raise Http404
    function, message = _CHANGES[change]
    function(get_object_or_404(Repository, name=name, deleting=False))
    messages.success(request, message)
    return redirect("repositories") if change == "delete" else redirect("repository", name=name)


def _add(cleaned: dict[str, Any]) -> Repository:
    kind = cleaned["source_kind"]
    name, location = (
        cleaned["name"],
        cleaned["address"] if kind == Repository.SourceKind.GIT else cleaned["folder"],
    )
    if kind == Repository.SourceKind.ARCHIVE:
        name = name or services.suggested_name(cleaned["archive"].name)
        location = services.store_archive(cleaned["archive"])
    repository, _ = services.add_repository(
        name=name,
        source_kind=kind,
        location=location,
        ref=cleaned["ref"],
        token=cleaned["token"],
        excludes=cleaned["excludes"],
    )
    return repository


def _detail(name: str) -> dict[str, Any]:
    repository = get_object_or_404(selectors.repositories(), name=name)
    return _row(repository, newest_job(repository.subject)) | {"builds": list(repository.builds.all())[:8]}


def _row(repository: Repository, job: Job | None) -> dict[str, Any]:
    build = selectors.serving_build(repository)
    total = sum(build.languages.values()) if build else 0
    counts = sorted(build.languages.items(), key=lambda item: -item[1]) if build and total else []
    languages = [
        {"name": name, "label": language_label(name), "units": count, "percent": 100 * count / total}
        for name, count in counts
    ]
    left_out = build.left_out if build else {}
    return {
        "repository": repository,
        "build": build,
        "job": job,
        "languages": languages,
        "left_out": left_out,
        "left_out_count": sum(entry["count"] for entry in left_out.values()),
    }
