"""API route of the FOCUS export."""

from django.urls import path

from billing.focus.api import FocusView

urlpatterns = [path("usage/focus.csv", FocusView.as_view(), name="usage-focus")]
