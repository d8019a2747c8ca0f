"""What each user's ended runs come to, by the day of their submit: summed up as runs end."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from accounts.models import User

KEYS = "owner_id, day, simulated, pattern, model, chosen_model, status"
COLUMNS = f"{KEYS}, runs, cost_usd, saved_usd, routing_saved_usd"
SUMS = "sum(runs), sum(cost_usd), sum(saved_usd), sum(routing_saved_usd)"
# What another fold took meanwhile isn't taken twice. Two rows of one key may then stay until the
# next time; who reads adds up all rows, and so is right at each moment.
FOLD = f"""
    WITH fresh AS (DELETE FROM runs_ownertally WHERE NOT folded RETURNING {COLUMNS}),
    earlier AS (
        DELETE FROM runs_ownertally
        WHERE folded AND ({KEYS}) IN (SELECT {KEYS} FROM fresh) RETURNING {COLUMNS}
    )
    INSERT INTO runs_ownertally ({COLUMNS}, folded)
    SELECT {KEYS}, {SUMS}, true
    FROM (SELECT * FROM fresh UNION ALL SELECT * FROM earlier) AS taken
    GROUP BY {KEYS}
    HAVING ({SUMS}) <> (0, 0, 0, 0)
"""  # noqa: S608 - our own names


def _sum_field() -> "models.DecimalField[Any, Any]":
    """Dollars of many runs."""
    return models.DecimalField(max_digits=40, decimal_places=12)


class OwnerTallyQuerySet(models.QuerySet["OwnerTally"]):
    """Sums by who may see them."""

    def visible_to(self, user: User) -> "OwnerTallyQuerySet":
        """Those of the user's own runs."""
        return self.filter(owner=user)


class OwnerTally(models.Model):
    """So many of a user's runs of a day ended so, and came to so much.

    Triggers of `runs_run` (migration 0027) add a row for each end, and for each later change of an
    ended run two: what it was taken away, what it is now. They are a part of the same transaction,
    and no run waits for another's. `fold_owner_tally` makes few rows of many.
    """

    # All of it can be counted again.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField(help_text="Of the submit, in UTC")
    simulated = models.BooleanField()
    pattern = models.CharField(max_length=40)
    model = models.CharField(max_length=200, help_text="The one asked for")
    chosen_model = models.CharField(max_length=200)
    status = models.CharField(max_length=17)
    runs = models.BigIntegerField()
    cost_usd = _sum_field()
    saved_usd = _sum_field()
    routing_saved_usd = _sum_field()
    folded = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["OwnerTally"]] = OwnerTallyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "day"], name="ownertally_owner"),
            models.Index(fields=["day"], name="ownertally_day"),
            models.Index(fields=["id"], name="ownertally_fresh", condition=Q(folded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.pattern} {self.status}: {self.runs}"


def fold_owner_tally() -> None:
    """One row for all that are alike, and none where nothing is left."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
