"""What has to be typed before an account is deleted: with a second factor, a code as well."""

from typing import Any

from django import forms

from accounts.addresses import as_compared
from accounts.mfa.codes import take_code
from accounts.models import User
from web.sealing import Unreadable


class DeletionForm(forms.Form):
    """The password and code of who deletes, and the address of whom is deleted."""

    email = forms.CharField(max_length=254)
    password = forms.CharField(widget=forms.PasswordInput)
    code = forms.CharField(max_length=20)

    def __init__(self, *args: Any, user: User, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user, self._by = user, by
        if by.mfa_since is None:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """Take the code once the rest is right, so that no mistake uses it up."""
        cleaned = dict(super().clean() or {})
        if "code" in self.fields and not self.errors:
            self._take(cleaned["code"])
        return cleaned

    def _take(self, code: str) -> None:
        try:
            if take_code(user=self._by, code=code) is None:
                self.add_error("code", "This code is wrong, or was used before.")
        except Unreadable:
            self.add_error("code", "Codes can’t be checked now: the site’s own key was replaced.")

    def clean_email(self) -> str:
        """The address, however it is typed."""
        typed: str = self.cleaned_data["email"]
        if as_compared(typed) != as_compared(self._user.email):
            raise forms.ValidationError(f"Type {self._user.email}.")
        return typed

    def clean_password(self) -> str:
        """The password of who is signed in."""
        typed: str = self.cleaned_data["password"]
        if not self._by.check_password(typed):
            raise forms.ValidationError("This is not your password.")
        return typed
