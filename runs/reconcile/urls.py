"""Routes of the pages."""

from django.urls import path

from runs.reconcile.views import bill, bills

urlpatterns = [
    path("ops/bills/", bills, name="bills"),
    path("ops/bills/<uuid:pk>/", bill, name="bill"),
]
