"""`/api/v1/me/`: the caller's account and budgets together; accounts know nothing of money."""

from typing import Any, ClassVar, cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ANY_TOKEN, account_of
from accounts.models import ApiToken, Scope, User
from accounts.serializers import MeSerializer as AccountSerializer
from billing.selectors.budgets import budgets_of, states
from billing.serializers import BudgetSerializer


class MeSerializer(AccountSerializer):
    """The signed-in user, the limits and the budgets; these are null without `usage:read`."""

    budgets = BudgetSerializer(many=True, allow_null=True)

    class Meta(AccountSerializer.Meta):
        fields = [*AccountSerializer.Meta.fields, "budgets"]
        read_only_fields = fields


class MeView(APIView):
    """Who is calling."""

    required_scopes: ClassVar[dict[str, str | None]] = ANY_TOKEN

    @extend_schema(operation_id="me_retrieve", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The signed-in user, the token in use, rate limits and budgets."""
        reads = not isinstance(request.auth, ApiToken) or Scope.USAGE_READ in request.auth.scopes
        found = states(budgets_of(cast(User, request.user))) if reads else None
        shown: Any = account_of(request) | {"budgets": found}
        return Response(MeSerializer(shown).data)
