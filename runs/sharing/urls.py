"""Routes of shared runs."""

from django.urls import path

from runs.sharing.views import revoke, share, shared

urlpatterns = [
    path("runs/<uuid:run_id>/share/", share, name="share"),
    path("runs/<uuid:run_id>/share/revoke/", revoke, name="revoke-share"),
    path("shared/<str:key>/", shared, name="shared"),
]
