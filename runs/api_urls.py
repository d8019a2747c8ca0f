"""API routes of this app, included under /api/v1/."""

from django.urls import include, path

from runs.api import views

urlpatterns = [
    path("runs/", views.RunListView.as_view(), name="run-list"),
    path("runs/<uuid:pk>/", views.RunView.as_view(), name="run-detail"),
    path("runs/<uuid:pk>/steps/", views.StepListView.as_view(), name="run-steps"),
    path("runs/<uuid:pk>/ledger/", views.LedgerView.as_view(), name="run-ledger"),
    path("runs/<uuid:pk>/events/", views.EventListView.as_view(), name="run-events"),
    path("runs/<uuid:pk>/cancel/", views.CancelView.as_view(), name="run-cancel"),
    path("", include("runs.estimate.api_urls")),
    path("", include("runs.catalogue.api_urls")),
    path("", include("runs.usage.api_urls")),
]
