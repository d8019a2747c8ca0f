"""Prices, holds, the append-only ledger and its daily sums.

Money is numeric(20,12) US dollars; unit prices are dollars per million tokens with six
decimals, so that tokens x price is exact. Holds, ledger and rollups are written by the SQL
functions in `billing/sql`; the ORM reads them.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.ids import uuid7
from accounts.models import ApiToken


def money_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """A column of US dollars."""
    return models.DecimalField(max_digits=20, decimal_places=12, **options)


def unit_price_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """A column of US dollars per million tokens."""
    return models.DecimalField(max_digits=14, decimal_places=6, **options)


class Confidence(models.TextChoices):
    """How sure an amount is."""

    EXACT = "exact", "exact"
    ESTIMATED = "estimated", "estimated"
    IN_DOUBT = "in_doubt", "in doubt"


class ModelPrice(models.Model):
    """Unit prices of a model from a moment on. They win over the bundled price library."""

    model = models.CharField(max_length=200)
    input_price = unit_price_field(help_text="US dollars per million fresh input tokens")
    cached_input_price = unit_price_field(null=True, blank=True, help_text="Empty: as fresh input")
    output_price = unit_price_field(help_text="US dollars per million output tokens")
    effective_from = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["model", "-effective_from"]
        constraints = [
            models.UniqueConstraint("model", "effective_from", name="modelprice_unique"),
            models.CheckConstraint(
                condition=Q(input_price__gte=0, output_price__gte=0)
                & (Q(cached_input_price__gte=0) | Q(cached_input_price=None)),
                name="modelprice_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.effective_from:%Y-%m-%d}"


class Budget(models.Model):
    """A limit on spend for everyone, one user or one API token, a day, a month or in all."""

    class Scope(models.TextChoices):
        """Whose calls count."""

        SITE = "site", "Site"
        USER = "user", "User"
        TOKEN = "token", "API token"

    class Period(models.TextChoices):
        """How long a window lasts, in the budget's time zone."""

        DAY = "day", "Day"
        MONTH = "month", "Month"
        TOTAL = "total", "Total"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=5, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="budgets"
    )
    api_token = models.ForeignKey(
        ApiToken, models.CASCADE, null=True, blank=True, related_name="budgets"
    )
    period = models.CharField(max_length=5, choices=Period.choices)
    timezone = models.CharField(max_length=64, default="UTC")
    hard = models.BooleanField(default=True)
    limit_usd = money_field()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["scope", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(limit_usd__gte=0), name="budget_not_negative"),
            models.CheckConstraint(
                condition=Q(scope="site", user=None, api_token=None)
                | Q(scope="user", user__isnull=False, api_token=None)
                | Q(scope="token", user=None, api_token__isnull=False),
                name="budget_scope_names_its_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.period}: ${self.limit_usd}"


class BudgetWindow(models.Model):
    """One period of a budget. A charge belongs to the window in which its hold was taken.

    What is held and settled never exceeds the limit of a hard budget when money is held. A call
    that costs more than its hold is settled all the same, and `overrun_usd` says by how much.
    """

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="windows")
    simulated = models.BooleanField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    limit_usd = money_field()
    settled_usd = money_field(db_default=0)
    held_usd = money_field(db_default=0)
    overrun_usd = money_field(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "simulated", "starts_at"], name="window_unique"
            ),
            models.CheckConstraint(
                condition=Q(settled_usd__gte=0, held_usd__gte=0, overrun_usd__gte=0),
                name="window_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts_at:%Y-%m-%d}"


class Hold(models.Model):
    """Money set aside for one attempt of a call: the most that it can cost."""

    class State(models.TextChoices):
        """Where the money is."""

        WAITING = "waiting", "waiting"
        HELD = "held", "held"
        DISPATCHED = "dispatched", "dispatched"
        SETTLED = "settled", "settled"
        RELEASED = "released", "released"
        IN_DOUBT = "in_doubt", "in doubt"

    class Kind(models.TextChoices):
        """`closing` money belongs to the run and pays for its last answer."""

        CALL = "call", "call"
        CLOSING = "closing", "closing"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    api_token_id = models.UUIDField(null=True)
    run_id = models.UUIDField()
    step_key = models.CharField(max_length=200)
    attempt = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, db_default=Kind.CALL)
    state = models.CharField(max_length=10, choices=State.choices)
    amount = money_field()
    max_input_tokens = models.PositiveBigIntegerField()
    max_output_tokens = models.PositiveBigIntegerField()
    pattern = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    provider = models.CharField(max_length=40)
    simulated = models.BooleanField()
    input_price = unit_price_field()
    output_price = unit_price_field()
    price_source = models.CharField(max_length=100)
    window_ids = ArrayField(models.BigIntegerField(), db_default=[])
    held_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run_id", "step_key", "attempt"], name="hold_unique"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="hold_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["run_id"],
                name="hold_open",
                condition=Q(state__in=["waiting", "held", "dispatched"]),
            ),
            # Few rows at any time: the money in flight, and the tickets of those who wait for it.
            models.Index(
                fields=["state"],
                name="hold_in_flight",
                condition=Q(state__in=["waiting", "dispatched"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_key}#{self.attempt}: ${self.amount} {self.state}"


class LedgerEntry(models.Model):
    """One attempt of one LLM call, as it was charged. Rows are never changed or deleted.

    `fresh_input_tokens`, `cached_input_tokens` and `output_tokens` are disjoint;
    `reasoning_tokens` is the part of `output_tokens` that the reader never sees.
    """

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="ledger_entries")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    api_token_id = models.UUIDField(null=True)
    run_id = models.UUIDField()
    step_key = models.CharField(max_length=200)
    attempt = models.PositiveSmallIntegerField()
    pattern = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    provider = models.CharField(max_length=40)
    simulated = models.BooleanField()
    fresh_input_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    input_price = unit_price_field()
    cached_input_price = unit_price_field()
    output_price = unit_price_field()
    price_source = models.CharField(max_length=100)
    amount = money_field()
    confidence = models.CharField(max_length=10, choices=Confidence.choices)
    held_at = models.DateTimeField()
    charged_at = models.DateTimeField(db_default=Now())
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, reverses=None)
                | Q(amount__lte=0, reverses__isnull=False),
                name="ledger_only_reversals_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount=(
                        F("fresh_input_tokens") * F("input_price")
                        + F("cached_input_tokens") * F("cached_input_price")
                        + F("output_tokens") * F("output_price")
                    )
                    * Decimal("0.000001")
                ),
                name="ledger_amount_is_tokens_times_price",
            ),
        ]
        indexes = [
            models.Index(fields=["run_id"], name="ledger_run"),
            models.Index(fields=["owner", "held_at"], name="ledger_owner_held"),
        ]

    def __str__(self) -> str:
        return f"{self.step_key}#{self.attempt}: ${self.amount} {self.confidence}"


class UsageRollup(models.Model):
    """Sums of the ledger by day (UTC, of the hold), user, model and pattern."""

    day = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    model = models.CharField(max_length=200)
    pattern = models.CharField(max_length=40)
    simulated = models.BooleanField()
    amount = money_field()
    calls = models.BigIntegerField()
    fresh_input_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "day", "model", "pattern", "simulated"], name="rollup_unique"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="rollup_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.model} {self.pattern}: ${self.amount}"


class Audit(models.Model):
    """One comparison of the books with the ledger; `differences` is empty when they agreed."""

    at = models.DateTimeField(db_default=Now())
    lines = models.BigIntegerField(help_text="Ledger lines that were compared")
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        get_latest_by = "id"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {len(self.differences)} differences"
