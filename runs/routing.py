"""WebSocket routes."""

from django.urls import path, re_path

from runs.consumers import NoSuchSocket, RunConsumer

websocket_urlpatterns = [
    path("ws/runs/<uuid:run_id>/", RunConsumer.as_asgi()),
    re_path("", NoSuchSocket.as_asgi()),
]
