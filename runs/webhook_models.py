"""Webhooks of users, the messages for them, and where they may go though it isn't public."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from web.ids import uuid7

MAX_DESCRIPTION = 100
# Sent when its user asks for it; nothing subscribes to it.
TEST = "webhook.test"


class EventType(models.TextChoices):
    """What a webhook can be told of."""

    RUN_FINISHED = "run.finished", "A run has ended"
    APPROVAL_REQUESTED = "approval.requested", "A run waits for your approval"
    FUNDS_REQUESTED = "funds.requested", "A run waits for more money"
    BUDGET_THRESHOLD = "budget.threshold", "80 or 100 % of a budget are used up"
    ALERT = "alert", "An alert, in words for people"


class Format(models.TextChoices):
    """What a receiver understands. Slack’s incoming webhooks take alerts alone, unsigned."""

    STANDARD = "standard", "Standard Webhooks"
    SLACK = "slack", "Slack"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks by who may see them."""

    def visible_to(self, user: User) -> "WebhookQuerySet":
        """The user's own; what is anyone else's doesn't exist for this user."""
        return self.filter(owner=user)

    def off_and_untold(self) -> "WebhookQuerySet":
        """Those that were switched off for a reason that their users have to hear of."""
        off = self.filter(enabled=False, off_told=False, owner__is_active=True)
        return off.exclude(off_reason="").select_related("owner")


class Webhook(models.Model):
    """Where a user is told of events. Its secrets are sealed, and sign what is sent.

    A Slack address is a secret itself: it is kept in `secret`, and `url` shows only its origin.
    """

    class OffReason(models.TextChoices):
        """Why it was switched off, where its user didn't do it."""

        GONE = "gone", "The receiver answered 410: it is gone for good"
        FAILING = "failing", "No attempt of three days reached the receiver"
        RESET = "password_reset", "The password of your account was reset"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    url = models.CharField("URL", max_length=500)
    origin = models.CharField(max_length=500, editable=False)
    format = models.CharField(
        max_length=10, choices=Format.choices, default=Format.STANDARD, db_default=Format.STANDARD
    )
    description = models.CharField(max_length=MAX_DESCRIPTION, blank=True)
    events = ArrayField(models.CharField(max_length=30, choices=EventType.choices))
    enabled = models.BooleanField(default=True)
    secret = models.TextField(editable=False)
    old_secret = models.TextField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    off_reason = models.CharField(
        max_length=20, blank=True, choices=OffReason.choices, editable=False
    )
    off_at = models.DateTimeField(null=True, editable=False)
    off_told = models.BooleanField(default=False, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["off_at"],
                condition=Q(enabled=False, off_told=False) & ~Q(off_reason=""),
                name="webhook_off_untold",
            )
        ]

    def __str__(self) -> str:
        return self.description or self.origin.partition("://")[2]

    @property
    def signs(self) -> bool:
        """Whether what is sent is signed."""
        return self.format == Format.STANDARD


class DeliveryStatus(models.TextChoices):
    """What became of a message. One that is being sent has `due_at` as the end of its lease."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


OPEN = Q(status__in=(DeliveryStatus.WAITING, DeliveryStatus.SENDING))


class WebhookDelivery(models.Model):
    """A message for one webhook. `runs/sql/webhooks.sql` writes it with what it tells.

    `tries` counts the attempts since it was queued, by its event or anew by its user; `claims`
    tells the worker that sends it from an earlier one that was slow.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    type = models.CharField(max_length=30)
    data = models.JSONField()
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, db_default=DeliveryStatus.WAITING
    )
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(db_default=0)
    claims = models.PositiveIntegerField(db_default=0)
    attempts = models.JSONField(db_default=[])
    created_at = models.DateTimeField(db_default=Now(), db_index=True)
    queued_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["webhook", "due_at"], condition=OPEN, name="delivery_open"),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.get_status_display()}"


class InternalReceiver(models.Model):
    """An address that staff open for webhooks: private or of this machine, and without https."""

    origin = models.CharField(
        max_length=300, unique=True, help_text="As in http://ci.example.internal:8080"
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["origin"]

    def __str__(self) -> str:
        return self.origin
