"""API routes for staff."""

from django.urls import path

from runs.operations.api import CancelRunsView, IntakeView, OpsView

urlpatterns = [
    path("admin/ops/", OpsView.as_view(), name="admin-ops"),
    path("admin/intake/", IntakeView.as_view(), name="admin-intake"),
    path("admin/users/<int:pk>/cancel-runs/", CancelRunsView.as_view(), name="admin-cancel-runs"),
]
