"""Addresses of signing in through a provider."""

from django.urls import path

from searchapp.oidc import views

urlpatterns = [
    path("", views.begin, name="oidc"),
    path("callback", views.callback, name="oidc-callback"),
]
