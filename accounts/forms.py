"""Forms of sign-up, the account page and the tokens page."""

from typing import Any, ClassVar

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthNewPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm

from accounts.fields import AddressInput
from accounts.mails import tell_of_reset
from accounts.models import ApiToken, Scope, User
from accounts.services import DEFAULT_EXPIRY_DAYS, MAX_SUBMITS, expiry_in, reset_password


class SignInForm(AllauthLoginForm):  # type: ignore[misc]
    """Sign-in by e-mail, however that is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = AddressInput()

    def clean(self) -> Any:
        """Check the password. An address that is still to be verified looks like a wrong one."""
        cleaned = super().clean()
        if settings.VERIFIED_SIGN_IN and self.user and self.user.verified_at is None:
            raise get_adapter().validation_error("email_password_mismatch")
        return cleaned


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """Sign-up with a name."""

    name = forms.CharField(max_length=150)
    email = AddressInput()
    field_order = ["name", "email", "password1"]

    def validate_unique_email(self, value: str) -> str:
        """The address. One that is taken is refused here only where no mail can tell its owner."""
        self.account_already_exists = User.objects.with_address(value) is not None
        if self.account_already_exists and not settings.VERIFIED_SIGN_IN:
            raise get_adapter().validation_error("email_unusable")
        return value


class ResetForm(AllauthResetForm):  # type: ignore[misc]
    """Asks for the link that sets a new password: the mail goes to the address as it is stored."""

    email = AddressInput()


class NewPasswordForm(AllauthNewPasswordForm):  # type: ignore[misc]
    """The new password of someone who came by such a link."""

    def save(self) -> None:
        """Set it; sessions and tokens end, and a mail says so."""
        reset_password(user=self.user, password=self.cleaned_data["password1"], by_mail=True)
        tell_of_reset(context.request, self.user)


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
    Scope.USAGE_READ: "See spend and budgets",
    Scope.ADMIN: "Set everyone’s budgets, see everyone’s spend",
}
NEVER = "never"
EXPIRIES = [("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), (NEVER, "Never")]


OVERLAPS = [
    ("24", "For 24 hours"),
    ("1", "For an hour"),
    ("168", "For a week"),
    ("0", "No more"),
]


class RotationForm(forms.Form):
    """A new key for a token, and how long the present one still works."""

    overlap = forms.TypedChoiceField(choices=OVERLAPS, coerce=int)


class TokenForm(forms.Form):
    """A new API token of a user."""

    LIMITS: ClassVar[tuple[str, ...]] = ("submits_per_minute", "submits_per_hour")

    name = forms.CharField(max_length=ApiToken._meta.get_field("name").max_length)
    scopes = forms.MultipleChoiceField(
        initial=[Scope.RUNS_WRITE.value, Scope.RUNS_READ.value],
        error_messages={"required": "Choose at least one scope."},
    )
    expires = forms.ChoiceField(choices=EXPIRIES, initial=str(DEFAULT_EXPIRY_DAYS))
    submits_per_minute = forms.IntegerField(required=False, min_value=1, max_value=MAX_SUBMITS)
    submits_per_hour = forms.IntegerField(required=False, min_value=1, max_value=MAX_SUBMITS)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = Scope.of(user)
        self._help = {scope.value: text for scope, text in SCOPE_HELP.items() if scope in allowed}
        field = self.fields["scopes"]
        field.choices = list(self._help.items())  # type: ignore[attr-defined]

    def clean_expires(self) -> int | None:
        """Days from now; None is never."""
        value: str = self.cleaned_data["expires"]
        return None if value == NEVER else int(value)

    def token(self) -> dict[str, Any]:
        """The token as `create_token` takes it. Only after `is_valid()`."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "scopes": given["scopes"],
            "expires_at": expiry_in(given["expires"]),
            "submits_per_minute": given["submits_per_minute"],
            "submits_per_hour": given["submits_per_hour"],
        }

    @property
    def limited(self) -> bool:
        """True where a limit was typed, or is wrong."""
        return any(self[name].value() or self[name].errors for name in self.LIMITS)

    @property
    def scope_choices(self) -> list[dict[str, Any]]:
        """Each scope with its help, and whether its box is ticked."""
        chosen = self["scopes"].value() or []
        return [
            {"scope": scope, "help": text, "checked": scope in chosen}
            for scope, text in self._help.items()
        ]
