"""Addresses of graphs and databases below `/api/v1/`."""

from django.urls import include, path

from kbqa.sparql.sources.api import views as graphs
from kbqa.sparql.sources.api.protocol import SparqlView
from kbqa.sql.sources.api import views as databases
from searchapp.api.routers import OptionalSlashRouter

router = OptionalSlashRouter()
router.register("graphs", graphs.GraphViewSet, basename="api-graph")
router.register("graph-questions", graphs.GraphQuestionViewSet, basename="api-graph-question")
router.register("databases", databases.DatabaseViewSet, basename="api-database")
router.register("database-questions", databases.DatabaseQuestionViewSet, basename="api-database-question")

urlpatterns = [
    path("graphs/<slug:slug>/sparql", SparqlView.as_view(), name="graph-sparql"),
    path("", include(router.urls)),
]
