"""Alerts to people: what became true, whom it was told, how each wants to be told, and pauses."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ApiToken, User
from billing.models import money_field
from web.ids import uuid7


class Kind(models.TextChoices):
    """What an alert is about. Those of the site are for staff."""

    BUDGET = "budget", "50, 80 or 100 % of a budget of yours are used up"
    DOUBT = "doubt", "A run of yours has calls whose cost isn’t known"
    SPEND_RATE = "spend_rate", "You or a token of yours spend far more an hour than usual"
    SITE_BUDGET = "site_budget", "50, 80 or 100 % of a budget of the site are used up"
    SITE_DOUBT = "site_doubt", "Much money of the site is in doubt"
    SITE_SPEND_RATE = "site_spend_rate", "The site spends far more an hour than usual"
    AUDIT = "audit", "The books differ from the ledger"
    BREAKER = "breaker", "Calls of a model keep failing"
    WORKER = "worker", "A worker died or hung"
    NO_WORKERS = "no_workers", "No worker is there"
    SCHEDULER = "scheduler", "Periodic tasks have stopped"
    TEST = "test", "A test"

    @classmethod
    def of(cls, user: User) -> list["Kind"]:
        """Those that this user may be told of."""
        return [*OF_USERS, *OF_SITE] if user.is_staff else list(OF_USERS)


OF_USERS = (Kind.BUDGET, Kind.DOUBT, Kind.SPEND_RATE)
OF_SITE = (
    *(Kind.SITE_BUDGET, Kind.SITE_DOUBT, Kind.SITE_SPEND_RATE),
    *(Kind.AUDIT, Kind.BREAKER, Kind.WORKER, Kind.NO_WORKERS, Kind.SCHEDULER),
)


class AlertQuerySet(models.QuerySet["Alert"]):
    """Alerts by whom they concern."""

    def visible_to(self, user: User) -> "AlertQuerySet":
        """Those that are about this user."""
        return self.filter(owner=user)

    def of_site(self) -> "AlertQuerySet":
        """Those that are for staff."""
        return self.filter(owner=None)


class Alert(models.Model):
    """Something that people should know, once: unique by subject, threshold and window.

    `data` has the figures of the moment at which it was found. `ends_at` is the end of the window;
    null for one that never ends. Without an owner it is the site's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=200)
    threshold = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "starts_at", "threshold"], name="alert_once"
            )
        ]
        indexes = [
            models.Index(fields=["-id"], condition=Q(owner=None), name="alert_of_site"),
            models.Index(fields=["created_at"], name="alert_created"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class MailStatus(models.TextChoices):
    """What became of an alert's mail. One that is being sent has `due_at` as its lease's end."""

    NONE = "none", "Not wanted"
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


OPEN_MAIL = Q(mail__in=(MailStatus.WAITING, MailStatus.SENDING))


class AlertNoticeQuerySet(models.QuerySet["AlertNotice"]):
    """Notices by who may see them."""

    def visible_to(self, user: User) -> "AlertNoticeQuerySet":
        """Those for this user, with their alerts; the site's only while the user is staff."""
        found = self.filter(recipient=user).select_related("alert")
        return found if user.is_staff else found.exclude(alert__owner=None)


class AlertNotice(models.Model):
    """An alert for one person, and how it reached them: by mail, and by `messages` of webhooks.

    `tries` counts attempts to send the mail; `claims` tells the worker that sends it from an
    earlier one that was slow.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="notices", db_index=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    urgent = models.BooleanField(default=False)
    mail = models.CharField(max_length=10, choices=MailStatus.choices)
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(db_default=0)
    claims = models.PositiveIntegerField(db_default=0)
    error = models.CharField(max_length=300, blank=True)
    mailed_at = models.DateTimeField(null=True)
    messages = ArrayField(models.UUIDField(), default=list)

    objects = AlertNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "recipient"], name="alert_notice_once")
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="alert_notice_of_user"),
            models.Index(fields=["due_at"], condition=OPEN_MAIL, name="alert_mail_open"),
            models.Index(
                fields=["recipient", "mailed_at"],
                condition=Q(mailed_at__isnull=False),
                name="alert_mail_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert}, to {self.recipient}"


class AlertPreferences(models.Model):
    """How a user wants to be told. Who never said anything is told of all, as it happens."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    no_mail = ArrayField(models.CharField(max_length=20, choices=Kind.choices), default=list)
    no_webhook = ArrayField(models.CharField(max_length=20, choices=Kind.choices), default=list)
    daily = models.BooleanField(default=False)
    daily_hour = models.PositiveSmallIntegerField(default=8)
    timezone = models.CharField(max_length=64, default="UTC")
    pause_tokens = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "alert preferences"
        constraints = [
            models.CheckConstraint(condition=Q(daily_hour__lt=24), name="alert_hour_of_day")
        ]

    def __str__(self) -> str:
        return f"alerts of {self.user_id}"


class TokenGuardQuerySet(models.QuerySet["TokenGuard"]):
    """Guards by what they do."""

    def paused(self) -> "TokenGuardQuerySet":
        """Those whose token's submits are refused now."""
        return self.filter(paused_at__isnull=False)


class TokenGuard(models.Model):
    """Whether a sudden rise of its spend pauses a token, and the pause that holds."""

    token = models.OneToOneField(
        ApiToken, models.CASCADE, primary_key=True, related_name="alert_guard"
    )
    pauses = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True)
    alert = models.ForeignKey(Alert, models.SET_NULL, null=True, related_name="+")

    objects = TokenGuardQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["paused_at"], condition=Q(paused_at__isnull=False), name="token_paused"
            )
        ]

    def __str__(self) -> str:
        return f"guard of {self.token_id}"


class SpendHour(models.Model):
    """What was spent in one hour that is over (UTC, of the hold), by spender.

    A spender is `site`, `user:ID` for what a user spends without a token, or `token:ID`.
    """

    spender = models.CharField(max_length=50)
    simulated = models.BooleanField()
    hour = models.DateTimeField()
    amount = money_field()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["spender", "simulated", "hour"], name="spend_hour_unique"
            )
        ]
        indexes = [models.Index(fields=["hour"], name="spend_hour_hour")]

    def __str__(self) -> str:
        return f"{self.spender} {self.hour:%Y-%m-%d %H}h: ${self.amount}"


class AlertLook(models.Model):
    """When alerts were last looked for: by whomever, and because the scheduler asked. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    looked_at = models.DateTimeField(db_default=Now())
    scheduled_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="alert_look_is_one")]

    def __str__(self) -> str:
        return f"looked for alerts at {self.looked_at}"
