"""The append-only ledger."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.fields import money_field, unit_price_field
from billing.models.holds import Hold
from web.wording import dollars


class Confidence(models.TextChoices):
    """How sure an amount is."""

    EXACT = "exact", "exact"
    ESTIMATED = "estimated", "estimated"
    IN_DOUBT = "in_doubt", "in doubt"


# What calls cost as far as it is known: lines that neither reverse others nor were reversed.
STANDING = Q(reverses=None, reversed_by=None)
# Charges of calls whose outcome is unknown, which no known cost has replaced. Their holds are in
# doubt as well, and few at any time: those are looked up, and not all lines that ever were.
IN_DOUBT = STANDING & Q(confidence=Confidence.IN_DOUBT, hold__state=Hold.State.IN_DOUBT)
# The same in SQL, of lines `l`.
FROM_IN_DOUBT = """
    FROM billing_ledgerentry l JOIN billing_hold h ON h.id = l.hold_id
    WHERE h.state = 'in_doubt' AND l.confidence = 'in_doubt' AND l.reverses_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM billing_ledgerentry r WHERE r.reverses_id = l.id)
"""


class LedgerEntry(models.Model):
    """One attempt of one LLM call, as it was charged. Rows are never changed or deleted.

    `fresh_input_tokens`, `cached_input_tokens`, `cache_write_tokens` and `output_tokens` are
    disjoint; `reasoning_tokens` is the part of `output_tokens` that the reader never sees.
    """

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="ledger_entries")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
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
    cache_write_tokens = models.BigIntegerField(db_default=0)
    output_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    input_price = unit_price_field()
    cached_input_price = unit_price_field()
    cache_write_price = unit_price_field(db_default=0)
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
                        + F("cache_write_tokens") * F("cache_write_price")
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
            # Lines are written nearly by time: some pages find a day's among millions.
            BrinIndex(fields=["held_at"], name="ledger_held", autosummarize=True),
            models.Index(
                fields=["api_token_id", "held_at"],
                include=["simulated", "amount"],
                name="ledger_token_held",
                condition=Q(api_token_id__isnull=False),
            ),
            # Few: what awaits its exact usage.
            models.Index(
                fields=["run_id"], name="ledger_in_doubt", condition=Q(confidence="in_doubt")
            ),
        ]

    def __str__(self) -> str:
        return f"Call of {self.model}: {dollars(self.amount)}, {self.get_confidence_display()}"
