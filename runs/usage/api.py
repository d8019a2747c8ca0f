"""The usage report over the API."""

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from accounts.models import Scope
from accounts.permissions import check_scopes
from billing.api.fields import UsdField
from runs.usage.selectors import UsageRow, usage_report
from web.serializers import EnvelopeSerializer
from web.views import ApiView

GROUPS = ("day", "model", "pattern")
STAFF_GROUPS = (*GROUPS, "user")
DEFAULT_DAYS = 30
MAX_DAYS = 366
FIRST_YEAR, LAST_YEAR = 2000, 2999


class UsageQuery(serializers.Serializer[Any]):
    """Which days, whose, and how they are grouped. Both days are included, in UTC."""

    group_by = serializers.CharField(default="day")
    scope = serializers.ChoiceField(["mine", "site"], default="mine")

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name in Python."""
        days = {name: serializers.DateField(required=False) for name in ("from", "to")}
        return {**days, **super().get_fields()}

    def validate_group_by(self, text: str) -> list[str]:
        """A comma-separated list; `user` is for staff."""
        names = list(dict.fromkeys(name.strip() for name in text.split(",")))
        known = STAFF_GROUPS if self.context["staff"] else GROUPS
        if unknown := [name for name in names if name not in known]:
            raise serializers.ValidationError(
                f"Can't group by “{unknown[0]}”. Known: {', '.join(known)}."
            )
        return names

    def validate_scope(self, scope: str) -> str:
        """`site` is for staff."""
        if scope == "site" and not self.context["staff"]:
            raise serializers.ValidationError("Only staff see the whole site.")
        return scope

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the last 30 days; refuse more than a year."""
        given = [name for name in ("from", "to") if name in attrs]
        bad = [name for name in given if not FIRST_YEAR <= attrs[name].year <= LAST_YEAR]
        if bad:
            raise serializers.ValidationError({name: ["No such day here."] for name in bad})
        last = attrs.setdefault("to", timezone.now().date())
        first = attrs.setdefault("from", last - timedelta(days=DEFAULT_DAYS - 1))
        if not 0 <= (last - first).days < MAX_DAYS:
            message = f"Ask for 1 to {MAX_DAYS} days, the first one first."
            raise serializers.ValidationError({"from": [message]})
        return attrs


class UsageRowSerializer(serializers.Serializer[UsageRow]):
    """Sums of one group. Only the groups that were asked for are there."""

    day = serializers.DateField(required=False, source="groups.day")
    model = serializers.CharField(
        required=False,
        source="groups.model",
        help_text="The model that was charged; of `runs` and `saved_usd`, the one chosen.",
    )
    pattern = serializers.CharField(required=False, source="groups.pattern")
    user = serializers.CharField(required=False, source="groups.user")
    simulated = serializers.BooleanField()
    cost_usd = UsdField()
    saved_usd = UsdField()
    runs = serializers.IntegerField(help_text="Submitted on these days.")
    charged_runs = serializers.IntegerField(help_text="First charged on these days.")
    llm_calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()


class UsageReportSerializer(EnvelopeSerializer):
    """A usage report."""

    scope = serializers.CharField()
    group_by = serializers.ListField(child=serializers.CharField())
    results = UsageRowSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name in Python."""
        days = {name: serializers.DateField() for name in ("from", "to")}
        return {**days, **super().get_fields()}


class UsageView(ApiView):
    """What was used."""

    queries: ClassVar[dict[str, Any]] = {"GET": UsageQuery}
    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    @extend_schema(
        operation_id="usage",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day, UTC."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day, UTC, included."),
            OpenApiParameter(
                "group_by", str, description="day, model, pattern (staff: user), by commas."
            ),
            OpenApiParameter("scope", str, enum=["mine", "site"], description="Staff: site."),
        ],
        responses=UsageReportSerializer,
    )
    def get(self, request: Request) -> Response:
        """Sum up spend, tokens, calls, runs and savings; simulated dollars stay apart."""
        caller = caller_of(request)
        user = caller.user
        asked = self.query(request, staff=user.is_staff)
        if asked["scope"] == "site" or "user" in asked["group_by"]:
            check_scopes(caller, [Scope.ADMIN])
        rows = usage_report(
            asked["group_by"],
            first=asked["from"],
            last=asked["to"],
            owner=None if asked["scope"] == "site" else user,
        )
        report = {"next": None, "previous": None, "results": rows, **asked}
        return Response(UsageReportSerializer(report).data)
