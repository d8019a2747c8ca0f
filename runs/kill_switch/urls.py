"""Routes of the pages of kill switches."""

from django.urls import path

from runs.kill_switch.views import kill_switch, kill_switches, lift_kill_switch

urlpatterns = [
    path("ops/kill/", kill_switches, name="kill-switches"),
    path("ops/kill/<int:pk>/", kill_switch, name="kill-switch"),
    path("ops/kill/<int:pk>/lift/", lift_kill_switch, name="lift-kill-switch"),
]
