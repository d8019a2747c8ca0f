"""The API of budgets: one's own to read, and all of them for staff to set."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from accounts.models import Scope
from accounts.permissions import Administers
from billing.api.serializers import (
    AdminBudgetSerializer,
    BudgetChangeSerializer,
    BudgetSerializer,
    NewBudgetSerializer,
)
from billing.models import Budget
from billing.selectors.budgets import budgets_of, listed_budgets, states
from billing.selectors.pace import with_pace
from billing.services import change_budget, create_budget, delete_budget, raise_budget
from web.views import ApiView, ListView

ORDERINGS: dict[str, tuple[str, ...]] = {"": ("id",)}


class BudgetListView(ListView[Any]):
    """The caller's budgets: the site's, the user's and those of the user's tokens."""

    serializer_class = BudgetSerializer
    queryset = Budget.objects.none()
    orderings = ORDERINGS
    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    def get_queryset(self) -> QuerySet[Budget]:
        """The caller's own."""
        return budgets_of(caller_of(self.request).user)

    @extend_schema(operation_id="budgets_list", responses=BudgetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List my budgets with what is settled, held and left in their present period."""
        return self.get_paginated_response(BudgetSerializer(_page(self), many=True).data)


class StaffView(ApiView):
    """What only staff may do; a token needs the scope `admin`."""

    permission_classes = (IsAuthenticated, Administers)


class AdminBudgetListView(StaffView, ListView[Any]):
    """All budgets but those of revoked tokens."""

    serializer_class = AdminBudgetSerializer
    queryset = listed_budgets()
    orderings = ORDERINGS

    @extend_schema(operation_id="admin_budgets_list", responses=AdminBudgetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all budgets but those of revoked tokens, which are still found by their id."""
        return self.get_paginated_response(AdminBudgetSerializer(_page(self), many=True).data)

    @extend_schema(
        operation_id="admin_budgets_create",
        request=NewBudgetSerializer,
        responses={201: AdminBudgetSerializer},
    )
    def post(self, request: Request) -> Response:
        """Set a budget. What is spent and held in its present period counts from the start."""
        form = NewBudgetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(form.validated_data)
        fields["api_token"] = fields.pop("token", None)
        return Response(_body(create_budget(**fields)), status=201)


class AdminBudgetView(StaffView):
    """One budget."""

    @extend_schema(operation_id="admin_budgets_retrieve", responses=AdminBudgetSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Read a budget."""
        return Response(_body(_found(pk)))

    @extend_schema(
        operation_id="admin_budgets_update",
        request=BudgetChangeSerializer,
        responses=AdminBudgetSerializer,
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change its limit, from the present period on or for that alone, or whether it is hard."""
        budget = _changeable(request, pk)
        form = BudgetChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        change = raise_budget if fields.pop("this_period_only") else change_budget
        try:
            return Response(_body(change(budget=budget, **fields)))
        except Budget.DoesNotExist as gone:
            raise Http404 from gone

    @extend_schema(operation_id="admin_budgets_delete", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it away; the ledger keeps what was spent."""
        delete_budget(budget=_changeable(request, pk))
        return Response(status=204)


def _page(view: ListView[Any]) -> Any:
    rows = view.paginate_queryset(view.get_queryset()) or []
    by_id = {state.budget.pk: state for state in with_pace(states(_all([row.pk for row in rows])))}
    return [by_id[row.pk] for row in rows if row.pk in by_id]


def _all(ids: list[UUID]) -> QuerySet[Budget]:
    return Budget.objects.filter(pk__in=ids)


def _body(budget: Budget) -> Any:
    (state,) = with_pace(states(_all([budget.pk])))
    return AdminBudgetSerializer(state).data


def _found(pk: UUID) -> Budget:
    budget = Budget.objects.filter(pk=pk).first()
    if budget is None:
        raise Http404
    return budget


def _changeable(request: Request, pk: UUID) -> Budget:
    """The budget; a token may not lift what limits it."""
    budget = _found(pk)
    if budget.api_token_id and caller_of(request).token_id == budget.api_token_id:
        raise PermissionDenied("A token can't change its own budget.")
    return budget
