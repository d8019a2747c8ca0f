"""Routes under /v1/, which end without a slash, as OpenAI's."""

from django.urls import path

from runs.openai import responses_views as responses
from runs.openai import views

app_name = "openai"

urlpatterns = [
    path("models", views.ModelListView.as_view(), name="model-list"),
    path("models/<path:name>", views.ModelView.as_view(), name="model"),
    path("chat/completions", views.ChatView.as_view(), name="chat"),
    path("responses", responses.ResponseListView.as_view(), name="response-list"),
    path("responses/<str:name>", responses.ResponseView.as_view(), name="response"),
    path(
        "responses/<str:name>/cancel",
        responses.CancelResponseView.as_view(),
        name="response-cancel",
    ),
    path(
        "responses/<str:name>/input_items",
        responses.InputItemsView.as_view(),
        name="response-input-items",
    ),
]
