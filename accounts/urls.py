"""Pages of the signed-in user."""

from django.urls import include, path

from accounts import email_change, views

app_name = "accounts"
urlpatterns = [
    path("", include("accounts.audit.urls")),
    path("", include("accounts.sessions.urls")),
    path("account/email/", email_change.ask_for_change, name="change-email"),
    path("account/email/<str:key>/", email_change.confirm_change, name="confirm-email"),
    path("account/", views.profile, name="profile"),
    path("account/password/", views.change_password, name="change-password"),
    path("account/verify/", views.send_verification, name="send-verification"),
    path("tokens/<uuid:pk>/revoke/", views.revoke, name="revoke-token"),
]
