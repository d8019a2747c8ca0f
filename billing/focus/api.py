"""The FOCUS export over the API."""

from datetime import date
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.caller import caller_of
from accounts.models import Scope
from accounts.permissions import check_scopes
from billing.focus.columns import BillingAccount
from billing.focus.selectors import focus_csv
from web.downloads import CsvView, download
from web.public import public_name

FIRST_YEAR, LAST_YEAR = 2000, 2999
PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, required=True, description="First day, UTC."),
    OpenApiParameter(
        "to", OpenApiTypes.DATE, required=True, description="Last day, UTC, included."
    ),
    OpenApiParameter("scope", str, enum=["mine", "site"], description="Staff: site."),
    OpenApiParameter("dollars", str, enum=["real", "simulated"]),
]


class FocusQuery(serializers.Serializer[Any]):
    """Which days, both included, whose, and which dollars."""

    scope = serializers.ChoiceField(["mine", "site"], default="mine")
    dollars = serializers.ChoiceField(["real", "simulated"], default="real")

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name in Python."""
        days = {name: serializers.DateField() for name in ("from", "to")}
        return {**days, **super().get_fields()}

    def validate_scope(self, scope: str) -> str:
        """`site` is for staff."""
        if scope == "site" and not self.context["staff"]:
            raise serializers.ValidationError("Only staff see the whole site.")
        return scope

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Days that there are, in their order."""
        first: date = attrs["from"]
        last: date = attrs["to"]
        if not (first.year >= FIRST_YEAR and first <= last and last.year <= LAST_YEAR):
            raise serializers.ValidationError({"from": ["Ask for days, the first one first."]})
        return attrs


class FocusView(CsvView):
    """What was charged, for FinOps tools."""

    queries: ClassVar[dict[str, Any]] = {"GET": FocusQuery}
    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    @extend_schema(
        operation_id="usage_focus",
        parameters=PARAMETERS,
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Download the charges of some days as FOCUS 1.2: a row a ledger line and token bucket."""
        caller = caller_of(request)
        asked = self.query(request, staff=caller.user.is_staff)
        if asked["scope"] == "site":
            check_scopes(caller, [Scope.ADMIN])
            days = f"{asked['from']} {asked['to']}"
            record(Action.DATA_DOWNLOADED, about=("FOCUS export", days))
        lines = focus_csv(
            first=asked["from"],
            last=asked["to"],
            owner=None if asked["scope"] == "site" else caller.user,
            simulated=asked["dollars"] == "simulated",
            account=BillingAccount(public_name(request._request)),
        )
        name = f"focus-{asked['from']}-{asked['to']}.csv"
        return download(request._request, lines, content_type="text/csv", name=name)
