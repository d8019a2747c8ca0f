"""Limits on spend, and their periods."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ApiToken
from billing.models.fields import money_field
from web.ids import uuid7
from web.wording import dollars, moment


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
        scope, period = self.get_scope_display(), self.get_period_display()
        return f"{scope} budget, {period.lower()}: {dollars(self.limit_usd)}"

    @property
    def owner_id(self) -> int | None:
        """Whose money it limits; the site's budgets are nobody's."""
        return self.api_token.user_id if self.api_token else self.user_id


class BudgetWindow(models.Model):
    """One period of a budget. A charge belongs to the window in which its hold was taken.

    What is held and settled never exceeds the limit of a hard budget when money is held. A call
    that costs more than its hold is settled all the same, and `overrun_usd` says by how much.
    """

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="windows")
    simulated = models.BooleanField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    hard = models.BooleanField(db_default=True)
    # The budget's own, unless that was raised for this period or changed later.
    limit_usd = money_field()
    settled_usd = money_field(db_default=0)
    held_usd = money_field(db_default=0)
    overrun_usd = money_field(db_default=0)
    # The highest part of the limit that was told to its webhooks: 0, 80 or 100 percent.
    told_percent = models.PositiveSmallIntegerField(db_default=0)

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
        return f"{self.budget}, from {moment(self.starts_at)}"
