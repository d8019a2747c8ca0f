"""The forms that ask for a code."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator

from accounts.mfa.codes import take_code


class _TakesCode:
    """Takes a code once, whenever it is sent again."""

    user: Any
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code. Raises `ValidationError` for one that is wrong or used, and `Unreadable`."""
        code: str = self.cleaned_data["code"]
        taken = take_code(user=self.user, code=code)
        if taken is None:
            self._emit_authentication_failed(self.user.authenticator_set.first())  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = taken
        return code


class CodeForm(_TakesCode, AuthenticateForm):  # type: ignore[misc]
    """The code after the password."""


class CodeAgainForm(_TakesCode, ReauthenticateForm):  # type: ignore[misc]
    """A code before something that matters."""
