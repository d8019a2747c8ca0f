"""Routes of the pages for staff."""

from django.urls import path

from runs.operations.doubt import resolve
from runs.operations.views import operations, operations_fragment

urlpatterns = [
    path("ops/", operations, name="operations"),
    path("ops/doubt/<int:entry_id>/", resolve, name="resolve"),
    path("ops/fragment/", operations_fragment, name="operations-fragment"),
]
