"""API routes of prompt sets and of the preview."""

from django.urls import path

from runs.prompts import api

urlpatterns = [
    path("prompts/preview/", api.PreviewView.as_view(), name="prompts-preview"),
    path("prompt-sets/", api.PromptSetListView.as_view(), name="prompt-set-list"),
    path("prompt-sets/<uuid:pk>/", api.PromptSetView.as_view(), name="prompt-set-detail"),
    path(
        "prompt-sets/<uuid:pk>/versions/",
        api.VersionListView.as_view(),
        name="prompt-set-versions",
    ),
    path(
        "prompt-sets/<uuid:pk>/versions/<int:number>/",
        api.VersionView.as_view(),
        name="prompt-set-version",
    ),
]
