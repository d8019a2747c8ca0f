"""What holding a provider's figures against the ledger found."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from billing.models.fields import money_field
from web.ids import uuid7
from web.wording import moment


class Reconciliation(models.Model):
    """One comparison of a provider's usage and costs with the ledger.

    `document` is the export that waits to be read; it is empty once that was done, and `digest`
    (SHA-256) says which one it was. A fetched one has `starts_at` and `ends_at` from the beginning.
    `differences` are sums by kind, `resolved` the calls in doubt whose exact usage it found.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        AGREES = "agrees", "explained"
        DIFFERS = "differs", "unexplained"
        FAILED = "failed", "failed"

    class Source(models.TextChoices):
        """Where the provider's figures come from."""

        FILE = "file", "file"
        FETCHED = "fetched", "fetched"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Empty: the command line",
    )
    provider = models.CharField(max_length=40)
    source = models.CharField(max_length=7, choices=Source.choices)
    name = models.CharField(max_length=200, blank=True, help_text="The file's")
    document = models.TextField(blank=True, db_default="")
    digest = models.CharField(max_length=64, blank=True, db_default="")
    api_keys = models.JSONField(default=list)
    state = models.CharField(max_length=7, choices=State.choices, db_default=State.WAITING)
    progress = models.CharField(max_length=100, blank=True, db_default="")
    error = models.TextField(blank=True, db_default="")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    provider_totals = models.JSONField(default=dict)
    ledger_totals = models.JSONField(default=dict)
    differences = models.JSONField(default=list)
    resolved = models.JSONField(default=list)
    unexplained = models.PositiveIntegerField(db_default=0)

    class Meta:
        ordering = ["-id"]
        get_latest_by = "id"
        indexes = [
            # Few: what a worker has to do.
            models.Index(
                fields=["id"],
                name="reconciliation_open",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}, {moment(self.created_at)}: {self.get_state_display()}"

    @property
    def has_ended(self) -> bool:
        """True once there is nothing more to come."""
        return self.state not in (self.State.WAITING, self.State.RUNNING)

    @property
    def has_compared(self) -> bool:
        """True once there are totals and differences."""
        return self.state in (self.State.AGREES, self.State.DIFFERS)


class ReconciledBucket(models.Model):
    """One model in one span of time, as the provider and as the ledger count it.

    `kind` says why they differ; empty where they don't. `usd` is the provider's side less ours.
    """

    reconciliation = models.ForeignKey(Reconciliation, models.CASCADE, related_name="buckets")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    model = models.CharField(max_length=200)
    provider = models.JSONField()
    ledger = models.JSONField()
    kind = models.CharField(max_length=12, blank=True)
    usd = money_field(null=True)
    about_costs = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.model}: {self.kind or 'agrees'}"
