"""What each user is charged a day: summed up as calls are charged."""

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from billing.models.fields import money_field

KEYS = "owner_id, day, simulated"
COLUMNS = f"{KEYS}, amount, runs, calls"
SUMS = "sum(amount), sum(runs), sum(calls)"
# What another fold took meanwhile isn't taken twice. Two rows of one key may then stay until the
# next time; who reads adds up all rows, and so is right at each moment.
FOLD = f"""
    WITH fresh AS (DELETE FROM billing_spendtally WHERE NOT folded RETURNING {COLUMNS}),
    earlier AS (
        DELETE FROM billing_spendtally
        WHERE folded AND ({KEYS}) IN (SELECT {KEYS} FROM fresh) RETURNING {COLUMNS}
    )
    INSERT INTO billing_spendtally ({COLUMNS}, folded)
    SELECT {KEYS}, {SUMS}, true
    FROM (SELECT * FROM fresh UNION ALL SELECT * FROM earlier) AS taken
    GROUP BY {KEYS}
"""  # noqa: S608 - our own names


class SpendTally(models.Model):
    """So much was charged to a user on a day (UTC, of the hold), for so many calls.

    A trigger of `billing_usagerollup` (migration 0012) adds a row for each change, in the same
    transaction; no call waits for another's. `fold_spend_tally` makes few rows of many.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    simulated = models.BooleanField()
    amount = money_field()
    runs = models.BigIntegerField(help_text="Runs whose first charge is here")
    calls = models.BigIntegerField()
    folded = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["day", "owner"], name="spendtally_day"),
            models.Index(fields=["id"], name="spendtally_fresh", condition=Q(folded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.day}: ${self.amount}"


def fold_spend_tally() -> None:
    """One row for all that are alike."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
