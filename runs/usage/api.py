"""The usage report over the API."""

from datetime import timedelta
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.caller import caller_of
from accounts.models import Scope
from accounts.permissions import check_scopes
from billing.api.fields import UsdField
from runs.usage.ranges import FIRST_YEAR, month_of
from runs.usage.selectors import (
    LABELS,
    SOURCES,
    Forecast,
    UsageRow,
    forecasts,
    usage_report,
)
from web.csv_lines import csv_lines
from web.downloads import CsvView, download
from web.serializers import EnvelopeSerializer
from web.snapshot import one_snapshot
from web.views import ApiView

GROUPS = ("day", "model", "pattern", *LABELS)
STAFF_GROUPS = (*GROUPS, "user")
DEFAULT_DAYS = 30
MAX_DAYS = 366
MAX_DAYS_BY_LABEL = 93
LAST_YEAR = 2999


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
        most = MAX_DAYS_BY_LABEL if set(LABELS) & set(attrs["group_by"]) else MAX_DAYS
        if not 0 <= (last - first).days < most:
            message = f"Ask for 1 to {most} days, the first one first."
            raise serializers.ValidationError({"from": [message]})
        return attrs


class UsageRowSerializer(serializers.Serializer[UsageRow]):
    """Sums of one group. Only the groups that were asked for are there."""

    day = serializers.DateField(required=False, source="groups.day")
    model = serializers.CharField(
        required=False,
        source="groups.model",
        help_text="The model that was charged; of `runs` and savings, the one chosen.",
    )
    pattern = serializers.CharField(required=False, source="groups.pattern")
    user = serializers.CharField(required=False, source="groups.user")
    session_id = serializers.CharField(
        required=False, source="groups.session_id", help_text="Empty: of runs without one."
    )
    customer = serializers.CharField(
        required=False, source="groups.customer", help_text="Empty: of runs without one."
    )
    tag = serializers.CharField(
        required=False,
        source="groups.tag",
        help_text="A run is in the row of each of its tags. Empty: of runs without one.",
    )
    simulated = serializers.BooleanField()
    cost_usd = UsdField()
    saved_usd = UsdField()
    routing_saved_usd = UsdField(
        help_text="Of simple tasks that `auto` gave to the cheap model: what their tokens would "
        "have cost at the strong one, less what they cost."
    )
    runs = serializers.IntegerField(help_text="Submitted on these days.")
    charged_runs = serializers.IntegerField(help_text="First charged on these days.")
    llm_calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    prompt_cache_hit_rate = serializers.FloatField(
        allow_null=True, help_text="`cached_input_tokens` of `input_tokens`, from 0 to 1."
    )
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


PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day, UTC."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Last day, UTC, included."),
    OpenApiParameter(
        "group_by",
        str,
        description="day, model, pattern, session_id, customer, tag (staff: user), by commas. "
        "Of sessions, customers and tags, up to 93 days.",
    ),
    OpenApiParameter("scope", str, enum=["mine", "site"], description="Staff: site."),
]


class ReportView(ApiView):
    """What the report and its export have in common."""

    queries: ClassVar[dict[str, Any]] = {"GET": UsageQuery}
    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    @one_snapshot
    def report(self, request: Request) -> dict[str, Any]:
        """What the query asks for, at one moment. Raises `ValidationError`, `PermissionDenied`."""
        caller = caller_of(request)
        asked = self.query(request, staff=caller.user.is_staff)
        if asked["scope"] == "site" or "user" in asked["group_by"]:
            check_scopes(caller, [Scope.ADMIN])
        rows = usage_report(
            asked["group_by"],
            first=asked["from"],
            last=asked["to"],
            owner=None if asked["scope"] == "site" else caller.user,
        )
        return {"next": None, "previous": None, "results": rows, **asked}


class UsageView(ReportView):
    """What was used."""

    @extend_schema(operation_id="usage", parameters=PARAMETERS, responses=UsageReportSerializer)
    def get(self, request: Request) -> Response:
        """Sum up spend, tokens, calls, runs and savings; simulated dollars stay apart."""
        return Response(UsageReportSerializer(self.report(request)).data)


class UsageExportView(CsvView, ReportView):
    """What was used, for a spreadsheet."""

    @extend_schema(
        operation_id="usage_export",
        parameters=PARAMETERS,
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """The rows of the usage report as CSV; texts that look like formulas get an apostrophe."""
        report = self.report(request)
        if report["scope"] == "site":
            days = f"{report['from']} {report['to']}"
            record(Action.DATA_DOWNLOADED, about=("usage of the site", days))
        groups = report["group_by"]
        figures = [str(name) for name in UsageRowSerializer().fields if str(name) not in SOURCES]
        rows = (UsageRowSerializer(row).data for row in report["results"])
        lines = csv_lines(rows, [*groups, *figures], groups)
        name = f"usage-{report['from']}-{report['to']}.csv"
        return download(request._request, lines, content_type="text/csv", name=name)


class BandSerializer(serializers.Serializer[Any]):
    """Half of such months end below `p50_usd`, and eight of ten between the other two."""

    p50_usd = UsdField(source="p50")
    low_usd = UsdField(source="low")
    high_usd = UsdField(source="high")


class ForecastSerializer(serializers.Serializer[Forecast]):
    """A month so far, and its end; where `end` is null, `reason` says why."""

    so_far_usd = UsdField()
    end = BandSerializer(source="band", allow_null=True)
    reason = serializers.CharField(allow_null=True)
    days_of_history = serializers.IntegerField(help_text="Since the first charge.")


class MonthSerializer(serializers.Serializer[Any]):
    """This month, in both kinds of dollars."""

    timezone = serializers.CharField(help_text="Of the days: `UTC`, as in all usage.")
    real = ForecastSerializer()
    simulated = ForecastSerializer()

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name in Python."""
        days = {name: serializers.DateField() for name in ("from", "to")}
        return {**days, **super().get_fields()}


class ForecastView(ApiView):
    """Where this month ends."""

    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    @extend_schema(operation_id="usage_forecast", responses=MonthSerializer)
    def get(self, request: Request) -> Response:
        """Read what this month has cost so far, and where it ends by my own last weeks."""
        today = timezone.now().date()
        month = month_of(today.replace(day=1))
        real, simulated = forecasts(caller_of(request).user, today=today)
        found = {"from": month.first, "to": month.last, "timezone": "UTC"}
        return Response(MonthSerializer({**found, "real": real, "simulated": simulated}).data)
