"""Routes of the pages of alerts."""

from django.urls import path

from runs.alerts import views

urlpatterns = [
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/test/", views.test, name="test-alerts"),
    path("alerts/tokens/<uuid:pk>/", views.paused_token, name="paused-token"),
    path("ops/alerts/", views.site, name="site-alerts"),
]
