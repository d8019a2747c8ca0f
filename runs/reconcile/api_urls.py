"""API routes, included under /api/v1/."""

from django.urls import path

from runs.reconcile.api import BucketListView, ReconciliationListView, ReconciliationView

urlpatterns = [
    path("admin/reconciliations/", ReconciliationListView.as_view(), name="reconciliation-list"),
    path(
        "admin/reconciliations/<uuid:pk>/",
        ReconciliationView.as_view(),
        name="reconciliation-detail",
    ),
    path(
        "admin/reconciliations/<uuid:pk>/buckets/",
        BucketListView.as_view(),
        name="reconciliation-buckets",
    ),
]
