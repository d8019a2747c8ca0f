"""Routes of the pages of webhooks."""

from django.urls import path

from runs.webhooks import views

urlpatterns = [
    path("webhooks/", views.webhooks_page, name="webhooks"),
    path("webhooks/<uuid:pk>/", views.webhook_page, name="webhook"),
    path("webhooks/<uuid:pk>/switch/", views.switch, name="switch-webhook"),
    path("webhooks/<uuid:pk>/rotate/", views.rotate, name="rotate-webhook"),
    path("webhooks/<uuid:pk>/test/", views.test, name="test-webhook"),
    path("webhooks/<uuid:pk>/delete/", views.delete, name="delete-webhook"),
    path(
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery>/replay/",
        views.replay_delivery,
        name="replay-delivery",
    ),
]
