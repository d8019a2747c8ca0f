"""Making API tokens, which may have a budget from the start."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import KeyedTokenSerializer
from accounts.api.serializers import NewTokenSerializer as AccountSerializer
from accounts.api.views import ONLY_SESSIONS, TokenListView
from accounts.caller import caller_of
from accounts.models import ApiToken, Scope
from accounts.permissions import ChangedByPeople
from accounts.presence import must_confirm
from accounts.problems import ReauthenticationNeeded
from accounts.throttling import TokenThrottle
from billing.api.fields import UsdText
from billing.api.serializers import BudgetSerializer
from billing.models import Budget
from billing.selectors.budgets import BudgetState, states
from billing.services import TokenBudget, create_budgeted_token
from web.serializers import StrictSerializer
from web.views import ApiView


class TokenBudgetSerializer(StrictSerializer[Any]):
    """What the token may spend at most."""

    limit_usd = UsdText(max_digits=20, decimal_places=12)
    period = serializers.ChoiceField(Budget.Period.choices, default=Budget.Period.MONTH)


class NewTokenSerializer(AccountSerializer):
    """What a new token needs. Without an expiry it ends after 90 days; null is never."""

    budget = TokenBudgetSerializer(required=False, allow_null=True)

    def validate_budget(self, given: dict[str, Any] | None) -> TokenBudget | None:
        """As the service takes it."""
        return None if given is None else TokenBudget(**given)


class CreatedTokenSerializer(KeyedTokenSerializer):
    """A new token with its key, which is shown this once, and with its budget."""

    budget = BudgetSerializer(allow_null=True)

    class Meta(KeyedTokenSerializer.Meta):
        fields = [*KeyedTokenSerializer.Meta.fields, "budget"]
        read_only_fields = fields


class NewTokenView(TokenListView):
    """The caller's API tokens. Only a signed-in person makes one."""

    permission_classes = [*ApiView.permission_classes, ChangedByPeople]
    throttle_classes = [TokenThrottle]

    @extend_schema(
        operation_id="tokens_create",
        request=NewTokenSerializer,
        responses={201: CreatedTokenSerializer},
        auth=ONLY_SESSIONS,
    )
    def post(self, request: Request) -> Response:
        """Create a token. Its key is in this answer and never shown again.

        403 while the caller's address is not verified; 409 once there are 50 tokens that work.
        """
        form = NewTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = caller_of(request).user
        administers = Scope.ADMIN in form.validated_data.get("scopes", ())
        if user.is_staff and administers and must_confirm(request._request):
            raise ReauthenticationNeeded
        scopes = [scope for scope in Scope.values if scope != Scope.ADMIN]
        fields: dict[str, Any] = {"budget": None, "scopes": scopes, **form.validated_data}
        token, key = create_budgeted_token(user=user, **fields)
        shown: Any = token
        shown.key, shown.budget = key, _budget_of(token)
        return Response(CreatedTokenSerializer(shown).data, status=201)


def _budget_of(token: ApiToken) -> BudgetState | None:
    return next(iter(states(Budget.objects.filter(api_token=token))), None)
