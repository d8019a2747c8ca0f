"""API route of the usage report."""

from django.urls import path

from runs.usage.api import UsageView

urlpatterns = [path("usage/", UsageView.as_view(), name="usage")]
