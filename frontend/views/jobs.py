"""The page of jobs."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from frontend.views.access import readers, writers
from searchapp.error_display import told
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_job, retry_job

_CHANGES = {"cancel": cancel_job, "retry": retry_job}


@readers
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the jobs, the newest first; for htmx the table alone."""
    page = Paginator(Job.objects.all(), 30).get_page(request.GET.get("page"))
    template = "frontend/partials/jobs.html" if request.htmx else "frontend/jobs.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": page})


@writers
@require_POST
def change(request: HttpRequest, job: int, change: str) -> HttpResponse:
    """Cancel or retry a job."""
    if change not in _CHANGES:
        raise Http404
    with told(request):
        _CHANGES[change](get_object_or_404(Job, pk=job))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "jobs")
