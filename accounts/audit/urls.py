"""Routes of the audit log."""

from django.urls import path

from accounts.audit import views

urlpatterns = [
    path("audit/", views.audit_log, name="audit"),
    path("audit/export.csv", views.audit_csv, name="audit-csv"),
    path("account/activity/", views.activity, name="activity"),
]
