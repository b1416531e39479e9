"""Error pages; below `/api/` the same errors as problems."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import is_valid_path

from searchapp.api.errors import problem_response
from searchapp.error_display import SHOWN_ERROR
from searchapp.errors import SearchappError
from searchapp.outages import known_error


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404; where there is a page without the slash at the end, lead there."""
    bare = request.path.rstrip("/")
    if request.method in ("GET", "HEAD") and bare != request.path and is_valid_path(bare):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{bare}?{query}" if query else bare)
    return error_page(
        request,
        404,
        "There is nothing here",
        "The address may be mistyped, or what it showed has been removed.",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return error_page(request, 403, "Not allowed", str(exception or "") or "Your account may not do this.")


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that does not come from a page of this session."""
    return error_page(
        request,
        403,
        "This form is too old",
        "Go back, reload the page and send it again. If that does not help, allow cookies for this site.",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return error_page(
        request, 400, "The request could not be understood", "Go back, reload the page and try again."
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or as a known error asks for that no view raised: forms are read before there is one."""
    error = sys.exception()
    known = known_error(error) if error is not None else None
    if known is not None:
        return known_error_page(request, known)
    return error_page(
        request, 500, "Something went wrong", "The server's log has the details. Nothing of yours was lost."
    )


def known_error_page(request: HttpRequest, error: SearchappError) -> HttpResponse:
    """An error of the tree as a page, or as problem+json below the API."""
    response = error_page(request, error.status, error.title, error.message)
    return _with_headers(response, error)


def render_with_error(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page that shows the error of its context beside what it is about, with the error's status."""
    error: SearchappError | None = context.get(SHOWN_ERROR)
    response = render(request, template, context, status=error.status if error else 200)
    return _with_headers(response, error) if error else response


def error_page(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    """An error as a page, or as problem+json below the API."""
    if request.path.startswith("/api/"):
        return problem_response(status, detail)
    # The plain frame asks the database for nothing, which may be what is away.
    return render(
        request, "frontend/error.html", {"title": title, "detail": detail, "status": status}, status=status
    )


def _with_headers(response: HttpResponse, error: SearchappError) -> HttpResponse:
    for name, value in error.headers.items():
        response.headers[name] = value
    return response
