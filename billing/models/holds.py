"""Money set aside for calls."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models.fields import money_field, unit_price_field
from web.wording import dollars


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

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
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
                condition=Q(state__in=["waiting", "held", "dispatched", "in_doubt"]),
            ),
            # Rows are written by time: what the provider's bill is held against is found by it.
            BrinIndex(fields=["held_at"], name="hold_held", autosummarize=True),
            # Few rows at any time: the money in flight, and the tickets of those who wait for it.
            models.Index(
                fields=["state"],
                name="hold_in_flight",
                condition=Q(state__in=["waiting", "dispatched"]),
            ),
        ]

    def __str__(self) -> str:
        return f"Call of {self.model}: {dollars(self.amount)}, {self.get_state_display()}"
