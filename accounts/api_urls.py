"""API routes of this app, to be included under /api/v1/."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("tokens/", views.TokenListView.as_view(), name="token-list"),
    path("tokens/<uuid:pk>/", views.TokenView.as_view(), name="token-detail"),
]
