"""Invoices over the API."""

from datetime import date
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.caller import caller_of
from accounts.models import Scope
from billing.api.fields import UsdField
from billing.api.views import StaffView
from billing.invoices.csv_rows import invoice_csv
from billing.invoices.selectors import Invoice, InvoiceLine, invoice_of, invoices_of_all
from billing.models import Confidence
from billing.months import KEY
from web.downloads import CsvView, download
from web.views import ApiView

CSV = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)}
MONTH = OpenApiParameter(
    "month",
    {"type": "string", "pattern": f"^{KEY}$"},
    "path",
    description="As `2026-11`.",
)


class DollarsQuery(serializers.Serializer[Any]):
    """Which dollars: those that somebody pays, or the simulator's."""

    dollars = serializers.ChoiceField(["real", "simulated"], default="real")


class InvoiceLineSerializer(serializers.Serializer[InvoiceLine]):
    """Charges of one day, model and pattern that are equally sure."""

    day = serializers.DateField()
    model = serializers.CharField()
    pattern = serializers.CharField()
    confidence = serializers.ChoiceField(Confidence.choices)
    reversal = serializers.BooleanField(help_text="It takes back a charge, and is negative.")
    calls = serializers.IntegerField()
    fresh_input_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    amount_usd = UsdField()


class InvoiceSerializer(serializers.Serializer[Invoice]):
    """A user's month; `total_usd` is the sum of the ledger, to the last digit."""

    number = serializers.CharField()
    month = serializers.CharField(source="month.key")
    timezone = serializers.CharField(
        source="month.timezone", help_text="Of your own budget, else of the site's, else UTC."
    )
    starts_at = serializers.DateTimeField(source="month.starts_at")
    ends_at = serializers.DateTimeField(source="month.ends_at")
    month_over = serializers.BooleanField(source="month.over")
    simulated = serializers.BooleanField()
    total_usd = UsdField()
    estimated_usd = UsdField()
    in_doubt_usd = UsdField()
    lines = InvoiceLineSerializer(many=True)


def _simulated(asked: dict[str, Any]) -> bool:
    return bool(asked["dollars"] == "simulated")


class InvoiceView(ApiView):
    """One of the caller's months."""

    queries: ClassVar[dict[str, Any]] = {"GET": DollarsQuery}
    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    @extend_schema(
        operation_id="invoice", parameters=[MONTH, DollarsQuery], responses=InvoiceSerializer
    )
    def get(self, request: Request, month: date) -> Response:
        """Read the invoice of a month: a line a day, model and pattern."""
        return Response(InvoiceSerializer(self.invoice(request, month)).data)

    def invoice(self, request: Request, month: date) -> Invoice:
        """The caller's own."""
        simulated = _simulated(self.query(request))
        return invoice_of(caller_of(request).user, month, simulated=simulated)


class InvoiceCsvView(CsvView, InvoiceView):
    """The same for a spreadsheet."""

    @extend_schema(operation_id="invoice_csv", parameters=[MONTH, DollarsQuery], responses=CSV)
    def get(self, request: Request, month: date) -> StreamingHttpResponse:  # type: ignore[override]
        """Download the lines of the invoice as CSV."""
        invoice = self.invoice(request, month)
        name = f"invoice-{invoice.number}.csv"
        rows = invoice_csv([invoice])
        return download(request._request, rows, content_type="text/csv", name=name)


class AllInvoicesView(CsvView, StaffView):
    """Everyone's month, for staff."""

    queries: ClassVar[dict[str, Any]] = {"GET": DollarsQuery}

    @extend_schema(
        operation_id="admin_invoices_csv", parameters=[MONTH, DollarsQuery], responses=CSV
    )
    def get(self, request: Request, month: date) -> StreamingHttpResponse:
        """Download the lines of all users' invoices as CSV, each in its user's time zone."""
        simulated = _simulated(self.query(request))
        record(Action.DATA_DOWNLOADED, about=("invoices", f"{month:%Y-%m}"))
        rows = invoice_csv(invoices_of_all(month, simulated=simulated))
        name = f"invoices-{month:%Y-%m}.csv"
        return download(request._request, rows, content_type="text/csv", name=name)
