"""API routes of webhooks."""

from django.urls import path

from runs.webhooks import api

urlpatterns = [
    path("webhooks/", api.WebhookListView.as_view(), name="webhook-list"),
    path("webhooks/<uuid:pk>/", api.WebhookView.as_view(), name="webhook-detail"),
    path("webhooks/<uuid:pk>/rotate/", api.RotationView.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:pk>/test/", api.TestView.as_view(), name="webhook-test"),
    path(
        "webhooks/<uuid:pk>/deliveries/",
        api.DeliveryListView.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery>/replay/",
        api.ReplayView.as_view(),
        name="webhook-replay",
    ),
]
