"""Routes of second factors, under the names by which django-allauth looks them up."""

from django.urls import path

from accounts.mfa import views

urlpatterns = [
    path("reauthenticate/", views.PasswordAgainView.as_view(), name="account_reauthenticate"),
    path("2fa/", views.FactorsView.as_view(), name="mfa_index"),
    path("2fa/authenticate/", views.CodeView.as_view(), name="mfa_authenticate"),
    path("2fa/reauthenticate/", views.CodeAgainView.as_view(), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", views.AddAppView.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", views.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        views.NewRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
]
