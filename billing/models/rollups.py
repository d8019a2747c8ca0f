"""Sums of the ledger."""

from django.conf import settings
from django.db import models
from django.db.models import F

from billing.models.fields import money_field
from web.wording import dollars


class UsageRollup(models.Model):
    """Sums of the ledger by day (UTC, of the hold), user, model and pattern."""

    day = models.DateField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    model = models.CharField(max_length=200)
    pattern = models.CharField(max_length=40)
    simulated = models.BooleanField()
    amount = money_field()
    runs = models.BigIntegerField(db_default=0, help_text="Runs whose first charge is here")
    calls = models.BigIntegerField()
    fresh_input_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    cache_write_tokens = models.BigIntegerField(db_default=0)
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
        return f"{self.day.day} {self.day:%b %Y}, {self.model}: {dollars(self.amount)}"


class RunRollup(models.Model):
    """The ledger's sum of a run, by the day (UTC, of the hold) of its first charge."""

    run_id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    pattern = models.CharField(max_length=40)
    simulated = models.BooleanField()
    day = models.DateField()
    amount = money_field()

    class Meta:
        indexes = [
            models.Index("owner", "simulated", "day", F("amount").desc(), name="runrollup_dearest")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: ${self.amount}"
