"""The page of a file: its code, with the outline beside it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from codesearch import selectors
from codesearch.models import Unit
from codesearch.parsing import language_label
from frontend.highlighting import highlight_lines
from frontend.views.access import readers


@readers
@require_safe
def file_page(request: HttpRequest, repository: str, path: str) -> HttpResponse:
    """Show a served file."""
    file = get_object_or_404(selectors.served_files(repository), path=path)
    outline = file.units.exclude(kind__in=(Unit.Kind.PASSAGE,)).order_by("start_line", "-end_line")
    lines = highlight_lines(file.blob.text.split("\n"), file.language)
    context = {
        "area": "code",
        "file": file,
        "folder": path.rpartition("/")[0],
        "file_name": path.rpartition("/")[2],
        "outline": outline,
        "lines": lines,
        "language": language_label(file.language),
    }
    return render(request, "frontend/file.html", context)
