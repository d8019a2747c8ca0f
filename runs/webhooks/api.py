"""The REST API of webhooks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import Caller, caller_of
from accounts.models import Scope
from accounts.permissions import check_scopes
from runs.webhook_models import (
    MAX_DESCRIPTION,
    TEST,
    DeliveryStatus,
    EventType,
    Format,
    Webhook,
    WebhookDelivery,
)
from runs.webhooks.limits import SendThrottle
from runs.webhooks.payload import payload_of
from runs.webhooks.services import (
    MOST_OVERLAP,
    USUAL_OVERLAP,
    change_webhook,
    create_webhook,
    delete_webhook,
    replay,
    rotate_secret,
    send_test,
)
from web.serializers import ObjectField, StrictSerializer
from web.views import ApiView, ListView

OF_MONEY = {EventType.BUDGET_THRESHOLD.value, EventType.ALERT.value}


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook, without its secret."""

    events = serializers.ListField(child=serializers.ChoiceField(EventType.choices))
    off_reason = serializers.SerializerMethodField(
        help_text="Why it was switched off, where its user didn't do that."
    )

    class Meta:
        model = Webhook
        fields = [
            *("id", "url", "format", "description", "events", "enabled", "created_at"),
            "delivered_at",
            *("failing_since", "off_reason", "off_at", "old_secret_until"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(Webhook.OffReason.choices, allow_null=True))
    def get_off_reason(self, webhook: Webhook) -> str | None:
        """Null where it is on, or its user switched it off."""
        return webhook.off_reason or None


class CreatedWebhookSerializer(WebhookSerializer):
    """A new webhook with its secret, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text="Empty in Slack’s format.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class WebhookChangeSerializer(StrictSerializer[Any]):
    """What is to be changed."""

    url = serializers.CharField(required=False, max_length=500)
    events = serializers.ListField(
        child=serializers.ChoiceField(EventType.choices), required=False, allow_empty=False
    )
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_DESCRIPTION
    )
    enabled = serializers.BooleanField(required=False)


class NewWebhookSerializer(StrictSerializer[Any]):
    """A new webhook; it is on."""

    url = serializers.CharField(max_length=500)
    events = serializers.ListField(
        child=serializers.ChoiceField(EventType.choices), allow_empty=False
    )
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_DESCRIPTION
    )
    format = serializers.ChoiceField(
        Format.choices,
        default=Format.STANDARD,
        help_text="`slack` posts to an incoming webhook of Slack, which is told of alerts alone.",
    )


class SecretRotationSerializer(StrictSerializer[Any]):
    """How long the old secret signs too."""

    overlap_s = serializers.IntegerField(
        required=False,
        default=int(USUAL_OVERLAP.total_seconds()),
        min_value=0,
        max_value=int(MOST_OVERLAP.total_seconds()),
    )


class AttemptSerializer(serializers.Serializer[Any]):
    """One attempt. `status` is the receiver's, null where it didn't answer."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(help_text="Why there was no answer; else empty.")
    body = serializers.CharField(help_text="The first 1,024 bytes of the answer.")
    duration_ms = serializers.IntegerField()


class DeliverySerializer(serializers.Serializer[WebhookDelivery]):
    """A message and its attempts."""

    id = serializers.UUIDField(help_text="The `webhook-id` that it is sent with.")
    type = serializers.ChoiceField([*EventType.choices, (TEST, "A test")])
    status = serializers.ChoiceField(DeliveryStatus.choices)
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.SerializerMethodField(help_text="Null unless it waits.")
    delivered_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True)
    payload = serializers.SerializerMethodField(
        help_text="What is sent; null for a token that may not read such figures."
    )

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        """When it is due."""
        if delivery.status != DeliveryStatus.WAITING:
            return None
        return serializers.DateTimeField().to_representation(delivery.due_at)

    @extend_schema_field(ObjectField(allow_null=True))
    def get_payload(self, delivery: WebhookDelivery) -> dict[str, Any] | None:
        """The message."""
        caller: Caller = self.context["caller"]
        if caller.lacks(*_scopes([delivery.type])):
            return None
        return payload_of(delivery.type, delivery.created_at, delivery.data)


class DeliveryQuery(serializers.Serializer[Any]):
    """Which messages."""

    status = serializers.ChoiceField(DeliveryStatus.choices, required=False)


def _scopes(events: Sequence[str]) -> list[str]:
    """What a token has to be able to read, to have it told."""
    needed = [Scope.USAGE_READ.value] if OF_MONEY & set(events) else []
    return [*needed, Scope.RUNS_READ.value] if set(events) - OF_MONEY else needed


