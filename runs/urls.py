"""Routes of the pages about runs."""

from django.urls import path

from runs.views.cancel import cancel
from runs.views.composer import composer, forecast_strip
from runs.views.detail import detail, fragments
from runs.views.ops import ops, ops_fragment
from runs.views.resolve import resolve
from runs.views.run_list import run_list, run_list_fragment

app_name = "runs"

urlpatterns = [
    path("", composer, name="new"),
    path("estimate/", forecast_strip, name="forecast"),
    path("runs/", run_list, name="list"),
    path("runs/fragment/", run_list_fragment, name="list-fragment"),
    path("runs/<uuid:run_id>/", detail, name="detail"),
    path("runs/<uuid:run_id>/fragments/", fragments, name="fragments"),
    path("runs/<uuid:run_id>/cancel/", cancel, name="cancel"),
    path("ops/", ops, name="ops"),
    path("ops/doubt/<int:entry_id>/", resolve, name="resolve"),
    path("ops/fragment/", ops_fragment, name="ops-fragment"),
]
