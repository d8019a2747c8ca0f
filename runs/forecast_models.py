"""Forecasts as they were given, what came of them, and how often they held."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from billing.models import money_field


class RunForecast(models.Model):
    """What a run was expected to cost when it was submitted, and once it has ended, what it did.

    Without a foreign key: workers lock the rows of runs, and keeping a forecast waits for none.
    """

    class Basis(models.TextChoices):
        """What it was made from."""

        HISTORY = "history", "runs like it"
        FORMULA = "formula", "the formula"

    run_id = models.UUIDField(primary_key=True)
    pattern = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    simulated = models.BooleanField()
    basis = models.CharField(max_length=7, choices=Basis.choices)
    sample_size = models.PositiveIntegerField(help_text="Runs that it was made from")
    low_usd = money_field()
    p50_usd = money_field()
    high_usd = money_field()
    formula_usd = money_field(help_text="What the formula alone says, as a measure of the run")
    given_at = models.DateTimeField(db_default=Now())
    actual_usd = money_field(null=True)
    scored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(low_usd__lte=F("p50_usd"), p50_usd__lte=F("high_usd")),
                name="run_forecast_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["run_id"], name="run_forecast_open", condition=Q(scored_at=None)),
            # The newest of a pattern: how far the formula is off.
            models.Index(
                fields=["pattern", "simulated", "-scored_at"],
                name="run_forecast_scored",
                condition=Q(scored_at__isnull=False),
            ),
            # Rows are written by time.
            BrinIndex(fields=["given_at"], name="run_forecast_given", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: ${self.low_usd} to ${self.high_usd}"


class MonthForecastQuerySet(models.QuerySet["MonthForecast"]):
    """Forecasts of months by whose they are."""

    def visible_to(self, user: User) -> "MonthForecastQuerySet":
        """Those of this user's months."""
        return self.filter(owner=user)


class MonthForecast(models.Model):
    """Where a user's month was expected to end on one of its days, and where it ended. UTC."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    simulated = models.BooleanField()
    day = models.DateField(help_text="On which it was given")
    low_usd = money_field()
    p50_usd = money_field()
    high_usd = money_field()
    given_at = models.DateTimeField(db_default=Now())
    actual_usd = money_field(null=True)
    scored_at = models.DateTimeField(null=True)

    objects = MonthForecastQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "simulated", "day"], name="month_forecast_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(low_usd__lte=F("p50_usd"), p50_usd__lte=F("high_usd")),
                name="month_forecast_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["day"], name="month_forecast_open", condition=Q(scored_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.day}: ${self.low_usd} to ${self.high_usd}"


class ForecastRecord(models.Model):
    """How forecasts of one kind did: sums of those scored, counted anew every few minutes.

    Of runs there is a row for each pattern, model and basis. Of months there is one for each of a
    few days of the month on which they were given: all of one month are about the same end.
    """

    simulated = models.BooleanField()
    pattern = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=200, blank=True)
    basis = models.CharField(max_length=7, choices=RunForecast.Basis.choices, blank=True)
    given_on = models.PositiveSmallIntegerField(
        null=True, help_text="The day of the month; null of runs"
    )
    scored = models.PositiveIntegerField()
    below = models.PositiveIntegerField(help_text="Cost less than the band")
    above = models.PositiveIntegerField(help_text="Cost more than the band")
    error = models.FloatField(
        null=True, help_text="The middle of |forecast - cost| / cost; null where nothing was spent"
    )
    bias = models.FloatField(
        null=True, help_text="(all forecasts - all costs) / all costs; above 0: too high"
    )
    counted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.pattern or 'month'} {self.model}: {self.scored}"
