"""Addresses below `/api/v1/`."""

from django.urls import path

from routing.api import AskAnythingView

urlpatterns = [path("ask", AskAnythingView.as_view(), name="api-ask")]
