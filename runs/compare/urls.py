"""Route of the page that compares two runs."""

from django.urls import path

from runs.compare.views import compare

urlpatterns = [path("runs/compare/", compare, name="compare")]
