"""Addresses of the pages."""

from django.contrib.auth import views as auth
from django.urls import path, register_converter
from django.urls.converters import PathConverter

from frontend.views import (
    answers,
    asking,
    databases,
    files,
    glossary,
    graphs,
    jobs,
    repositories,
    search,
    sources,
)


class FilePathConverter(PathConverter):
    """The path of a file, in whose name any character may stand, line breaks among them."""

    regex = r"[\s\S]+"


register_converter(FilePathConverter, "file_path")

_REPOSITORIES = {"pages": repositories.PAGES}
_GRAPHS = {"pages": graphs.PAGES}
_DATABASES = {"pages": databases.PAGES}
_GRAPH_ANSWERS = {"answers": graphs.ANSWERS}
_DATABASE_ANSWERS = {"answers": databases.ANSWERS}

urlpatterns = [
    path("", search.search_page, name="search"),
    path("ask/graph/<slug:key>", asking.answer_part, {"kind": "graph"}, name="graph-answer-part"),
    path("ask/database/<slug:key>", asking.answer_part, {"kind": "db"}, name="database-answer-part"),
    path("similar/<int:unit>", search.similar_page, name="similar"),
    path("explain/<int:unit>", search.explain_page, name="explain"),
    path("answers/graph-<uuid:link>", answers.answer_page, _GRAPH_ANSWERS, name="graph-answer"),
    path("answers/database-<uuid:link>", answers.answer_page, _DATABASE_ANSWERS, name="database-answer"),
    path("graphs", sources.list_page, _GRAPHS, name="graphs"),
    path("graphs/add", sources.add_page, _GRAPHS, name="add-graph"),
    path("graphs/<slug:key>", graphs.graph_page, name="graph"),
    path("graphs/<slug:key>/status", sources.status_part, _GRAPHS, name="graph-status"),
    path("graphs/<slug:key>/visibility", sources.visibility_page, _GRAPHS, name="graph-visibility"),
    path("graphs/<slug:key>/query", graphs.query_page, name="graph-query"),
    path("graphs/<slug:key>/node", graphs.node_page, name="graph-node"),
    path(
        "graphs/<slug:slug>/questions/<uuid:link>",
        answers.judge,
        _GRAPH_ANSWERS,
        name="judge-graph-question",
    ),
    path("graphs/<slug:key>/<str:change>", sources.change, _GRAPHS, name="change-graph"),
    path("databases", sources.list_page, _DATABASES, name="databases"),
    path("databases/add", sources.add_page, _DATABASES, name="add-database"),
    path("databases/<slug:key>", databases.database_page, name="database"),
    path("databases/<slug:key>/status", sources.status_part, _DATABASES, name="database-status"),
    path("databases/<slug:key>/visibility", sources.visibility_page, _DATABASES, name="database-visibility"),
    path("databases/<slug:key>/query", databases.query_page, name="database-query"),
    path("databases/<slug:key>/export", databases.export_page, name="database-export"),
    path("databases/<slug:key>/glossary", glossary.glossary_page, name="database-glossary"),
    path("databases/<slug:key>/describe", databases.note_page, name="database-note"),
    path(
        "databases/<slug:slug>/questions/<uuid:link>",
        answers.judge,
        _DATABASE_ANSWERS,
        name="judge-database-question",
    ),
    path("databases/<slug:key>/<str:change>", sources.change, _DATABASES, name="change-database"),
    path("help", search.help_page, name="help"),
    path("repositories/", sources.list_page, _REPOSITORIES, name="repositories"),
    path("repositories/add", sources.add_page, _REPOSITORIES, name="add-repository"),
    path("repositories/<str:key>", repositories.repository_page, name="repository"),
    path("repositories/<str:key>/status", sources.status_part, _REPOSITORIES, name="repository-status"),
    path(
        "repositories/<str:key>/visibility",
        sources.visibility_page,
        _REPOSITORIES,
        name="repository-visibility",
    ),
    path("repositories/<str:key>/<str:change>", sources.change, _REPOSITORIES, name="change-repository"),
    path("code/<str:repository>/<file_path:path>", files.file_page, name="file"),
    path("jobs/", jobs.list_page, name="jobs"),
    path("jobs/<int:job>/<str:change>", jobs.change, name="change-job"),
    path(
        "sign-in",
        auth.LoginView.as_view(template_name="frontend/sign_in.html", redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("sign-out", auth.LogoutView.as_view(), name="sign-out"),
]
