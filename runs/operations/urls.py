"""Routes of the pages for staff."""

from django.urls import path

from runs.operations.doubt import resolve
from runs.operations.intake import intake, reset_breaker
from runs.operations.users import cancel_runs, one_user
from runs.operations.views import operations, operations_fragment

urlpatterns = [
    path("ops/", operations, name="operations"),
    path("ops/doubt/<int:entry_id>/", resolve, name="resolve"),
    path("ops/intake/", intake, name="intake"),
    path("ops/breaker/", reset_breaker, name="reset-breaker"),
    path("ops/fragment/", operations_fragment, name="operations-fragment"),
    path("ops/users/<int:pk>/", one_user, name="user"),
    path("ops/users/<int:pk>/cancel/", cancel_runs, name="cancel-user"),
]
