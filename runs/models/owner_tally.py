"""What each user's ended runs come to, by the day of their submit: summed up as runs end."""

from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

KEYS = ("owner_id", "day", "simulated", "pattern", "model", "chosen_model", "status")
SUMS = ("runs", "cost_usd", "saved_usd", "routing_saved_usd")
# What other folds took meanwhile isn't taken twice, and rows of one key may stay side by side until
# the next time: sums of all rows are right at each moment.
FOLD = """
    WITH fresh AS (DELETE FROM runs_ownertally WHERE NOT folded RETURNING {columns}),
    earlier AS (
        DELETE FROM runs_ownertally t USING (SELECT DISTINCT {keys} FROM fresh) AS f
        WHERE t.folded AND ({of_earlier}) = ({of_fresh}) RETURNING {columns_of_earlier}
    )
    INSERT INTO runs_ownertally ({columns}, folded)
    SELECT {keys}, {sums}, true
    FROM (SELECT * FROM fresh UNION ALL SELECT * FROM earlier) AS taken
    GROUP BY {keys}
    HAVING ({sums}) <> (0, 0, 0, 0)
""".format(
    columns=", ".join((*KEYS, *SUMS)),
    keys=", ".join(KEYS),
    of_earlier=", ".join(f"t.{key}" for key in KEYS),
    of_fresh=", ".join(f"f.{key}" for key in KEYS),
    columns_of_earlier=", ".join(f"t.{name}" for name in (*KEYS, *SUMS)),
    sums=", ".join(f"sum({name})" for name in SUMS),
)


def _sum_field() -> "models.DecimalField[Any, Any]":
    """Dollars of many runs."""
    return models.DecimalField(max_digits=40, decimal_places=12)


class OwnerTally(models.Model):
    """So many of a user's runs of a day ended so, and came to so much.

    Triggers of `runs_run` (migration 0025) add a row for each end, and for each later change of an
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
