"""Problems of signing in that have codes of their own."""

from collections.abc import Mapping

from web.errors import Problem

MFA_REQUIRED = "mfa_required"
STAFF_WITHOUT_MFA = (
    "Staff need a second factor here: set it up on the account page of the site first."
)
CONFIRM = (
    "Confirm that it is you first: sign in again, or open /accounts/reauthenticate/ in this "
    "browser."
)


class FactorNotAsked(Problem):
    """A JWT of a user with a second factor, which nobody asked for."""

    status = 401
    code = MFA_REQUIRED

    @property
    def headers(self) -> Mapping[str, str]:
        """What is taken."""
        return {"WWW-Authenticate": "Token"}


class MfaRequired(Problem):
    """Staff who have to set up a second factor first."""

    status = 403
    code = MFA_REQUIRED

    def __init__(self) -> None:
        super().__init__(STAFF_WITHOUT_MFA)


class ReauthenticationNeeded(Problem):
    """Something that matters, asked for by a browser that signed in a while ago."""

    status = 403
    code = "reauthentication_required"

    def __init__(self) -> None:
        super().__init__(CONFIRM)
