"""Routes of the pages about runs."""

from django.urls import path

from runs.views.cancel import cancel
from runs.views.composer import calls, composer
from runs.views.detail import detail, fragments
from runs.views.ops import ops, ops_fragment
from runs.views.run_list import run_list, run_list_fragment

app_name = "runs"

urlpatterns = [
    path("", composer, name="new"),
    path("calls/", calls, name="calls"),
    path("runs/", run_list, name="list"),
    path("runs/fragment/", run_list_fragment, name="list-fragment"),
    path("runs/<uuid:run_id>/", detail, name="detail"),
    path("runs/<uuid:run_id>/fragments/", fragments, name="fragments"),
    path("runs/<uuid:run_id>/cancel/", cancel, name="cancel"),
    path("ops/", ops, name="ops"),
    path("ops/fragment/", ops_fragment, name="ops-fragment"),
]
