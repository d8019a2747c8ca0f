"""API route of estimates."""

from django.urls import path

from runs.estimate.api import EstimateView

urlpatterns = [path("estimate/", EstimateView.as_view(), name="estimate")]
