"""Kill switches: who may have nothing run for now, and what was stopped when one was pulled."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ApiToken
from billing.models import money_field

# A trigger refuses new runs with it. It is of no class that Postgres uses itself.
STOPPED_SQLSTATE = "KS001"
# The advisory lock that each new run takes shared, and whoever pulls a switch alone.
KILL_SWITCH_LOCK = 7302004
MAX_REASON = 300


class KillSwitchQuerySet(models.QuerySet["KillSwitch"]):
    """Switches by what they stop."""

    def on(self) -> "KillSwitchQuerySet":
        """Those that are pulled and not lifted."""
        return self.filter(lifted_at=None)


class KillSwitch(models.Model):
    """From `pulled_at` to `lifted_at`, no run that it names is taken in or begins.

    The trigger of migration 0020 holds to it. The row stays as the receipt. It has no foreign keys
    that the database checks: it outlives the user and the token that it names.
    """

    class Scope(models.TextChoices):
        """What is stopped."""

        SITE = "site", "Site"
        USER = "user", "User"
        TOKEN = "token", "API token"
        PATTERN = "pattern", "Pattern"

    scope = models.CharField(max_length=7, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    api_token = models.ForeignKey(
        ApiToken,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    pattern = models.CharField(max_length=40, blank=True, db_default="")
    reason = models.CharField(max_length=MAX_REASON, help_text="Whoever is refused reads it.")
    pulled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    pulled_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(
        null=True, help_text="When all runs that it names had been told to end"
    )
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True)

    objects: ClassVar[KillSwitchQuerySet] = KillSwitchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "kill switches"
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="site", user=None, api_token=None, pattern="")
                | Q(scope="user", user__isnull=False, api_token=None, pattern="")
                | Q(scope="token", user=None, api_token__isnull=False, pattern="")
                | (Q(scope="pattern", user=None, api_token=None) & ~Q(pattern="")),
                name="killswitch_scope_names_its_target",
            ),
            models.UniqueConstraint(
                fields=["scope", "user", "api_token", "pattern"],
                name="killswitch_once_at_a_time",
                condition=Q(lifted_at=None),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.reason}"


class StoppedRun(models.Model):
    """A run that a switch stopped, and the status that it was in."""

    switch = models.ForeignKey(KillSwitch, models.CASCADE, related_name="runs")
    run_id = models.UUIDField()
    status = models.CharField(max_length=17)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["switch", "run_id"], name="stoppedrun_once")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.status}"


class StoppedCall(models.Model):
    """A call that was under way at the provider when its run was stopped: the most it can cost."""

    switch = models.ForeignKey(KillSwitch, models.CASCADE, related_name="calls")
    run_id = models.UUIDField()
    hold_id = models.BigIntegerField()
    held_usd = money_field()
    simulated = models.BooleanField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["switch", "hold_id"], name="stoppedcall_once")
        ]

    def __str__(self) -> str:
        return f"hold {self.hold_id}: ${self.held_usd}"
