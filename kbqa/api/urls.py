"""Addresses below `/api/v1/graphs/`."""

from django.urls import include, path

from kbqa.api import views
from searchapp.api.routers import OptionalSlashRouter

graphs = OptionalSlashRouter()
graphs.register("", views.GraphViewSet, basename="api-graph")
questions = OptionalSlashRouter()
questions.register("questions", views.QuestionViewSet, basename="api-question")

urlpatterns = [
    path("", include(questions.urls)),
    path("<slug:slug>/sparql", views.SparqlView.as_view(), name="graph-sparql"),
    path("", include(graphs.urls)),
]
