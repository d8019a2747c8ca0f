"""The routes under /api/v1/."""

from django.urls import include, path

app_name = "api"

urlpatterns = [
    path("", include("runs.api_urls")),
    path("", include("billing.api_urls")),
    path("", include("accounts.api_urls")),
]
