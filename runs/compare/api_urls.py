"""API route of the comparison of two runs."""

from django.urls import path

from runs.compare.api import CompareView

urlpatterns = [path("runs/compare/", CompareView.as_view(), name="run-compare")]
