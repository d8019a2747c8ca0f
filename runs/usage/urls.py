"""Routes of the Usage page."""

from django.urls import path

from runs.usage.views import usage, usage_csv

urlpatterns = [
    path("usage/", usage, name="usage"),
    path("usage/usage.csv", usage_csv, name="usage-csv"),
]
