"""Addresses of graphs and databases below `/api/v1/`."""

from django.urls import include, path

from kbqa.api import database_views, graph_views
from searchapp.api.routers import OptionalSlashRouter

router = OptionalSlashRouter()
router.register("graphs", graph_views.GraphViewSet, basename="api-graph")
router.register("graph-questions", graph_views.QuestionViewSet, basename="api-graph-question")
router.register("databases", database_views.DatabaseViewSet, basename="api-database")
router.register("database-questions", database_views.DatabaseQuestionViewSet, basename="api-database-question")

urlpatterns = [
    path("graphs/<slug:slug>/sparql", graph_views.SparqlView.as_view(), name="graph-sparql"),
    path("", include(router.urls)),
]
