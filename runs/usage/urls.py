"""Route of the Usage page."""

from django.urls import path

from runs.usage.views import usage

urlpatterns = [path("usage/", usage, name="usage")]
