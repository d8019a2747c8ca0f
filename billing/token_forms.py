"""The form that makes an API token, with what it may spend."""

from decimal import Decimal
from typing import ClassVar

from django import forms

from accounts.forms import TokenForm
from billing.errors import InvalidBudget
from billing.forms import PERIODS, LimitField
from billing.models import Budget
from billing.services import TokenBudget, check_limit


class BudgetedTokenForm(TokenForm):
    """A new API token of a user, with a hard budget where an amount is given."""

    LIMITS: ClassVar[tuple[str, ...]] = ("limit_usd", *TokenForm.LIMITS)

    limit_usd = LimitField(required=False)
    period = forms.ChoiceField(choices=PERIODS, initial="month", required=False)

    def clean_limit_usd(self) -> Decimal | None:
        """An amount that can be set; None for no budget."""
        limit: Decimal | None = self.cleaned_data["limit_usd"]
        try:
            if limit is not None:
                check_limit(limit)
        except InvalidBudget as error:
            raise forms.ValidationError(error.message) from error
        return limit

    def budget(self) -> TokenBudget | None:
        """What it may spend. Only after `is_valid()`."""
        limit = self.cleaned_data["limit_usd"]
        period = self.cleaned_data["period"] or Budget.Period.MONTH
        return None if limit is None else TokenBudget(limit, period)
