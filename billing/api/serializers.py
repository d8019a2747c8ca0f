"""How budgets look in the API."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import ApiToken, User
from billing.api.fields import UsdField, UsdText
from billing.models import Budget
from billing.selectors.budgets import BudgetState, Pace
from web.serializers import StrictSerializer


class PaceSerializer(serializers.Serializer[Pace]):
    """By what was spent and held in the last five minutes."""

    usd_a_minute = UsdField()
    minutes_left = serializers.DecimalField(
        None, 1, help_text="At that pace, until nothing is left."
    )


class BudgetSerializer(serializers.Serializer[BudgetState]):
    """A budget in its present period. `resets_at` is null for a total."""

    id = serializers.UUIDField(source="budget.pk")
    scope = serializers.ChoiceField(Budget.Scope.choices, source="budget.scope")
    period = serializers.ChoiceField(Budget.Period.choices, source="budget.period")
    timezone = serializers.CharField(source="budget.timezone")
    hard = serializers.BooleanField(source="budget.hard")
    limit_usd = UsdField()
    settled_usd = UsdField()
    held_usd = UsdField()
    remaining_usd = UsdField()
    resets_at = serializers.DateTimeField(allow_null=True)
    raised = serializers.BooleanField(
        help_text="Whether staff raised `limit_usd` for this period alone."
    )
    pace = PaceSerializer(
        allow_null=True, help_text="How fast it empties; null where that is after it resets."
    )
    token = serializers.UUIDField(
        source="budget.api_token_id", allow_null=True, help_text="The token that it limits."
    )


class AdminBudgetSerializer(BudgetSerializer):
    """A budget as staff see it: with the user that it limits."""

    user = serializers.EmailField(source="budget.user.email", default=None, allow_null=True)


class NewBudgetSerializer(StrictSerializer[Budget]):
    """What staff say of a new budget. A user's names its `user`, a token's its `token`."""

    scope = serializers.ChoiceField(Budget.Scope.choices)
    user = serializers.CharField(required=False, allow_null=True, max_length=254)
    token = serializers.UUIDField(required=False, allow_null=True)
    period = serializers.ChoiceField(Budget.Period.choices)
    timezone = serializers.CharField(default="UTC", max_length=64)
    limit_usd = UsdText(max_digits=20, decimal_places=12)
    hard = serializers.BooleanField(default=True)

    def validate_user(self, email: str | None) -> User | None:
        """The user with this address."""
        user = User.objects.with_address(email) if email else None
        if email and user is None:
            raise serializers.ValidationError("No user has this address.")
        return user

    def validate_token(self, pk: UUID | None) -> ApiToken | None:
        """The token with this id."""
        token = ApiToken.objects.filter(pk=pk).first() if pk else None
        if pk and token is None:
            raise serializers.ValidationError("There is no such token.")
        if token is not None and token.revoked_at is not None:
            raise serializers.ValidationError("This token is revoked.")
        return token


class BudgetChangeSerializer(StrictSerializer[Budget]):
    """What can be changed of a budget; for anything else, make a new one."""

    limit_usd = UsdText(required=False, max_digits=20, decimal_places=12)
    hard = serializers.BooleanField(required=False)
    this_period_only = serializers.BooleanField(
        default=False,
        help_text="Raise `limit_usd` until the budget resets; the next period has the old one.",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The fields; those that are fixed say so, unknown ones are named."""
        fixed = set(NewBudgetSerializer().fields) - set(self.fields)
        given = sorted(fixed & set(data)) if isinstance(data, Mapping) else []
        if given:
            message = "This can't be changed: delete the budget and set a new one."
            raise serializers.ValidationError({name: [message] for name in given})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A raise has a limit, and changes nothing else."""
        if attrs["this_period_only"] and set(attrs) != {"this_period_only", "limit_usd"}:
            message = "With this goes `limit_usd`, and nothing else."
            raise serializers.ValidationError({"this_period_only": [message]})
        return attrs
