"""Sign-in pages, under the names by which django-allauth looks them up."""

from allauth.account import views as allauth_views
from django.urls import include, path, re_path

from accounts import entrance

urlpatterns = [
    path("", include("accounts.mfa.urls")),
    path("login/", entrance.SignInView.as_view(), name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("signup/", entrance.SignUpView.as_view(), name="account_signup"),
    path("signup/done/", entrance.sign_up_done, name="account_signup_done"),
    path("verify/<str:key>/", entrance.verify, name="account_verify"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("password/reset/", entrance.PasswordResetView.as_view(), name="account_reset_password"),
    path(
        "password/reset/done/",
        allauth_views.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
