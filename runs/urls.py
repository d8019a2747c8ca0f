"""Routes of the pages about runs."""

from django.urls import include, path

from runs.views.answers import approve, fund
from runs.views.cancel import cancel
from runs.views.composer import composer
from runs.views.detail import detail, fragments
from runs.views.feedback import feedback

app_name = "runs"

urlpatterns = [
    path("", composer, name="new"),
    path("", include("runs.estimate.urls")),
    path("", include("runs.usage.urls")),
    path("", include("runs.catalogue.urls")),
    path("", include("runs.choosing.urls")),
    path("", include("runs.compare.urls")),
    path("", include("runs.prompts.urls")),
    path("", include("runs.operations.urls")),
    path("", include("runs.kill_switch.urls")),
    path("", include("runs.reconcile.urls")),
    path("", include("runs.inbox.urls")),
    path("", include("runs.webhooks.urls")),
    path("", include("runs.alerts.urls")),
    path("", include("runs.personal_data.urls")),
    path("", include("runs.sharing.urls")),
    path("", include("runs.history.urls")),
    path("runs/<uuid:run_id>/", detail, name="detail"),
    path("runs/<uuid:run_id>/fragments/", fragments, name="fragments"),
    path("runs/<uuid:run_id>/cancel/", cancel, name="cancel"),
    path("runs/<uuid:run_id>/fund/", fund, name="fund"),
    path("runs/<uuid:run_id>/feedback/", feedback, name="feedback"),
    path("runs/<uuid:run_id>/approve/", approve, name="approve"),
]
