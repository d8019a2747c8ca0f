"""WebSocket routes."""

from django.urls import path, re_path

from runs.consumers import NoSuchSocket, RunConsumer
from runs.operations.socket import OperationsConsumer
from runs.usage.socket import UsageConsumer

websocket_urlpatterns = [
    path("ws/runs/<uuid:run_id>/", RunConsumer.as_asgi()),
    path("ws/usage/", UsageConsumer.as_asgi()),
    path("ws/ops/", OperationsConsumer.as_asgi()),
    re_path("", NoSuchSocket.as_asgi()),
]
