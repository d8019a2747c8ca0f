"""Routes of the list of runs, included in the namespace `runs`."""

from django.urls import path

from runs.history.actions import ticked
from runs.history.views import run_csv, run_list, run_list_fragment

urlpatterns = [
    path("runs/", run_list, name="list"),
    path("runs/fragment/", run_list_fragment, name="list-fragment"),
    path("runs/export.csv", run_csv, name="list-csv"),
    path("runs/ticked/", ticked, name="ticked"),
]
