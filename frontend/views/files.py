"""The pages of files and folders: code with the outline beside it, what a name means, raw text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from codesearch import selectors
from codesearch.models import Build, Repository, SourceFile, Unit
from codesearch.parsing import language_label
from codesearch.references import reading
from codesearch.references.reading import Reference, References
from codesearch.tree import Folder, address_at_host, folder_of, reason_left_out
from frontend.highlighting import highlight_lines
from frontend.views.access import readers

_WHOLE = 400
"""A file of so many lines is sent in colours at once; of a longer one the first stretch, the rest plain."""
_STRETCH = 200
_FIRST_STRETCH = 100
_ROLES = {
    "call": "Called",
    "inherit": "Inherited from",
    "override": "Overridden",
    "import": "Imported",
    "type": "Used as a type",
    "use": "Used",
}


@dataclass(frozen=True)
class Stretch:
    """Some lines of a file: in colours, or as plain text, which is replaced once it comes into view."""

    first: int
    lines: list[tuple[int, SafeString]]
    text: str = ""
    number: int = 0


@dataclass
class Location:
    """Where in a repository a page is: what its head, its links and its search box need."""

    repository: Repository
    path: str
    build: Build | None
    crumbs: list[tuple[str, str]] = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the path apart: the folders above with their addresses."""
        *folders, self.name = self.path.split("/")
        above = ["/".join(folders[: depth + 1]) for depth in range(len(folders))]
        self.crumbs = [
            (part, folder_address(self.repository.name, path))
            for part, path in zip(folders, above, strict=True)
        ]

    @property
    def revision(self) -> str:
        """The commit that is served."""
        return self.build.revision if self.build is not None else ""

    @property
    def permalink(self) -> str:
        """The address of the page that also names the commit."""
        address = reverse("file", args=[self.repository.name, self.path])
        return f"{address}?at={self.revision}" if self.revision else address


@dataclass
class FilePage:
    """A file with its outline."""

    place: Location
    file: SourceFile
    language: str
    stretches: list[Stretch]
    outline: Any
    at_host: str
    moved_on: str
    """The commit that the address names, where another one is served."""
    area: str = "code"


@dataclass
class FolderPage:
    """A folder with what lies in it."""

    place: Location
    folder: Folder
    area: str = "code"


@dataclass
class LeftOutPage:
    """A file that was not indexed, and why."""

    place: Location
    reason: str
    at_host: str
    area: str = "code"


@dataclass(frozen=True)
class ShownReferences:
    """A symbol with what refers to it, by what for and by file."""

    found: References
    groups: list[tuple[str, list[tuple[str, list[Reference]]]]]
    guesses: int


@readers
@require_safe
def file_page(request: HttpRequest, repository: str, path: str) -> HttpResponse:
    """Show a served file, a folder, or why a file was left out."""
    source = _repository(repository)
    file = selectors.served_files(repository).filter(path=path).first() if "\0" not in path else None
    if file is None:
        return _no_file(request, source, path)
    place = Location(source, path, selectors.serving_build(source))
    wanted = request.GET.get("at", "")
    page = FilePage(
        place,
        file,
        language_label(file.language),
        list(_stretches(file)),
        file.units.exclude(kind=Unit.Kind.PASSAGE).order_by("start_line", "-end_line"),
        address_at_host(source, wanted or place.revision, path),
        wanted if wanted and wanted != place.revision else "",
    )
    return render(request, "frontend/file.html", vars(page))


@readers
@require_safe
def folder_page(request: HttpRequest, repository: str) -> HttpResponse:
    """Show the top folder of a repository."""
    source = _repository(repository)
    return _folder(request, source, "")


@readers
@require_safe
def raw_file(request: HttpRequest, repository: str, path: str) -> HttpResponse:
    """The text of a file as it was read, never as a page of its own."""
    file = _file(repository, path)
    response = HttpResponse(file.blob.text, content_type="text/plain; charset=utf-8")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@readers
