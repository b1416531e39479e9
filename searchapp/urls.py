"""All addresses: pages, API, admin."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from searchapp.api.docs import DocsView
from searchapp.api.errors import not_found
from searchapp.api.routers import OptionalSlashRouter
from searchapp.health import health
from searchapp.jobs.api import JobViewSet

router = OptionalSlashRouter()
router.register("jobs", JobViewSet, basename="api-job")

urlpatterns = [
    path("health", health, name="health"),
    path("admin/", admin.site.urls),
    path("sign-in/oidc/", include("searchapp.oidc.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/code/", include("codesearch.api.urls")),
    path("api/v1/", include("routing.urls")),
    path("api/v1/", include("kbqa.urls")),
    path("api/v1/", include(router.urls)),
    re_path(r"^api/.*$", not_found),
    path("", include("frontend.urls")),
]

handler404 = "frontend.views.errors.not_found"
handler403 = "frontend.views.errors.forbidden"
handler500 = "frontend.views.errors.server_error"
handler400 = "frontend.views.errors.bad_request"
