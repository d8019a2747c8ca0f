"""The REST API for staff: ask for a comparison, and read what came of it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from accounts.models import User
from billing.api.views import StaffView
from billing.models import ReconciledBucket, Reconciliation
from billing.money import format_usd
from runs.errors import InvalidSubmission
from runs.reconcile.counts import Kind
from runs.reconcile.errors import BadExport
from runs.reconcile.selectors import buckets_of, reconciliations
from runs.reconcile.services import ask_to_fetch, ask_with_file
from web.serializers import StrictSerializer
from web.views import ListView

MAX_DOCUMENT = 2_000_000
MAX_KEYS = 20
KINDS = [(kind.value, kind.name) for kind in Kind]
ORDERINGS: dict[str, tuple[str, ...]] = {"": ("id",)}


class CountsSerializer(serializers.Serializer[Any]):
    """Requests and their tokens in disjoint buckets; those of a difference may be negative."""

    requests = serializers.IntegerField()
    fresh_input = serializers.IntegerField()
    cached_input = serializers.IntegerField()
    cache_write = serializers.IntegerField()
    output = serializers.IntegerField()


class DifferenceSerializer(CountsSerializer):
    """All differences of one kind: the provider's side less the ledger's."""

    kind = serializers.ChoiceField(KINDS)
    rows = serializers.IntegerField()
    usd = serializers.CharField(help_text="Tokens at the models' base prices.")


class ResolvedSerializer(serializers.Serializer[Any]):
    """A call in doubt whose exact usage was found."""

    run_id = serializers.UUIDField()
    step_key = serializers.CharField()
    model = serializers.CharField()
    was_usd = serializers.CharField()
    is_usd = serializers.CharField()


class ReconciliationSerializer(serializers.ModelSerializer[Reconciliation]):
    """One comparison. It has ended once `state` is `agrees`, `differs` or `failed`."""

    by = serializers.EmailField(source="by.email", allow_null=True, default=None)
    api_keys = serializers.ListField(child=serializers.CharField())
    provider_totals = serializers.SerializerMethodField()
    ledger_totals = serializers.SerializerMethodField()
    differences = DifferenceSerializer(many=True)
    resolved = ResolvedSerializer(many=True)

    class Meta:
        model = Reconciliation
        fields = [
            *("id", "created_at", "finished_at", "by", "provider", "source", "name", "digest"),
            *("api_keys", "state", "progress", "error", "starts_at", "ends_at"),
            *("provider_totals", "ledger_totals", "differences", "resolved", "unexplained"),
        ]
        read_only_fields = fields

    @extend_schema_field(CountsSerializer(allow_null=True))
    def get_provider_totals(self, one: Reconciliation) -> dict[str, int] | None:
        """Null until it was compared."""
        return one.provider_totals or None

    @extend_schema_field(CountsSerializer(allow_null=True))
    def get_ledger_totals(self, one: Reconciliation) -> dict[str, int] | None:
        """Null until it was compared."""
        return one.ledger_totals or None


class NewReconciliationSerializer(StrictSerializer[Any]):
    """A document, or the time to fetch."""

    provider = serializers.CharField(required=False, default="", max_length=40)
    name = serializers.CharField(required=False, default="", max_length=200)
    document = serializers.CharField(
        required=False,
        max_length=MAX_DOCUMENT,
        trim_whitespace=False,
        help_text="JSON pages as the provider's API gives them, or the documented CSV, as text.",
    )
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    api_keys = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        max_length=MAX_KEYS,
        help_text="Ids of this site's own keys; what others used is not ours.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        times = [name for name in ("starts_at", "ends_at") if name in attrs]
        if ("document" in attrs) == bool(times) or len(times) == 1:
            raise serializers.ValidationError("Give a document, or starts_at and ends_at.")
        return attrs


class BucketSerializer(serializers.ModelSerializer[ReconciledBucket]):
    """One model in one span of time, both sides. An empty `kind` says that they agree."""

    provider = CountsSerializer()
    ledger = CountsSerializer()
    kind = serializers.ChoiceField(KINDS, allow_blank=True)
    usd = serializers.SerializerMethodField(
        help_text="What the difference comes to at the model's base prices; null without any."
    )

    class Meta:
        model = ReconciledBucket
        fields = [
            *("starts_at", "ends_at", "model", "provider", "ledger", "kind", "usd"),
            "about_costs",
        ]
        read_only_fields = fields

    def get_usd(self, bucket: ReconciledBucket) -> str | None:
        """Signed, without trailing zeros."""
        return None if bucket.usd is None else format_usd(bucket.usd)


class ReconciliationListView(StaffView, ListView[Any]):
    """Comparisons with providers' bills."""

    serializer_class = ReconciliationSerializer
    queryset = Reconciliation.objects.none()

    def get_queryset(self) -> QuerySet[Reconciliation]:
        """All of them."""
        return reconciliations()

    @extend_schema(
        operation_id="admin_reconciliations_list", responses=ReconciliationSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List comparisons of providers' bills with the ledger, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ReconciliationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="admin_reconciliations_create",
        request=NewReconciliationSerializer,
        responses={202: ReconciliationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Hold a provider's bill against the ledger; a worker does it.

        Give an export as `document`, or `starts_at` and `ends_at` to have it fetched. Exact usage
        that it finds resolves calls in doubt.
        """
        form = NewReconciliationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        one = _asked(form.validated_data, caller_of(request).user)
        return Response(ReconciliationSerializer(one).data, status=202)


class ReconciliationView(StaffView):
    """One comparison."""

    @extend_schema(operation_id="admin_reconciliations_read", responses=ReconciliationSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Read a comparison: how far it is, then its totals and differences by kind."""
        one = get_object_or_404(reconciliations(), pk=pk)
        return Response(ReconciliationSerializer(one).data)


class BucketListView(StaffView, ListView[Any]):
    """The rows of one comparison."""

    serializer_class = BucketSerializer
    queryset = ReconciledBucket.objects.none()
    orderings = ORDERINGS

    @extend_schema(
        operation_id="admin_reconciliations_buckets", responses=BucketSerializer(many=True)
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """List a comparison's rows in order, those that agree as well."""
        one = get_object_or_404(reconciliations(), pk=pk)
        page = self.paginate_queryset(buckets_of(one, differing=False))
        return self.get_paginated_response(BucketSerializer(page, many=True).data)


def _asked(given: dict[str, Any], by: User) -> Reconciliation:
    common = {"provider": given["provider"], "api_keys": given["api_keys"], "by": by}
    if "document" not in given:
        return ask_to_fetch(start=given["starts_at"], end=given["ends_at"], **common)
    try:
        return ask_with_file(name=given["name"], text=given["document"], **common)
    except BadExport as problem:
        raise InvalidSubmission(problem.message, field="document") from None
