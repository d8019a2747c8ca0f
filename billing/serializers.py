"""How money and budgets look in the API."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import ApiToken, User
from billing.models import Budget
from billing.money import format_usd
from billing.selectors.budgets import BudgetState

USD = re.compile(r"[0-9]+(\.[0-9]+)?")


@extend_schema_field({"type": "string", "format": "decimal", "examples": ["0.00425"]})
class UsdField(serializers.Field[Decimal, Any, str, Decimal]):
    """US dollars as an exact decimal string; read-only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Decimal) -> str:
        """The amount, without an exponent or trailing zeros."""
        return format_usd(value)


class UsdText(serializers.DecimalField):
    """US dollars as a decimal string; a JSON number would already have lost digits."""

    default_error_messages = {
        "text": 'Write dollars as a decimal string, such as "0.20".',
    }

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """An empty string is no amount; DRF would take it for null."""
        return (False, data) if isinstance(data, str) else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact amount."""
        if not (isinstance(data, str) and USD.fullmatch(data)):
            self.fail("text")
        return super().to_internal_value(data)


def refuse_unknown(serializer: serializers.Serializer[Any], data: Any) -> None:
    """Raise `ValidationError` for each name in `data` that the serializer doesn't know."""
    if isinstance(data, Mapping):
        unknown = [name for name in data if name not in serializer.fields]
        if unknown:
            raise serializers.ValidationError({name: ["Unknown field."] for name in unknown})


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


class AdminBudgetSerializer(BudgetSerializer):
    """A budget as staff see it: with the user or the token that it limits."""

    user = serializers.EmailField(source="budget.user.email", default=None, allow_null=True)
    token = serializers.UUIDField(source="budget.api_token_id", allow_null=True)


class NewBudgetSerializer(serializers.Serializer[Budget]):
    """What staff say of a new budget. A user's names its `user`, a token's its `token`."""

    scope = serializers.ChoiceField(Budget.Scope.choices)
    user = serializers.EmailField(required=False, allow_null=True)
    token = serializers.UUIDField(required=False, allow_null=True)
    period = serializers.ChoiceField(Budget.Period.choices)
    timezone = serializers.CharField(default="UTC", max_length=64)
    limit_usd = UsdText(max_digits=20, decimal_places=12)
    hard = serializers.BooleanField(default=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The fields, with unknown ones named."""
        refuse_unknown(self, data)
        return dict(super().to_internal_value(data))

    def validate_user(self, email: str | None) -> User | None:
        """The user with this address."""
        user = User.objects.filter(email__iexact=email).first() if email else None
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


class BudgetChangeSerializer(serializers.Serializer[Budget]):
    """What can be changed of a budget; for anything else, make a new one."""

    limit_usd = UsdText(required=False, max_digits=20, decimal_places=12)
    hard = serializers.BooleanField(required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The fields; those that are fixed say so, unknown ones are named."""
        fixed = set(NewBudgetSerializer().fields) - set(self.fields)
        given = sorted(fixed & set(data)) if isinstance(data, Mapping) else []
        if given:
            message = "This can't be changed: delete the budget and set a new one."
            raise serializers.ValidationError({name: [message] for name in given})
        refuse_unknown(self, data)
        return dict(super().to_internal_value(data))
