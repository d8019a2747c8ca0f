"""`/api/v1/me/`: the caller's account and budgets together; accounts know nothing of money."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import MeSerializer as AccountSerializer
from accounts.api.views import ANY_TOKEN, account_of
from accounts.caller import caller_of
from accounts.models import Scope
from billing.api.serializers import BudgetSerializer
from billing.selectors.budgets import budgets_of, states
from billing.selectors.pace import with_pace
from web.views import ApiView


class MeSerializer(AccountSerializer):
    """The signed-in user, the limits and the budgets; these are null without `usage:read`."""

    budgets = BudgetSerializer(many=True, allow_null=True)

    class Meta(AccountSerializer.Meta):
        fields = [*AccountSerializer.Meta.fields, "budgets"]
        read_only_fields = fields


class MeView(ApiView):
    """Who is calling."""

    required_scopes: ClassVar[dict[str, str | None]] = ANY_TOKEN

    @extend_schema(operation_id="me_retrieve", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The signed-in user, the token in use, rate limits and budgets."""
        caller = caller_of(request)
        budgets = states(budgets_of(caller.user)) if caller.may(Scope.USAGE_READ) else None
        shown: Any = account_of(caller) | {"budgets": budgets and with_pace(budgets)}
        return Response(MeSerializer(shown).data)
