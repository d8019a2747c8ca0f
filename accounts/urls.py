"""Pages of the signed-in user."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.profile, name="profile"),
    path("account/password/", views.change_password, name="change-password"),
    path("account/verify/", views.send_verification, name="send-verification"),
    path("tokens/<uuid:pk>/revoke/", views.revoke, name="revoke-token"),
]
