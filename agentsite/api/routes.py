"""The routes under /api/v1/."""

from django.urls import include, path

from agentsite.api.me import MeView

app_name = "api"

urlpatterns = [
    path("", include("runs.api.urls")),
    path("", include("billing.api_urls")),
    path("", include("accounts.api_urls")),
    path("me/", MeView.as_view(), name="me"),
]
