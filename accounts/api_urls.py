"""API routes of this app, to be included under /api/v1/."""

from django.urls import path

from accounts import api

urlpatterns = [
    path("tokens/", api.TokenListView.as_view(), name="token-list"),
    path("tokens/<uuid:pk>/", api.TokenView.as_view(), name="token-detail"),
]
