"""Addresses of the pages."""

from django.contrib.auth import views as auth
from django.urls import path

from frontend.views import databases, files, graphs, jobs, repositories, search

urlpatterns = [
    path("", search.search_page, name="search"),
    path("similar/<int:unit>", search.similar_page, name="similar"),
    path("explain/<int:unit>", search.explain_page, name="explain"),
    path("graphs", graphs.list_page, name="graphs"),
    path("graphs/add", graphs.add_page, name="add-graph"),
    path("graphs/<slug:slug>", graphs.graph_page, name="graph"),
    path("graphs/<slug:slug>/status", graphs.status_part, name="graph-status"),
    path("graphs/<slug:slug>/query", graphs.query_page, name="graph-query"),
    path("graphs/<slug:slug>/node", graphs.node_page, name="graph-node"),
    path("graphs/<slug:slug>/questions/<int:question>", graphs.judge, name="judge-question"),
    path("graphs/<slug:slug>/<str:change>", graphs.change, name="change-graph"),
    path("databases", databases.list_page, name="databases"),
    path("databases/add", databases.add_page, name="add-database"),
    path("databases/<slug:slug>", databases.database_page, name="database"),
    path("databases/<slug:slug>/status", databases.status_part, name="database-status"),
    path("databases/<slug:slug>/query", databases.query_page, name="database-query"),
    path("databases/<slug:slug>/describe", databases.note_page, name="database-note"),
    path("databases/<slug:slug>/questions/<int:question>", databases.judge, name="judge-database-question"),
    path("databases/<slug:slug>/<str:change>", databases.change, name="change-database"),
    path("help", search.help_page, name="help"),
    path("repositories/", repositories.list_page, name="repositories"),
    path("repositories/add", repositories.add_page, name="add-repository"),
    path("repositories/<str:name>", repositories.detail_page, name="repository"),
    path("repositories/<str:name>/status", repositories.status_part, name="repository-status"),
    path("repositories/<str:name>/<str:change>", repositories.change, name="change-repository"),
    path("code/<str:repository>/<path:path>", files.file_page, name="file"),
    path("jobs/", jobs.list_page, name="jobs"),
    path("jobs/<int:job>/<str:change>", jobs.change, name="change-job"),
    path(
        "sign-in",
        auth.LoginView.as_view(template_name="frontend/sign_in.html", redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("sign-out", auth.LogoutView.as_view(), name="sign-out"),
]
