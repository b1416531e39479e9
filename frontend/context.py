"""What every page's template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from searchapp.api.permissions import may_write
from searchapp.jobs.models import Job


def site(request: HttpRequest) -> dict[str, Any]:
    """Whether the person may change things, and how much work is going on, which is looked up if shown."""
    return {
        "oidc_name": settings.OIDC["name"] if settings.OIDC["issuer"] else "",
        "may_write": may_write(getattr(request, "user", None)),
        "active_jobs": lambda: Job.objects.filter(state__in=Job.ACTIVE).count(),
    }
