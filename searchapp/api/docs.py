"""The page that describes the API."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request

from searchapp.api.permissions import may_read


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI for those who may read; its script has an address of its own, as the policy asks for.

    It is a page: who may not read is led to sign in, where the API would answer with a problem.
    """

    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page or its script."""
        if not may_read(request.user):
            return redirect_to_login(request.get_full_path())
        answer: HttpResponseBase = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return answer
