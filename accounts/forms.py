"""Forms of sign-up, the account page and the tokens page."""

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.contrib.auth.forms import PasswordChangeForm

from accounts.models import ApiToken, Scope, User
from accounts.services import DEFAULT_EXPIRY_DAYS


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """Sign-up with a name."""

    name = forms.CharField(max_length=150)
    field_order = ["name", "email", "password1"]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What users change about themselves."""

    class Meta:
        model = User
        fields = ["name"]


class PasswordForm(PasswordChangeForm):
    """A new password, with the old one."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "This is not your current password.",
        "password_mismatch": "The two are not the same.",
    }


SCOPE_HELP = {
    Scope.RUNS_WRITE: "Submit, cancel and rerun",
    Scope.RUNS_READ: "See runs, steps, answers and live events",
    Scope.USAGE_READ: "See spend, export CSV",
}
NEVER = "never"
EXPIRIES = [("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), (NEVER, "Never")]


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=ApiToken._meta.get_field("name").max_length)
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, text) for scope, text in SCOPE_HELP.items()],
        initial=[Scope.RUNS_WRITE.value, Scope.RUNS_READ.value],
        error_messages={"required": "Choose at least one scope."},
    )
    expires = forms.ChoiceField(choices=EXPIRIES, initial=str(DEFAULT_EXPIRY_DAYS))

    def clean_expires(self) -> int | None:
        """Days from now; None is never."""
        value: str = self.cleaned_data["expires"]
        return None if value == NEVER else int(value)

    @property
    def scope_choices(self) -> list[dict[str, Any]]:
        """Each scope with its help, and whether its box is ticked."""
        chosen = self["scopes"].value() or []
        return [
            {"scope": scope.value, "help": text, "checked": scope.value in chosen}
            for scope, text in SCOPE_HELP.items()
        ]
