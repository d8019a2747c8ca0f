"""API routes of alerts."""

from django.urls import path

from runs.alerts import api

urlpatterns = [
    path("alerts/", api.AlertListView.as_view(), name="alert-list"),
    path("alerts/preferences/", api.PreferencesView.as_view(), name="alert-preferences"),
    path("alerts/test/", api.TestView.as_view(), name="alert-test"),
    path("tokens/<uuid:pk>/resume/", api.ResumeView.as_view(), name="token-resume"),
    path("admin/alerts/", api.SiteAlertListView.as_view(), name="admin-alert-list"),
]
