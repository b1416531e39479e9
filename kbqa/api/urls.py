"""Addresses of graphs below `/api/v1/`."""

from django.urls import include, path

from kbqa.api import views
from searchapp.api.routers import OptionalSlashRouter

router = OptionalSlashRouter()
router.register("graphs", views.GraphViewSet, basename="api-graph")
router.register("graph-questions", views.QuestionViewSet, basename="api-graph-question")

urlpatterns = [
    path("graphs/<slug:slug>/sparql", views.SparqlView.as_view(), name="graph-sparql"),
    path("", include(router.urls)),
]
