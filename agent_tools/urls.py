"""The address of the tools, below `/api/`."""

from django.urls import path

from agent_tools.views import McpView

urlpatterns = [path("mcp", McpView.as_view(), name="api-mcp")]
