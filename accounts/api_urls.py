"""API routes of this app, to be included under /api/v1/."""

from django.urls import path

from accounts.api import (
    schema,  # noqa: F401
    views,
)

urlpatterns = [
    path("tokens/<uuid:pk>/", views.TokenView.as_view(), name="token-detail"),
    path("tokens/<uuid:pk>/rotate/", views.RotationView.as_view(), name="token-rotate"),
]
