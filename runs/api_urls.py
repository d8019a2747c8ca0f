"""API routes of this app, included under /api/v1/."""

from django.urls import include, path

from runs.api import answers, views
from runs.api.feedback import FeedbackView
from runs.api.rerun import RerunView

urlpatterns = [
    path("runs/", views.RunListView.as_view(), name="run-list"),
    path("runs/<uuid:pk>/", views.RunView.as_view(), name="run-detail"),
    path("runs/<uuid:pk>/steps/", views.StepListView.as_view(), name="run-steps"),
    path("runs/<uuid:pk>/ledger/", views.LedgerView.as_view(), name="run-ledger"),
    path("runs/<uuid:pk>/cassette/", views.CassetteView.as_view(), name="run-cassette"),
    path("runs/<uuid:pk>/events/", views.EventListView.as_view(), name="run-events"),
    path("runs/<uuid:pk>/cancel/", views.CancelView.as_view(), name="run-cancel"),
    path("runs/<uuid:pk>/rerun/", RerunView.as_view(), name="run-rerun"),
    path("runs/<uuid:pk>/feedback/", FeedbackView.as_view(), name="run-feedback"),
    path("runs/<uuid:pk>/fund/", answers.FundView.as_view(), name="run-fund"),
    path("runs/<uuid:pk>/approve/", answers.ApproveView.as_view(), name="run-approve"),
    path("", include("runs.estimate.api_urls")),
    path("", include("runs.catalogue.api_urls")),
    path("", include("runs.compare.api_urls")),
    path("", include("runs.usage.api_urls")),
    path("", include("runs.operations.api_urls")),
    path("", include("runs.kill_switch.api_urls")),
    path("", include("runs.reconcile.api_urls")),
    path("", include("runs.prompts.api_urls")),
    path("", include("runs.webhooks.api_urls")),
    path("", include("runs.alerts.api_urls")),
    path("", include("runs.personal_data.api_urls")),
]
