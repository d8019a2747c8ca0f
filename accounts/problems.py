"""Problems of signing in that have codes of their own."""

from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

MFA_REQUIRED = "mfa_required"
STAFF_WITHOUT_MFA = (
    "Staff need a second factor here: set it up on the account page of the site first."
)


class FactorNotAsked(AuthenticationFailed):
    """A JWT of a user with a second factor, which nobody asked for."""

    default_code = MFA_REQUIRED


class MfaRequired(PermissionDenied):
    """Staff who have to set up a second factor first."""

    default_detail = STAFF_WITHOUT_MFA
    default_code = MFA_REQUIRED


class ReauthenticationNeeded(PermissionDenied):
    """Something that matters, asked for by a browser that signed in long ago."""

    default_detail = (
        "Confirm that it is you first: sign in again, or open /accounts/reauthenticate/ in this "
        "browser."
    )
    default_code = "reauthentication_required"
