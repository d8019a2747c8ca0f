"""API routes of this app, included under /api/v1/."""

from django.urls import path

from runs.api import catalogue, estimate, usage, views

urlpatterns = [
    path("runs/", views.RunListView.as_view(), name="run-list"),
    path("runs/<uuid:pk>/", views.RunView.as_view(), name="run-detail"),
    path("runs/<uuid:pk>/steps/", views.StepListView.as_view(), name="run-steps"),
    path("runs/<uuid:pk>/ledger/", views.LedgerView.as_view(), name="run-ledger"),
    path("runs/<uuid:pk>/events/", views.EventListView.as_view(), name="run-events"),
    path("runs/<uuid:pk>/cancel/", views.CancelView.as_view(), name="run-cancel"),
    path("estimate/", estimate.EstimateView.as_view(), name="estimate"),
    path("patterns/", catalogue.PatternsView.as_view(), name="patterns"),
    path("models/", catalogue.ModelsView.as_view(), name="models"),
    path("tools/", catalogue.ToolsView.as_view(), name="tools"),
    path("usage/", usage.UsageView.as_view(), name="usage"),
]
