"""API routes of the catalogue."""

from django.urls import path

from runs.catalogue import api

urlpatterns = [
    path("patterns/", api.PatternsView.as_view(), name="patterns"),
    path("models/", api.ModelsView.as_view(), name="models"),
    path("tools/", api.ToolsView.as_view(), name="tools"),
]
