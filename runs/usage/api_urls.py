"""API routes of the usage report."""

from django.urls import path

from runs.usage.api import ForecastView, UsageExportView, UsageView

urlpatterns = [
    path("usage/", UsageView.as_view(), name="usage"),
    path("usage/forecast/", ForecastView.as_view(), name="usage-forecast"),
    path("usage/export.csv", UsageExportView.as_view(), name="usage-export"),
]
