"""What has to be typed before an account is deleted."""

from typing import Any

from django import forms

from accounts.addresses import as_compared
from accounts.models import User


class DeletionForm(forms.Form):
    """The password of who deletes, and the address of whom is deleted."""

    email = forms.CharField(max_length=254)
    password = forms.CharField(widget=forms.PasswordInput)

    def __init__(self, *args: Any, user: User, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user, self._by = user, by

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
