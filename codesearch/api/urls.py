"""Addresses below `/api/v1/code/`."""

from django.urls import include, path

from codesearch.api import hooks, views
from searchapp.api.routers import OptionalSlashRouter

router = OptionalSlashRouter()
router.register("repositories", views.RepositoryViewSet, basename="api-repository")
router.register("units", views.UnitViewSet, basename="api-unit")

urlpatterns = [
    path("search", views.SearchView.as_view(), name="code-search"),
    path("hooks/<str:name>", hooks.HookView.as_view(), name="code-hook"),
    path("", include(router.urls)),
]