@require_safe
def file_lines(request: HttpRequest, repository: str, path: str) -> HttpResponse:
    """A stretch of a long file in colours."""
    file = _file(repository, path)
    first = _number(request, "first")
    stretch = next((one for one in _stretches(file, coloured=first) if one.first == first), None)
    if stretch is None:
        raise Http404
    return render(request, "frontend/partials/stretch.html", {"stretch": stretch, "file": file})


@readers
@require_safe
def symbol_part(request: HttpRequest, repository: str, path: str) -> HttpResponse:
    """What the name at a place of a file means, and what refers to it."""
    file = _file(repository, path)
    symbols = reading.symbols_at(file, _number(request, "line"), _number(request, "column"))
    shown = [_shown(reading.references_to(repository, symbol)) for symbol in symbols[:4]]
    context = {"repository": file.repository, "symbols": shown}
    return render(request, "frontend/partials/symbol.html", context)


@readers
@require_safe
def references_page(request: HttpRequest, unit: int) -> HttpResponse:
    """Show what refers to a unit."""
    units = selectors.served_units().select_related("repository", "file__blob", "file__repository")
    present = get_object_or_404(units, pk=unit)
    symbol = reading.symbol_of(present)
    shown = [_shown(reading.references_to(present.repository.name, symbol))] if symbol is not None else []
    context = {"unit": present, "repository": present.repository, "symbols": shown, "area": "code"}
    return render(request, "frontend/references.html", context)


def folder_address(repository: str, path: str) -> str:
    """The address of a folder's page."""
    return reverse("file", args=[repository, f"{path}/"]) if path else reverse("folder", args=[repository])


def _no_file(request: HttpRequest, source: Repository, path: str) -> HttpResponse:
    reason = reason_left_out(source, path)
    if not reason:
        return _folder(request, source, path.rstrip("/"))
    place = Location(source, path, selectors.serving_build(source))
    page = LeftOutPage(place, reason, address_at_host(source, place.revision, path))
    return render(request, "frontend/left_out.html", vars(page))


def _folder(request: HttpRequest, source: Repository, path: str) -> HttpResponse:
    folder = folder_of(source, path) if "\0" not in path else None
    if folder is None:
        raise Http404
    page = FolderPage(Location(source, path, selectors.serving_build(source)), folder)
    return render(request, "frontend/folder.html", vars(page))


def _repository(name: str) -> Repository:
    if "\0" in name:
        raise Http404
    return get_object_or_404(selectors.repositories(), name=name, serving__gt=0)


def _file(repository: str, path: str) -> SourceFile:
    if "\0" in repository + path:
        raise Http404
    return get_object_or_404(selectors.served_files(repository), path=path)


def _number(request: HttpRequest, name: str) -> int:
    try:
        return max(0, min(int(request.GET.get(name, "")), 10_000_000))
    except ValueError:
        return 0


def _stretches(file: SourceFile, coloured: int = 1) -> Iterator[Stretch]:
    """The lines of a file in stretches: all in colours if it is short, else the one that begins at
    `coloured`."""
    lines = file.blob.text.split("\n")
    starts = [0] if len(lines) <= _WHOLE else [0, *range(_FIRST_STRETCH, len(lines), _STRETCH)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if start + 1 == coloured:
            done = highlight_lines(lines, file.language)[start:end]
            yield Stretch(start + 1, list(enumerate(done, start + 1)))
        else:
            yield Stretch(start + 1, [], "\n".join(lines[start:end]), end - start)


def _shown(found: References) -> ShownReferences:
    """References by role, in the order of what is most worth knowing, and by file."""
    groups: list[tuple[str, list[tuple[str, list[Reference]]]]] = []
    for role, label in _ROLES.items():
        by_file: dict[str, list[Reference]] = {}
        for reference in found.references:
            if reference.role == role:
                by_file.setdefault(reference.place.path, []).append(reference)
        if by_file:
            groups.append((label, list(by_file.items())))
    return ShownReferences(found, groups, sum(not one.certain for one in found.references))
