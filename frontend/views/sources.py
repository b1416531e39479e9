"""The pages of sources of any kind: list, add, follow the work on one, change it.

What differs between repositories, graphs and databases is data: `SourcePages`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from frontend.forms import AudienceForm, SourceForm
from frontend.views.access import readers, writers
from searchapp.error_display import shown_on
from searchapp.errors import SearchappError
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import newest_job, newest_jobs
from searchapp.sources import show_to
from searchapp.versions import Source


@dataclass(frozen=True)
class Change:
    """A button on a source's page: the job that it starts, and what is said then."""

    start: Callable[[Any], Job]
    label: str
    message: str
    main: bool = False


@dataclass(frozen=True)
class SourcePages:
    """What the pages of one kind of source have of their own."""

    kind: str
    """The name of a source's page among the addresses; those of its other pages are made of it."""
    list_name: str
    """The name of the list among the addresses."""
    area: str
    """Which area of the site is marked as the present one."""
    heading: str
    add_label: str
    submit_label: str
    added: str
    """What is said after a source was added, behind its name."""
    nothing: str
    """What the list says while there are none."""
    delete_warning: str
    """What deleting does, with the name in the place of `{name}`."""
    sources: Callable[[], QuerySet[Any]]
    form: type[SourceForm]
    changes: Mapping[str, Change]
    card: str
    """The template of what a list says about a source."""
    status: str
    """The template of what a source's page says beside the work on it."""
    shows_location: Callable[[Any], bool] = lambda source: True
    """Whether a list tells where a source is."""
    facts: Callable[[Any], Any] = lambda source: None
    """What the templates need to know of a source beside itself."""
    lead: str = ""
    reloads: bool = True
    """Whether the page is loaded again once the work ends."""

    @property
    def add_name(self) -> str:
        """The name of the page that adds one, among the addresses."""
        return f"add-{self.kind}"

    def find(self, key: str) -> Any:
        """The source of a key. Raises Http404."""
        sources = self.sources()
        return get_object_or_404(sources, **{sources.model.KEY: key})

    def status_address(self, source: Source) -> str:
        """The address of the part of a source's page that changes while a job runs."""
        return reverse(f"{self.kind}-status", args=[source.key])

    def visibility_address(self, source: Source) -> str:
        """The address of the form that says who may see a source."""
        return reverse(f"{self.kind}-visibility", args=[source.key])

    def change_address(self, source: Source, change: str) -> str:
        """The address that changes a source."""
        return reverse(f"change-{self.kind}", args=[source.key, change])


@dataclass
class Page:
    """What the template of every page of a kind of source knows."""

    pages: SourcePages
    shown_error: SearchappError | None = field(default=None, kw_only=True)
    """The error that is shown on the page, whose status the page has."""

    @property
    def context(self) -> dict[str, Any]:
        """The page as a template's context; what is put into it is put into the page."""
        vars(self)["area"] = self.pages.area
        return vars(self)


@dataclass
class SourceRow:
    """A source in a list."""

    source: Any
    job: Job | None
    place: str
    facts: Any


@dataclass
class ListPage(Page):
    """The list of a kind of source."""

    rows: list[SourceRow]
    any_active: bool


@dataclass
class AddPage(Page):
    """The form that adds a source."""

    form: SourceForm


@dataclass
class Button:
    """A change as a button."""

    label: str
    address: str
    main: bool


@dataclass
class SourcePage(Page):
    """A page about one source."""

    source: Any
    job: Job | None = field(init=False)
    facts: Any = field(init=False)
    status_address: str = field(init=False)
    buttons: list[Button] = field(init=False)
    delete_address: str = field(init=False)
    delete_warning: str = field(init=False)
    visibility_address: str = field(init=False)

    def __post_init__(self) -> None:
        """Look up the work on the source."""
        pages, source = self.pages, self.source
        self.job, self.facts = newest_job(source.subject), pages.facts(source)
        self.status_address = pages.status_address(source)
        self.buttons = [
            Button(change.label, pages.change_address(source, name), change.main)
            for name, change in pages.changes.items()
            if name != "delete"
        ]
        self.visibility_address = pages.visibility_address(source)
        self.delete_address = pages.change_address(source, "delete")
        self.delete_warning = pages.delete_warning.format(name=source.name)


@dataclass
class VisibilityPage(SourcePage):
    """The form that says who may see a source."""

    form: AudienceForm


@readers
@require_safe
def list_page(request: HttpRequest, pages: SourcePages) -> HttpResponse:
    """List the sources of a kind; for htmx the list alone."""
    sources = list(pages.sources())
    jobs = newest_jobs([source.subject for source in sources])
    rows = [
        SourceRow(source, jobs.get(source.subject), _place(pages, source), pages.facts(source))
        for source in sources
    ]
    page = ListPage(pages, rows, any(row.job is not None and row.job.is_active for row in rows))
    template = "frontend/sources/rows.html" if request.htmx else "frontend/sources/list.html"  # type: ignore[attr-defined]
    return render(request, template, page.context)


@writers
def add_page(request: HttpRequest, pages: SourcePages) -> HttpResponse:
    """Add a source."""
    form = pages.form(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form, form.renamed):
            source = form.save()
            messages.success(request, f"{source.name} {pages.added}")
            return redirect(source)
    status = 422 if form.errors else 200
    return render(request, "frontend/sources/add.html", AddPage(pages, form).context, status=status)


@writers
def visibility_page(request: HttpRequest, key: str, pages: SourcePages) -> HttpResponse:
    """Say who may see a source; it holds from then on."""
    source = pages.find(key)
    stated = {"visibility": source.visibility, "groups": [group.name for group in source.groups.all()]}
    form = AudienceForm(request.POST or None, initial=stated)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            show_to(source, form.audience)
            messages.success(request, f"Kept who may see {source.name}.")
            return redirect(source)
    status = 422 if form.errors else 200
    page = VisibilityPage(pages, source, form)
    return render(request, "frontend/sources/visibility.html", page.context, status=status)


@readers
@require_safe
def status_part(request: HttpRequest, key: str, pages: SourcePages) -> HttpResponse:
    """The part of a source's page that changes while a job runs."""
    page = SourcePage(pages, pages.find(key))
    response = render(request, "frontend/sources/status.html", page.context)
    if pages.reloads and (page.job is None or not page.job.is_active):
        response.headers["HX-Refresh"] = "true"
    return response


@writers
@require_POST
def change(request: HttpRequest, key: str, change: str, pages: SourcePages) -> HttpResponse:
    """Start the job of a button."""
    if change not in pages.changes:
        raise Http404
    source = pages.find(key)
    pages.changes[change].start(source)
    messages.success(request, pages.changes[change].message)
    return redirect(pages.list_name) if change == "delete" else redirect(source)


def _place(pages: SourcePages, source: Any) -> str:
    """The kind of a source, and where it is if that is told."""
    kind = str(source.get_source_kind_display())
    shown = pages.shows_location(source) and source.shown_location
    return f"{kind} · {source.shown_location}" if shown else kind
