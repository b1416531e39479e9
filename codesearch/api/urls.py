"""Addresses below `/api/v1/code/`."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter

from codesearch.api import views

router = DefaultRouter(trailing_slash=True)
router.include_root_view = False
router.register("repositories", views.RepositoryViewSet, basename="api-repository")
router.register("units", views.UnitViewSet, basename="api-unit")

urlpatterns = [
    path("search", views.SearchView.as_view(), name="code-search"),
    path("", include(router.urls)),
]
