"""All addresses: pages, API, admin."""

from django.urls import path

urlpatterns: list = []
