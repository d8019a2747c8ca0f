"""API routes of kill switches."""

from django.urls import path

from runs.kill_switch.api import KillSwitchListView, KillSwitchView, LiftView

urlpatterns = [
    path("admin/kill-switches/", KillSwitchListView.as_view(), name="admin-kill-switches"),
    path("admin/kill-switches/<int:pk>/", KillSwitchView.as_view(), name="admin-kill-switch"),
    path("admin/kill-switches/<int:pk>/lift/", LiftView.as_view(), name="admin-kill-switch-lift"),
]
