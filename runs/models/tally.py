"""How many runs ended, and how: counted as they end, since nobody can count millions later."""

from django.db import connection, models

# Seconds from submit to end; the trigger of migration 0018 sorts by the same.
BOUNDS_S = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
# One statement: who reads meanwhile sees all rows as they were, or all as they are then.
FOLD = """
    WITH taken AS (DELETE FROM runs_runtally RETURNING *)
    INSERT INTO runs_runtally (pattern, became, cache_hit, bucket, runs, seconds)
    SELECT pattern, became, cache_hit, bucket, sum(runs), sum(seconds)
    FROM taken GROUP BY pattern, became, cache_hit, bucket
"""


class RunTally(models.Model):
    """So many runs ended so, or were lost by their worker.

    Each end adds a row, in its own transaction: a shared one would make runs wait for each other.
    `fold_tally` makes few rows of many.
    """

    class Became(models.TextChoices):
        """How a run ended; `lost` counts leases, and the run goes on."""

        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        LOST = "lost", "lost by its worker"

    pattern = models.CharField(max_length=40)
    became = models.CharField(max_length=9, choices=Became.choices)
    cache_hit = models.BooleanField()
    bucket = models.PositiveSmallIntegerField(help_text="How many of the bounds it has reached")
    runs = models.BigIntegerField()
    seconds = models.FloatField(help_text="From submit to end, of all of them")

    def __str__(self) -> str:
        return f"{self.pattern} {self.became}: {self.runs}"


def fold_tally() -> None:
    """One row for all that are alike."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
