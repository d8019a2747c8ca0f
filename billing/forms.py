"""The forms with which staff set budgets."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q

from accounts.fields import AddressInput
from accounts.models import ApiToken, User
from billing.errors import InvalidBudget
from billing.models import Budget
from billing.services import check_budget, check_limit
from billing.zones import zone_names

SCOPES = (("site", "The site"), ("user", "A user"), ("token", "A token"))
PERIODS = (("day", "A day"), ("month", "A month"), ("total", "In total"))
HARD = "hard"
KINDS = (
    (HARD, "Hard", "No call starts that could pass it; runs answer with what they have"),
    ("soft", "Soft", "Runs go on; it only warns"),
)


class LimitField(forms.DecimalField):
    """US dollars, to twelve decimals."""

    def __init__(self, *, required: bool = True) -> None:
        widget = forms.TextInput(attrs={"class": "input", "inputmode": "decimal"})
        super().__init__(required=required, max_digits=20, decimal_places=12, widget=widget)


class LimitForm(forms.Form):
    """A limit, as for the rest of a period."""

    limit_usd = LimitField()

    def clean_limit_usd(self) -> Decimal:
        """A limit that can be set."""
        limit: Decimal = self.cleaned_data["limit_usd"]
        try:
            check_limit(limit)
        except InvalidBudget as error:
            raise forms.ValidationError(error.message) from error
        return limit


class BudgetChangeForm(LimitForm):
    """What can be changed of a budget."""

    kind = forms.ChoiceField(choices=[(value, label) for value, label, _ in KINDS], initial=HARD)

    @property
    def new_limit_usd(self) -> Decimal | None:
        """The limit where it is another one than the form showed."""
        return self.cleaned_data["limit_usd"] if "limit_usd" in self.changed_data else None

    @property
    def kinds(self) -> list[tuple[str, str, str, bool]]:
        """Value, label, help, and whether it is chosen."""
        return [(value, label, text, value == self["kind"].value()) for value, label, text in KINDS]

    @property
    def hard(self) -> bool:
        """True where the limit is to be hard."""
        return bool(self.cleaned_data["kind"] == HARD)


class NewBudgetForm(BudgetChangeForm):
    """A new budget."""

    scope = forms.ChoiceField(choices=SCOPES, initial="user")
    user = AddressInput(required=False)
    token = forms.CharField(required=False, max_length=100)
    period = forms.ChoiceField(choices=PERIODS, initial="month")
    timezone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in zone_names()], initial="UTC"
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_user(self) -> User | None:
        """The user with this address, where the budget is a user's."""
        email = self.cleaned_data["user"]
        if self.data.get("scope") != Budget.Scope.USER:
            return None
        user = User.objects.with_address(email) if email else None
        if user is None:
            raise forms.ValidationError("No user has this address." if email else "Whose?")
        return user

    def clean_token(self) -> ApiToken | None:
        """The token with this id or these first letters, where the budget is a token's."""
        text = self.cleaned_data["token"].strip().removesuffix("…")
        if self.data.get("scope") != Budget.Scope.TOKEN:
            return None
        unrevoked = ApiToken.objects.unrevoked().select_related("user")
        found = list(unrevoked.filter(_named(text))[:2])
        if len(found) != 1:
            several = "Several tokens begin like this: give the id."
            said = several if found else "No such token, or it is revoked."
            raise forms.ValidationError(said if text else "Which token?")
        return found[0]

    def clean(self) -> dict[str, Any]:
        """What the service would refuse."""
        cleaned = dict(super().clean() or {})
        if not self.errors:
            try:
                check_budget(**self.owner(), **self._terms())
            except InvalidBudget as error:
                self.add_error(error.field, error.message)
        return cleaned

    def owner(self) -> dict[str, Any]:
        """Whom it limits, as the service takes it. Only after `is_valid()`."""
        return {"user": self.cleaned_data["user"], "api_token": self.cleaned_data["token"]}

    def _terms(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("scope", "timezone", "limit_usd")}

    def fields_of_budget(self) -> dict[str, Any]:
        """The arguments of `create_budget`. Only after `is_valid()`."""
        return {
            **self.owner(),
            **self._terms(),
            "period": self.cleaned_data["period"],
            "hard": self.hard,
        }

    @property
    def signature(self) -> str:
        """Says which budget a preview was of, so that no other one is created."""
        fields = self.fields_of_budget()
        owner = fields.pop("user"), fields.pop("api_token")
        ids = [str(one.pk) if one else "" for one in owner]
        return "|".join([*ids, *(f"{name}={value}" for name, value in sorted(fields.items()))])

    @property
    def scopes(self) -> list[tuple[str, str, bool]]:
        """Value, label, and whether it is chosen."""
        return [(value, label, value == self["scope"].value()) for value, label in SCOPES]

    @property
    def periods(self) -> list[tuple[str, str, bool]]:
        """Value, label, and whether it is chosen."""
        return [(value, label, value == self["period"].value()) for value, label in PERIODS]


def _named(text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(prefix=text)
