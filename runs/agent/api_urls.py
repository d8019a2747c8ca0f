"""Routes of the plain agent API, included under /agent/."""

from django.urls import path, re_path

from runs.agent import api
from web.fallbacks import no_such_address

app_name = "agent"

urlpatterns = [
    path("run", api.AgentRunView.as_view(), name="run"),
    path("run/async", api.AgentSubmitView.as_view(), name="submit"),
    path("result/<uuid:task_id>", api.AgentResultView.as_view(), name="result"),
    re_path("", no_such_address),
]