def _own(request: Request, pk: UUID) -> Webhook:
    """The caller's webhook; Http404 for everyone else's."""
    found = Webhook.objects.visible_to(caller_of(request).user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _told(delivery: WebhookDelivery, request: Request, status: int = 200) -> Response:
    context = {"caller": caller_of(request)}
    return Response(DeliverySerializer(delivery, context=context).data, status=status)


class WebhookListView(ListView[Webhook]):
    """The caller's webhooks."""

    serializer_class = WebhookSerializer
    queryset = Webhook.objects.none()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"-created_at": ("-id",)}

    @extend_schema(operation_id="webhooks_list", responses=WebhookSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List webhooks, newest first."""
        own = Webhook.objects.visible_to(caller_of(request).user)
        page: Any = self.paginate_queryset(own)
        return self.get_paginated_response(WebhookSerializer(page, many=True).data)

    @extend_schema(
        operation_id="webhooks_create",
        parameters=[
            OpenApiParameter(
                "Location", str, "header", description="The webhook's address.", response=["201"]
            )
        ],
        request=NewWebhookSerializer,
        responses={201: CreatedWebhookSerializer},
    )
    def post(self, request: Request) -> Response:
        """Set up a webhook. Its secret is in this answer and never shown again.

        A token also needs the scopes that read what is told: `runs:read`, and `usage:read` for
        `budget.threshold`. 403 while the caller's address is not verified, 409 beyond 20.
        """
        form = NewWebhookSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        caller = caller_of(request)
        check_scopes(caller, _scopes(form.validated_data["events"]))
        webhook, secret = create_webhook(owner=caller.user, **form.validated_data)
        location = request.build_absolute_uri(reverse("api:webhook-detail", args=[webhook.pk]))
        body = {**WebhookSerializer(webhook).data, "secret": secret}
        return Response(body, status=201, headers={"Location": location})


class OneWebhookView(ApiView):
    """A view of one webhook, which may be deleted meanwhile."""

    def handle_exception(self, exc: Exception) -> Response:
        """What is deleted is not found."""
        return super().handle_exception(Http404() if isinstance(exc, ObjectDoesNotExist) else exc)


class WebhookView(OneWebhookView):
    """One of the caller's webhooks."""

    @extend_schema(operation_id="webhooks_retrieve", responses=WebhookSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Read a webhook."""
        return Response(WebhookSerializer(_own(request, pk)).data)

    @extend_schema(
        operation_id="webhooks_update",
        request=WebhookChangeSerializer,
        responses=WebhookSerializer,
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change it, or switch it off and on. Messages that wait are sent once it is on again."""
        found = _own(request, pk)
        form = WebhookChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        check_scopes(caller_of(request), _scopes(form.validated_data.get("events", found.events)))
        changed = change_webhook(webhook=found, **form.validated_data)
        return Response(WebhookSerializer(changed).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it, with the messages that wait for it."""
        delete_webhook(webhook=_own(request, pk))
        return Response(status=204)


class RotationView(OneWebhookView):
    """A new secret."""

    @extend_schema(
        operation_id="webhooks_rotate",
        request=SecretRotationSerializer,
        responses=CreatedWebhookSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Make a new secret, which is in this answer and never shown again.

        For `overlap_s` seconds, a day where nothing is said, messages are signed with both. 409 in
        Slack's format.
        """
        found = _own(request, pk)
        form = SecretRotationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        overlap = timedelta(seconds=form.validated_data["overlap_s"])
        secret = rotate_secret(webhook=found, overlap=overlap)
        return Response({**WebhookSerializer(_own(request, pk)).data, "secret": secret})


class TestView(OneWebhookView):
    """Trying a receiver."""

    throttle_classes = [SendThrottle]

    @extend_schema(operation_id="webhooks_test", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send the event `webhook.test`, which is tried once. 409 while the webhook is off."""
        return _told(send_test(webhook=_own(request, pk)), request, 202)


class DeliveryListView(ListView[WebhookDelivery]):
    """What one of the caller's webhooks was told within 30 days."""

    serializer_class = DeliverySerializer
    queryset = WebhookDelivery.objects.none()
    queries: ClassVar[Any] = {"GET": DeliveryQuery}
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"-created_at": ("-id",)}
    bulky = ("attempts",)

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """Those of the webhook in the address."""
        found = _own(self.request, self.kwargs["pk"]).deliveries.all()
        status = self.query(self.request).get("status")
        return found.filter(status=status) if status else found

    @extend_schema(
        operation_id="webhook_deliveries_list",
        parameters=[DeliveryQuery],
        responses=DeliverySerializer(many=True),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """List messages with their attempts, newest first."""
        page: Any = self.paginate_queryset(self.get_queryset())
        context = {"caller": caller_of(request)}
        rows = DeliverySerializer(page, many=True, context=context).data
        return self.get_paginated_response(rows)


class ReplayView(OneWebhookView):
    """Sending again."""

    throttle_classes = [SendThrottle]

    @extend_schema(
        operation_id="webhook_deliveries_replay",
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, pk: UUID, delivery: UUID) -> Response:
        """Send a message again under the same id, whatever became of it. 409 while it is off."""
        found = _own(request, pk).deliveries.select_related("webhook").filter(pk=delivery).first()
        if found is None:
            raise Http404
        return _told(replay(delivery=found), request, 202)
